using System.Text.Json;
using Reactive.Network.Cbor;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.Handshake;

namespace Reactive.Network.Tests.Protocols.Handshake;

/// <summary>The recorded handshakes, and the tables constructed for every version there ever was.</summary>
public class HandshakeVectorTests
{
    /// <summary>Vectors that are re-encoded to other bytes than their own, each with the reason.</summary>
    private static readonly Dictionary<string, (string Reference, string Reason)> OtherEncodings = new()
    {
        ["98031801180e841802f51800f4"] = (
            "83010e8402f500f4", "longer integers; those inside the version data stay until the data itself is encoded"),
    };

    /// <summary>Vectors that do not conform and yet have the shape of a message: what refuses them, or why they are skipped.</summary>
    private static readonly Dictionary<string, (Verdict Verdict, string Reason)> RefusedAfterTheCodec = new()
    {
        ["8200a21863f601f6"] = (Verdict.EntriesSkipped, "versions 99 and 1 are not known: skipped, with any data"),
        ["8200a110821a2d964a09f4"] = (Verdict.EntriesSkipped, "16 without bit 15 is no node-to-client version: skipped"),
        ["8301108202f4"] = (Verdict.DataRefused, "16 without bit 15 is no node-to-client version, and not the data of node-to-node 16"),
        ["8301108502f500f4f4"] = (Verdict.DataRefused, "16 without bit 15 is no node-to-client version"),
        ["830110821a2d964a09f5"] = (Verdict.DataRefused, "16 without bit 15 is no node-to-client version"),
        ["83010e84020000f4"] = (Verdict.DataRefused, "initiator-only is a number"),
        ["83010e8402f502f4"] = (Verdict.DataRefused, "peer sharing is 2"),
        ["83010e8502f500f4f4"] = (Verdict.DataRefused, "Peras support in version 14"),
        ["83010e9f02f500f4ff"] = (Verdict.DataRefused, "an indefinite array"),
    };

    private enum Verdict
    {
        EntriesSkipped,
        DataRefused,
    }

    /// <summary>Those that have the shape of a message, by their hex.</summary>
    internal static IReadOnlyCollection<string> ReadByTheCodec => RefusedAfterTheCodec.Keys;

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenVectorConforms()
    {
        Vector[] conforming = [.. Vectors.Of("handshake").Where(vector => vector.Conforms)];

        foreach (Vector vector in conforming)
        {
            ShouldMeanAndReencode(vector);
        }

        Assert.Equal(26, conforming.Length);
    }

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenTableIsConstructedForEveryVersion()
    {
        IReadOnlyList<Vector> tables = Vectors.VersionTables();

        foreach (Vector vector in tables)
        {
            ShouldMeanAndReencode(vector);
        }

        Assert.Equal(111, tables.Count);
    }

    [Fact]
    public void IsRefusedOrSkipped_WhenVectorDoesNotConform()
    {
        Vector[] wrong = [.. Vectors.Of("handshake").Where(vector => !vector.Conforms)];

        foreach (Vector vector in wrong)
        {
            if (!RefusedAfterTheCodec.TryGetValue(vector.Hex, out (Verdict Verdict, string Reason) expected))
            {
                Assert.Throws<CodecException>(() => HandshakeCodec.Read(vector.Bytes, Bundle(vector)));
                continue;
            }

            HandshakeMessage message = HandshakeCodec.Read(vector.Bytes, Bundle(vector));
            if (expected.Verdict == Verdict.DataRefused)
            {
                VersionEntry entry = Assert.IsType<HandshakeMessage.AcceptVersion>(message).Entry;
                Assert.Throws<CodecException>(() => Decode(entry, Bundle(vector)));
                continue;
            }

            VersionTable table = Assert.IsType<HandshakeMessage.ProposeVersions>(message).Versions;
            Assert.DoesNotContain(table, entry => IsKnown(entry.Version, Bundle(vector)));
        }

        Assert.Equal(22, wrong.Length);
        Assert.All(RefusedAfterTheCodec.Keys, hex => Assert.Contains(wrong, vector => vector.Hex == hex));
    }

    [Fact]
    public void IsNotAcceptedByAClient_WhenServerChoosesAVersionThatNobodyKnows()
    {
        var own = new NodeToNodeOffer(2) { InitiatorOnly = true };

        // Both conform in shape and are refused by their sources: versions 17 and 24 do not exist.
        HandshakeMessage accept = HandshakeCodec.Read(Convert.FromHexString("8301118502f500f4f4"));
        HandshakeMessage refuse = HandshakeCodec.Read(Convert.FromHexString("8202830118186178"));

        Assert.Throws<CodecException>(() => HandshakeNegotiation.Conclude(own, accept));
        Assert.Throws<CodecException>(() => HandshakeNegotiation.Conclude(own, refuse));
    }

    private static void ShouldMeanAndReencode(Vector vector)
    {
        HandshakeMessage message = HandshakeCodec.Read(vector.Bytes, Bundle(vector));

        ShouldMean(vector, message);
        string written = CodecCheck.EncodeHex(output => HandshakeCodec.Write(output, message));
        if (OtherEncodings.TryGetValue(vector.Hex, out (string Reference, string Reason) other))
        {
            VersionEntry entry = Assert.IsType<HandshakeMessage.AcceptVersion>(message).Entry;
            var reference = new HandshakeMessage.AcceptVersion(
                new VersionEntry(entry.Version, NodeToNodeVersionData.Decode(entry.Version, entry.Data.Span).Encode(entry.Version)));
            Assert.Equal(other.Reference, CodecCheck.EncodeHex(output => HandshakeCodec.Write(output, reference)));
        }
        else
        {
            Assert.Equal(vector.Hex, written);
        }
    }

    internal static void ShouldMean(Vector vector, HandshakeMessage message)
    {
        Assert.Equal(vector.Message, $"Msg{message.Kind}");
        switch (message)
        {
            case HandshakeMessage.ProposeVersions propose:
                ShouldMean(vector, propose.Versions);
                break;
            case HandshakeMessage.QueryReply reply:
                ShouldMean(vector, reply.Versions);
                break;
            case HandshakeMessage.AcceptVersion accept:
                ShouldMean(vector, accept.Entry, vector.Fields);
                break;
            case HandshakeMessage.Refuse refuse:
                ShouldMean(refuse.Reason, vector.Fields);
                break;
        }
    }

    private static void ShouldMean(Vector vector, VersionTable table)
    {
        JsonElement[] expected = [.. vector.Fields.GetProperty("version_table").EnumerateArray()];
        Assert.Equal(expected.Length, table.Count);
        for (int i = 0; i < expected.Length; i++)
        {
            ShouldMean(vector, table[i], expected[i]);
        }
    }

    private static void ShouldMean(Vector vector, VersionEntry entry, JsonElement expected)
    {
        Assert.Equal(expected.GetProperty("wire_version").GetInt32(), entry.Version);
        JsonElement data = expected.GetProperty("data");
        if (data.TryGetProperty("raw", out JsonElement raw))
        {
            Assert.Equal(raw.GetString(), Convert.ToHexStringLower(entry.Data.Span));
            return;
        }

        uint magic = data.GetProperty("network_magic").GetUInt32();
        bool? query = data.TryGetProperty("query", out JsonElement asked) ? asked.GetBoolean() : null;
        if (!IsKnown(entry.Version, Bundle(vector)))
        {
            Assert.Equal(HistoricData(data), Convert.ToHexStringLower(entry.Data.Span));
        }
        else if (Bundle(vector) == ProtocolBundle.NodeToClient)
        {
            var decoded = NodeToClientVersionData.Decode(entry.Version, entry.Data.Span);
            Assert.Equal(new NodeToClientVersionData(magic, query!.Value), decoded);
            Assert.Equal(entry.Data.ToArray(), decoded.Encode());
        }
        else
        {
            bool? peras = data.TryGetProperty("peras_support", out JsonElement wanted) ? wanted.GetBoolean() : null;
            Assert.Equal(
                new NodeToNodeVersionData(
                    magic, data.GetProperty("initiator_only").GetBoolean(), data.GetProperty("peer_sharing").GetInt32() == 1, query!.Value, peras),
                NodeToNodeVersionData.Decode(entry.Version, entry.Data.Span));
        }
    }

    private static void ShouldMean(RefusalReason reason, JsonElement expected)
    {
        RefusalReason meant = expected.GetProperty("reason").GetString() switch
        {
            "VersionMismatch" => new RefusalReason.VersionMismatch([.. expected.GetProperty("versions").EnumerateArray().Select(v => v.GetInt32())]),
            "HandshakeDecodeError" => new RefusalReason.HandshakeDecodeError(
                expected.GetProperty("version").GetInt32(), expected.GetProperty("message").GetString()!),
            _ => new RefusalReason.Refused(expected.GetProperty("version").GetInt32(), expected.GetProperty("message").GetString()!),
        };
        Assert.Equal(meant, reason);
    }

    // The data of versions that are gone, which the library passes as bytes: [magic, …] of 2 or 4 fields, or the magic alone.
    private static string HistoricData(JsonElement data)
    {
        string magic = CodecCheck.EncodeHex(output => new CborSpanWriter(output).WriteUInt(data.GetProperty("network_magic").GetUInt32()));
        string? initiatorOnly = data.TryGetProperty("initiator_only", out JsonElement only) ? Bool(only) : null;
        string? query = data.TryGetProperty("query", out JsonElement asked) ? Bool(asked) : null;
        string? sharing = data.TryGetProperty("peer_sharing", out JsonElement shared) ? $"0{shared.GetInt32()}" : null;
        string?[] rest = [initiatorOnly, sharing, query];
        int fields = 1 + rest.Count(field => field is not null);
        return fields == 1 ? magic : $"8{fields}{magic}{string.Concat(rest)}";
    }

    private static string Bool(JsonElement value) => value.GetBoolean() ? "f5" : "f4";

    private static void Decode(VersionEntry entry, ProtocolBundle bundle)
    {
        if (bundle == ProtocolBundle.NodeToNode)
        {
            NodeToNodeVersionData.Decode(entry.Version, entry.Data.Span);
        }
        else
        {
            NodeToClientVersionData.Decode(entry.Version, entry.Data.Span);
        }
    }

    private static bool IsKnown(int version, ProtocolBundle bundle) =>
        bundle == ProtocolBundle.NodeToNode ? NodeToNode.IsKnown(version) : NodeToClient.IsKnown(version);

    private static ProtocolBundle Bundle(Vector vector) => vector.IsNodeToNode ? ProtocolBundle.NodeToNode : ProtocolBundle.NodeToClient;
}
