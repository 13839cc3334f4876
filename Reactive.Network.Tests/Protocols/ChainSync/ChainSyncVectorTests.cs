using System.Text.Json;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols.ChainSync;

/// <summary>The recorded and the constructed messages, and the wrapped headers of the reference's golden files.</summary>
public class ChainSyncVectorTests
{
    private const string OneDefinite = "a definite list of points, as gouroboros writes it";

    /// <summary>Vectors that are re-encoded to the reference's encoding of the same message, each with the reason.</summary>
    private static readonly Dictionary<string, (string Reference, string Reason)> OtherEncodings = new()
    {
        ["82048180"] = ("82049f80ff", OneDefinite),
        ["820481821a00fd1fc158204e9bbbb67e3ae262133d94c3da5bffce7b1127fc436e7433b87668dba34c354a"] =
            ("82049f821a00fd1fc158204e9bbbb67e3ae262133d94c3da5bffce7b1127fc436e7433b87668dba34c354aff", OneDefinite),
        ["820481821a053c22005820bb1f48efacd09174088ab314633f46d84b830c73c2a78e0de94a40ef174208e2"] =
            ("82049f821a053c22005820bb1f48efacd09174088ab314633f46d84b830c73c2a78e0de94a40ef174208e2ff", OneDefinite),
        ["820481821a001863bf58207e16781b40ebf8b6da18f7b5e8ade855d6738095ef2f1c58c77e88b6e45997a4"] =
            ("82049f821a001863bf58207e16781b40ebf8b6da18f7b5e8ade855d6738095ef2f1c58c77e88b6e45997a4ff", OneDefinite),
    };

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenVectorConforms()
    {
        Vector[] conforming = [.. Vectors.Of("chain-sync").Where(vector => vector.Conforms && vector.IsNodeToNode)];

        foreach (Vector vector in conforming)
        {
            ShouldMeanAndReencode(vector);
        }

        // 14 conform; one of them is a roll forward of node-to-client.
        Assert.Equal(13, conforming.Length);
        Assert.All(OtherEncodings.Keys, hex => Assert.Contains(conforming, vector => vector.Hex == hex));
    }

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenVectorIsConstructed()
    {
        Vector[] constructed = [.. Vectors.Constructed("chain-sync").Where(vector => vector.IsNodeToNode)];

        foreach (Vector vector in constructed)
        {
            ShouldMeanAndReencode(vector);
        }

        Assert.Equal(12, constructed.Length);
    }

    [Fact]
    public void IsRefused_WhenVectorDoesNotConformOrIsOfNodeToClient()
    {
        Vector[] wrong = [.. Vectors.Of("chain-sync").Concat(Vectors.Constructed("chain-sync")).Where(v => !v.Conforms || !v.IsNodeToNode)];

        foreach (Vector vector in wrong)
        {
            Assert.Throws<CodecException>(() => ChainSyncCodec.Read(vector.Bytes));
        }

        Assert.Equal(2 + 1 + 8, wrong.Length);
    }

    [Theory]
    [InlineData("n2n-cardano-v2.json", 16)]
    [InlineData("n2n-cardano-v5.json", 10)]
    [InlineData("n2n-cardano-v6.json", 12)]
    [InlineData("n2n-cardano-v7.json", 14)]
    public void ReadsAndWrites_WhenHeaderIsGolden(string file, int count)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path("golden", file)));
        int seen = 0;
        foreach (JsonElement entry in document.RootElement.GetProperty("entries").EnumerateArray())
        {
            if (entry.GetProperty("kind").GetString() is not ("Header" or "SerialisedHeader"))
            {
                continue;
            }

            string hex = $"8302{entry.GetProperty("hex").GetString()}828000";
            ChainSyncMessage message = ChainSyncCodec.Read(Convert.FromHexString(hex));

            string name = entry.GetProperty("name").GetString()!;
            Assert.Equal(EraOf(name), message.Header.Era);
            Assert.Equal(hex, Write(message));
            if (name.StartsWith("Header", StringComparison.Ordinal))
            {
                Assert.True(message.Header.TryReadFields(out _), name);
            }

            seen++;
        }

        Assert.Equal(count, seen);
    }

    internal static void ShouldMean(Vector vector, in ChainSyncMessage message)
    {
        JsonElement fields = vector.Fields;
        Assert.Equal(vector.Message, $"Msg{message.Kind}");
        Assert.Equal(fields.TryGetProperty("tip", out JsonElement tip) ? Vectors.Tip(tip) : default, message.Tip);
        Assert.Equal(fields.TryGetProperty("point", out JsonElement point) ? Vectors.Point(point) : default, message.Point);
        if (fields.TryGetProperty("points", out JsonElement points))
        {
            Assert.Equal([.. points.EnumerateArray().Select(Vectors.Point)], message.Points.ToArray());
        }

        if (fields.TryGetProperty("header", out JsonElement header))
        {
            Assert.Equal(header.GetProperty("era_index").GetInt32(), message.Header.Era.EraIndex());
            Assert.Equal(header.TryGetProperty("byron_type", out JsonElement kind) ? (Era)kind.GetInt32() : message.Header.Era, message.Header.Era);
            Assert.Equal(header.TryGetProperty("size_hint", out JsonElement size) ? size.GetUInt32() : 0, message.Header.ByronSizeHint);
            Assert.Equal(header.GetProperty("header_size").GetInt32(), message.Header.Size);
            Assert.Equal(header.GetProperty("header_hash").GetString(), message.Header.Hash.ToString());
            Assert.Equal(header.GetProperty("slot").GetUInt64(), message.Header.Slot);
            Assert.Equal(header.GetProperty("block_number").GetUInt64(), message.Header.BlockNumber);
        }
    }

    private static void ShouldMeanAndReencode(Vector vector)
    {
        ChainSyncMessage message = ChainSyncCodec.Read(vector.Bytes);

        ShouldMean(vector, message);
        Assert.Equal(OtherEncodings.TryGetValue(vector.Hex, out (string Reference, string Reason) other) ? other.Reference : vector.Hex, Write(message));
    }

    private static Era EraOf(string name) => name[(name.IndexOf('_', StringComparison.Ordinal) + 1)..] switch
    {
        "Byron_EBB" => Era.ByronBoundary,
        "Byron_regular" => Era.Byron,
        string era => Enum.Parse<Era>(era),
    };

    private static string Write(ChainSyncMessage message) => CodecCheck.EncodeHex(output => ChainSyncCodec.Write(output, message));
}
