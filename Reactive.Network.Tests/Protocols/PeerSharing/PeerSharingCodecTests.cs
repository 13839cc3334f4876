using System.Buffers.Binary;
using System.Formats.Cbor;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Reactive.Network.Cbor;
using Reactive.Network.Internal;
using Reactive.Network.Protocols.PeerSharing;

namespace Reactive.Network.Tests.Protocols.PeerSharing;

public class PeerSharingCodecTests
{
    private const string TwoPeersHex = "82019f83001a010200c0190bb986011a20010db8000001190bb9ff";

    /// <summary>The examples of the specification page.</summary>
    public static TheoryData<string, PeerSharingMessageKind, int, string> Golden => new()
    {
        { "820008", PeerSharingMessageKind.ShareRequest, 8, "" },
        { "820180", PeerSharingMessageKind.SharePeers, 0, "" },
        { "82019f83001a0100007f190bb9ff", PeerSharingMessageKind.SharePeers, 0, "127.0.0.1:3001" },
        { TwoPeersHex, PeerSharingMessageKind.SharePeers, 0, "192.0.2.1:3001 [2001:db8::1]:3001" },
        { "8102", PeerSharingMessageKind.Done, 0, "" },
        { "820018ff", PeerSharingMessageKind.ShareRequest, 255, "" },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void ReadsAndWritesTheExamplesOfTheSpecification_WhenGiven(string hex, PeerSharingMessageKind kind, int amount, string peers)
    {
        PeerSharingMessage message = Read(hex);

        Assert.Equal((kind, (byte)amount), (message.Kind, message.Amount));
        Assert.Equal(peers, string.Join(' ', message.Peers.ToArray().Select(peer => peer.ToString())));
        Assert.Equal(hex, Write(message));
        Assert.Equal(kind, PeerSharingCodec.Read(MemoryLease.Unowned(Convert.FromHexString(hex))).Kind);
    }

    [Theory]
    [InlineData("82018283001a010200c0190bb986011a20010db8000001190bb9", TwoPeersHex)] // a definite list
    [InlineData("82019fff", "820180")] // an indefinite list of nothing
    [InlineData("82019f83001a010200c0190bb988011a20010db80000010507190bb9ff", TwoPeersHex)] // IPv6 with flow 5 and scope 7
    [InlineData("98021801 9f98031800 1b00000000010200c0 1a00000bb9 86011a20010db8000001190bb9ff", TwoPeersHex)] // heads longer than needed
    public void WritesTheFormOfTheReference_WhenAnotherLegalOneWasRead(string hex, string reference)
    {
        Assert.Equal(reference, Write(Read(hex.Replace(" ", "", StringComparison.Ordinal))));
    }

    [Fact]
    public void LeavesTheScopeOut_WhenAnAddressHasOne()
    {
        var linkLocal = new IPEndPoint(new IPAddress(IPAddress.Parse("fe80::1").GetAddressBytes(), 3), 1);

        PeerSharingMessage read = Read(Write(PeerSharingMessage.SharePeers(new[] { linkLocal })));

        Assert.Equal("[fe80::1]:1", Assert.Single(read.Peers.ToArray()).ToString());
    }

    [Theory]
    [InlineData("82001901 00")] // an amount of 9 bits
    [InlineData("820020")] // a negative amount
    [InlineData("8101")]
    [InlineData("83000000")]
    [InlineData("820200")]
    [InlineData("820300")]
    [InlineData("9f0008ff")] // an indefinite array
    [InlineData("820100")] // no list
    [InlineData("82018183011a010200c0190bb9")] // IPv6 with one word
    [InlineData("820181870100000000 0000")] // IPv6 with seven elements
    [InlineData("8201818600000000 0000")] // IPv4 with four words
    [InlineData("82018183021a010200c0190bb9")] // a family that nobody defined
    [InlineData("820181830000 1a00010000")] // a port of 17 bits
    [InlineData("82018183001b000000010000000000")] // a word of 33 bits
    [InlineData("8201819f0000190bb9ff")] // an indefinite address
    [InlineData("82019a7fffffff")] // a list that claims what it has not
    [InlineData("81024142")]
    public void Refuses_WhenShapeIsWrong(string hex)
    {
        Assert.Throws<CodecException>(() => Read(hex.Replace(" ", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void AgreesWithSystemFormatsCbor_WhenMessagesAreGenerated()
    {
        var random = new Random(CodecCheck.Seed());
        for (int i = 0; i < 10_000; i++)
        {
            PeerSharingMessage message = Generate(random);
            byte[] expected = Oracle(message);

            Assert.Equal(Convert.ToHexStringLower(expected), Write(message));
            PeerSharingMessage read = PeerSharingCodec.Read(expected);
            Assert.Equal((message.Kind, message.Amount), (read.Kind, read.Amount));
            Assert.Equal(message.Peers.ToArray(), read.Peers.ToArray());
        }
    }

    [Fact]
    public void NeverThrowsAnythingElse_WhenBytesAreTornOrDamaged()
    {
        foreach (string hex in (string[])["820018ff", "820180", TwoPeersHex, "8102", "82018288011a20010db80000010507190bb983001a010200c0190bb9"])
        {
            CodecCheck.RefusesTornItems(Convert.FromHexString(hex), item => PeerSharingCodec.Read(item));
            CodecCheck.SurvivesOneBitDamage(Convert.FromHexString(hex), item => PeerSharingCodec.Read(item));
        }

        CodecCheck.SurvivesNoise(CodecCheck.Seed(), item => PeerSharingCodec.Read(item));
    }

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenVectorConforms()
    {
        int count = 0;
        foreach (Vector vector in Vectors.Of("peer-sharing").Concat(Vectors.Constructed("peer-sharing")))
        {
            Assert.True(vector.Conforms);
            PeerSharingMessage message = Read(vector.Hex);

            Assert.Equal(vector.Message, $"Msg{message.Kind}");
            Assert.Equal(vector.Fields.TryGetProperty("amount", out JsonElement amount) ? amount.GetByte() : 0, message.Amount);
            IPEndPoint[] peers = vector.Fields.TryGetProperty("peers", out JsonElement list) ? [.. list.EnumerateArray().Select(PeerOf)] : [];
            Assert.Equal(peers, message.Peers.ToArray());
            Assert.Equal(vector.Hex, Write(message));
            count++;
        }

        Assert.Equal(2 + 3, count);
    }

    private static IPEndPoint PeerOf(JsonElement json)
    {
        if (json.GetProperty("kind").GetString() == "ipv4")
        {
            return new IPEndPoint(IPAddress.Parse(json.GetProperty("address_if_little_endian_host_word").GetString()!), json.GetProperty("port").GetInt32());
        }

        byte[] octets = new byte[16];
        foreach ((int at, JsonElement word) in json.GetProperty("words").EnumerateArray().Index())
        {
            BinaryPrimitives.WriteUInt32BigEndian(octets.AsSpan(4 * at), word.GetUInt32());
        }

        return new IPEndPoint(new IPAddress(octets), json.GetProperty("port").GetInt32());
    }

    private static PeerSharingMessage Generate(Random random)
    {
        switch (random.Next(5))
        {
            case 0:
                return PeerSharingMessage.ShareRequest((byte)random.Next(256));
            case 1:
                return PeerSharingMessage.Done;
            default:
                var peers = new IPEndPoint[random.Next(0, 12)];
                for (int i = 0; i < peers.Length; i++)
                {
                    byte[] octets = new byte[random.Next(2) == 0 ? 4 : 16];
                    random.NextBytes(octets.AsSpan(random.Next(octets.Length)));
                    peers[i] = new IPEndPoint(new IPAddress(octets), random.Next(65_536));
                }

                return PeerSharingMessage.SharePeers(peers);
        }
    }

    private static byte[] Oracle(PeerSharingMessage message)
    {
        var writer = new CborWriter(CborConformanceMode.Lax, convertIndefiniteLengthEncodings: false);
        writer.WriteStartArray(message.Kind == PeerSharingMessageKind.Done ? 1 : 2);
        writer.WriteUInt32(message.Kind switch { PeerSharingMessageKind.ShareRequest => 0, PeerSharingMessageKind.SharePeers => 1, _ => 2u });
        if (message.Kind == PeerSharingMessageKind.ShareRequest)
        {
            writer.WriteUInt32(message.Amount);
        }
        else if (message.Kind == PeerSharingMessageKind.SharePeers)
        {
            writer.WriteStartArray(message.Peers.IsEmpty ? 0 : null);
            foreach (IPEndPoint peer in message.Peers.Span)
            {
                byte[] octets = peer.Address.GetAddressBytes();
                bool v4 = peer.AddressFamily == AddressFamily.InterNetwork;
                writer.WriteStartArray(v4 ? 3 : 6);
                writer.WriteUInt32(v4 ? 0u : 1u);
                foreach (byte[] word in octets.Chunk(4))
                {
                    writer.WriteUInt32((uint)(v4
                        ? word[0] + (word[1] << 8) + (word[2] << 16) + ((long)word[3] << 24)
                        : ((long)word[0] << 24) + (word[1] << 16) + (word[2] << 8) + word[3]));
                }

                writer.WriteUInt32((uint)peer.Port);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        return writer.Encode();
    }

    private static PeerSharingMessage Read(string hex) => PeerSharingCodec.Read(Convert.FromHexString(hex));

    private static string Write(PeerSharingMessage message) => CodecCheck.EncodeHex(output => PeerSharingCodec.Write(output, message));
}
