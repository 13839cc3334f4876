using Reactive.Network.Cbor;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.Handshake;

namespace Reactive.Network.Tests.Protocols.Handshake;

public class HandshakeCodecTests
{
    private const uint Mainnet = 764_824_073;

    /// <summary>The examples of the specification page.</summary>
    public static TheoryData<string, HandshakeMessage> Golden => new()
    {
        {
            "8200a20e841a2d964a09f401f40f841a2d964a09f401f4",
            new HandshakeMessage.ProposeVersions(new NodeToNodeOffer(Mainnet) { PeerSharing = true }.ToTable())
        },
        {
            "8200a20e8402f500f40f8402f500f4",
            new HandshakeMessage.ProposeVersions(new NodeToNodeOffer(2) { InitiatorOnly = true }.ToTable())
        },
        {
            "8200a20e8401f401f50f8401f401f5",
            new HandshakeMessage.ProposeVersions(new NodeToNodeOffer(1) { PeerSharing = true, Query = true }.ToTable())
        },
        {
            "8200a30e8401f401f40f8401f401f4108501f401f4f5",
            new HandshakeMessage.ProposeVersions(
                new NodeToNodeOffer(1) { PeerSharing = true, Experimental = true, PerasSupport = true }.ToTable())
        },
        { "83010f841a2d964a09f401f4", Accept(15, new(Mainnet, InitiatorOnly: false, PeerSharing: true, Query: false)) },
        { "83010f841a2d964a09f500f4", Accept(15, new(Mainnet, InitiatorOnly: true, PeerSharing: false, Query: false)) },
        { "82028200820e0f", new HandshakeMessage.Refuse(new RefusalReason.VersionMismatch([14, 15])) },
        {
            "820283010f73756e657870656374656420656e636f64696e67",
            new HandshakeMessage.Refuse(new RefusalReason.HandshakeDecodeError(15, "unexpected encoding"))
        },
        {
            "820283020f7576657273696f6e2064617461206d69736d61746368",
            new HandshakeMessage.Refuse(new RefusalReason.Refused(15, "version data mismatch"))
        },
        {
            "8203a20e8401f401f40f8401f401f4",
            new HandshakeMessage.QueryReply(new NodeToNodeOffer(1) { PeerSharing = true }.ToTable())
        },
    };

    /// <summary>The examples of node-to-client.</summary>
    public static TheoryData<string, HandshakeMessage> GoldenLocal => new()
    {
        {
            "8200a8198010821a2d964a09f4198011821a2d964a09f4198012821a2d964a09f4198013821a2d964a09f4"
            + "198014821a2d964a09f4198015821a2d964a09f4198016821a2d964a09f4198017821a2d964a09f4",
            new HandshakeMessage.ProposeVersions(new VersionTable(Enumerable.Range(32_784, 8).Select(Local)))
        },
        { "8301198017821a2d964a09f4", new HandshakeMessage.AcceptVersion(Local(32_791)) },
        {
            "8202820088198010198011198012198013198014198015198016198017",
            new HandshakeMessage.Refuse(new RefusalReason.VersionMismatch([.. Enumerable.Range(32_784, 8)]))
        },
    };

    [Theory]
    [MemberData(nameof(Golden), DisableDiscoveryEnumeration = true)]
    public void ReadsAndWritesTheExamplesOfTheSpecification_WhenNodeToNode(string hex, HandshakeMessage message)
    {
        Assert.Equal(message, Read(hex));
        Assert.Equal(hex, Write(message));
    }

    [Theory]
    [MemberData(nameof(GoldenLocal), DisableDiscoveryEnumeration = true)]
    public void ReadsAndWritesTheExamplesOfTheSpecification_WhenNodeToClient(string hex, HandshakeMessage message)
    {
        Assert.Equal(message, HandshakeCodec.Read(Convert.FromHexString(hex), ProtocolBundle.NodeToClient));
        Assert.Equal(hex, Write(message));
    }

    [Theory]
    [InlineData("8200bfff")] // an indefinite map
    [InlineData("9f00a0ff")] // an indefinite message
    [InlineData("82029f00820e0fff")] // an indefinite reason
    [InlineData("820282009f0e0fff")] // an indefinite list of versions
    [InlineData("820283010f7f6161ff")] // an indefinite text
    [InlineData("820283010f61ff")] // text that is not UTF-8
    [InlineData("820283010f4161")] // bytes for text
    [InlineData("8200a20f8401f401f40e8401f401f4")] // 15 before 14
    [InlineData("8200a20e8401f401f40e8401f401f4")] // 14 twice
    [InlineData("8203a20f8401f401f40e8401f401f4")] // 15 before 14, in a query reply
    [InlineData("8200a31863f60f8401f401f40e8401f401f4")] // 15 before 14, an unknown one before both
    [InlineData("8204a0")]
    [InlineData("8100")]
    [InlineData("8300a000")]
    [InlineData("83011b000000010000000ef6")] // a version of 33 bits accepted
    [InlineData("830120f6")] // a negative version accepted
    public void Refuses_WhenShapeIsWrong(string hex)
    {
        Assert.Throws<CodecException>(() => Read(hex));
    }

    [Fact]
    public void SkipsKeys_WhenNoVersionCanHaveThem()
    {
        // {"x": 1, -1: [], 2^64-1: {}, 99: null, 14: data, [1]: 0, 7: "old"}
        HandshakeMessage message = Read("8200a7617801 2080 1bffffffffffffffffa0 1863f6 0e8401f401f4 810100 07636f6c64");

        VersionTable table = Assert.IsType<HandshakeMessage.ProposeVersions>(message).Versions;
        Assert.Equal([99, 14, 7], table.Select(entry => entry.Version));
        Assert.Equal("f6", Convert.ToHexStringLower(table[0].Data.Span));
        Assert.True(table.TryGet(14, out VersionEntry known));
        Assert.Equal(new NodeToNodeVersionData(1, false, true, false), NodeToNodeVersionData.Decode(14, known.Data.Span));
        Assert.False(table.TryGet(15, out _));
    }

    [Fact]
    public void TakesAnyOrder_WhenVersionsBelongToTheOtherBundle()
    {
        const string descending = "8200a21980118202f41980108202f4";

        Assert.Equal(2, Assert.IsType<HandshakeMessage.ProposeVersions>(Read(descending)).Versions.Count);
        Assert.Throws<CodecException>(() => HandshakeCodec.Read(Convert.FromHexString(descending), ProtocolBundle.NodeToClient));
    }

    [Fact]
    public void ToleratesUnknownVersions_WhenTheyAreInAVersionMismatch()
    {
        HandshakeMessage message = Read("82028200840e1863617820");

        Assert.Equal(new HandshakeMessage.Refuse(new RefusalReason.VersionMismatch([14, 99])), message);
    }

    [Fact]
    public void KeepsItsOwnBytes_WhenTheItemChangesAfterwards()
    {
        byte[] item = Convert.FromHexString("83010f841a2d964a09f401f4");
        var message = Assert.IsType<HandshakeMessage.AcceptVersion>(HandshakeCodec.Read(item));

        item.AsSpan().Fill(0xdd);

        Assert.Equal(new NodeToNodeVersionData(Mainnet, false, true, false), NodeToNodeVersionData.Decode(15, message.Entry.Data.Span));
    }

    [Fact]
    public void NeverThrowsAnythingElse_WhenBytesAreTornOrDamaged()
    {
        foreach (string hex in Golden.Select(row => row.Data.Item1))
        {
            CodecCheck.RefusesTornItems(Convert.FromHexString(hex), ReadAndConclude);
            CodecCheck.SurvivesOneBitDamage(Convert.FromHexString(hex), ReadAndConclude);
        }

        CodecCheck.SurvivesNoise(CodecCheck.Seed(), ReadAndConclude);
    }

    [Theory]
    [InlineData("8200bb2000000000000000")] // a map of 2^61 pairs
    [InlineData("820282009bffffffffffffffff")] // a list of 2^64 - 1 versions
    [InlineData("820283010f7b1000000000000000")] // a text of 2^60 bytes
    public void RefusesAtOnce_WhenClaimedLengthIsAbsurd(string hex)
    {
        Assert.Throws<CodecException>(() => Read(hex));
    }

    [Fact]
    public void ReturnsTheSame_WhenRandomMessagesAreWrittenAndRead()
    {
        var random = new Random(CodecCheck.Seed());
        for (int i = 0; i < 2_000; i++)
        {
            HandshakeMessage message = RandomMessage(random);
            Assert.Equal(message, Read(Write(message)));
        }
    }

    [Fact]
    public void RefusesToMakeATable_WhenVersionsDoNotAscend()
    {
        VersionEntry fourteen = new(14, new byte[] { 0xf6 });

        Assert.Throws<ArgumentException>(() => new VersionTable([fourteen, fourteen]));
        Assert.Throws<ArgumentException>(() => new VersionTable([new VersionEntry(-1, new byte[] { 0xf6 })]));
    }

    private static HandshakeMessage RandomMessage(Random random)
    {
        string text = new([.. Enumerable.Range(0, random.Next(30)).Select(_ => (char)random.Next(' ', 0x2000))]);
        int version = random.Next(1, 40_000);
        var offer = new NodeToNodeOffer((uint)random.NextInt64(uint.MaxValue + 1L))
        {
            InitiatorOnly = random.Next(2) == 0,
            PeerSharing = random.Next(2) == 0,
            Query = random.Next(2) == 0,
            Experimental = random.Next(2) == 0,
            PerasSupport = random.Next(2) == 0,
        };
        return random.Next(6) switch
        {
            0 => new HandshakeMessage.ProposeVersions(offer.ToTable()),
            1 => new HandshakeMessage.QueryReply(offer.ToTable()),
            2 => new HandshakeMessage.AcceptVersion(offer.ToTable()[0]),
            3 => new HandshakeMessage.Refuse(new RefusalReason.HandshakeDecodeError(version, text)),
            4 => new HandshakeMessage.Refuse(new RefusalReason.Refused(version, text)),
            _ => new HandshakeMessage.Refuse(new RefusalReason.VersionMismatch([.. Enumerable.Range(version, random.Next(10))])),
        };
    }

    // What a client does with whatever comes: the codec and the negotiation behind it.
    private static void ReadAndConclude(ReadOnlyMemory<byte> item)
    {
        HandshakeMessage message = HandshakeCodec.Read(item);
        try
        {
            HandshakeNegotiation.Conclude(new NodeToNodeOffer(Mainnet) { Experimental = true }, message);
        }
        catch (Exception refusal) when (refusal is HandshakeRefusedException or ProtocolViolationException)
        {
            // Typed, and so fine.
        }
    }

    private static HandshakeMessage.AcceptVersion Accept(int version, NodeToNodeVersionData data) =>
        new(new VersionEntry(version, data.Encode(version)));

    private static VersionEntry Local(int version) => new(version, new NodeToClientVersionData(Mainnet, Query: false).Encode());

    private static HandshakeMessage Read(string hex) =>
        HandshakeCodec.Read(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

    private static string Write(HandshakeMessage message) => CodecCheck.EncodeHex(output => HandshakeCodec.Write(output, message));
}
