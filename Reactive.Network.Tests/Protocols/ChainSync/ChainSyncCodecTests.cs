using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols.ChainSync;

public class ChainSyncCodecTests
{
    private const string LastByronHash = "f8084c61b6a238acec985b59310b6ecec49c0ab8352249afd7268da5cff2a457";
    private const string TipHash = "9b51ccd4f161c08382a445684ff3eb788923608acbea283081fa5ccf663fef8d";
    private const string TipHex = $"82821a0150d7925820{TipHash}1a0010afaa";
    private const string LastByronHex = $"821a00448dff5820{LastByronHash}";
    private const string BoundaryHeaderHex =
        "851a2d964a0958205f20df933584822601f9e3f8c024eb5eb252fe8cefb24d1317dc3d432e940ebb"
        + "582054f0972807b68698fcd704e3dae675dc43c8a6656aeaf4891e6e3f23be2de00a8200810081a0";

    private const string BoundaryRollForwardHex = $"830282008282001a0009e397d8185850{BoundaryHeaderHex}{TipHex}";
    private const string ConwayRollForwardHex = $"83028206d818483c4845414445523e{TipHex}";

    private static readonly Point LastByron = new(4_492_799, BlockHash.Parse(LastByronHash));
    private static readonly Tip SomeTip = new(new Point(22_075_282, BlockHash.Parse(TipHash)), 1_093_546);

    /// <summary>The examples of the specification page, but for the roll forwards.</summary>
    public static TheoryData<string, ChainSyncMessageKind> Golden => new()
    {
        { "8100", ChainSyncMessageKind.RequestNext },
        { "8101", ChainSyncMessageKind.AwaitReply },
        { $"8303{LastByronHex}{TipHex}", ChainSyncMessageKind.RollBackward },
        { "830380828000", ChainSyncMessageKind.RollBackward },
        { $"82049f{LastByronHex}80ff", ChainSyncMessageKind.FindIntersect },
        { "820480", ChainSyncMessageKind.FindIntersect },
        { $"8305{LastByronHex}{TipHex}", ChainSyncMessageKind.IntersectFound },
        { $"8206{TipHex}", ChainSyncMessageKind.IntersectNotFound },
        { "8107", ChainSyncMessageKind.Done },
        { BoundaryRollForwardHex, ChainSyncMessageKind.RollForward },
        { ConwayRollForwardHex, ChainSyncMessageKind.RollForward },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void ReadsAndWritesTheExamplesOfTheSpecification_WhenGiven(string hex, ChainSyncMessageKind kind)
    {
        ChainSyncMessage message = Read(hex);

        Assert.Equal(kind, message.Kind);
        Assert.Equal(hex, Write(message));
    }

    [Fact]
    public void MeansWhatTheSpecificationSays_WhenExampleIsRead()
    {
        Assert.Equal((LastByron, SomeTip), (Read($"8303{LastByronHex}{TipHex}").Point, Read($"8303{LastByronHex}{TipHex}").Tip));
        Assert.Equal((Point.Origin, Tip.Origin), (Read("830380828000").Point, Read("830380828000").Tip));
        Assert.Equal((LastByron, SomeTip), (Read($"8305{LastByronHex}{TipHex}").Point, Read($"8305{LastByronHex}{TipHex}").Tip));
        Assert.Equal(SomeTip, Read($"8206{TipHex}").Tip);
        Assert.Equal([LastByron, Point.Origin], Read($"82049f{LastByronHex}80ff").Points.ToArray());
        Assert.True(Read("820480").Points.IsEmpty);
    }

    [Fact]
    public void FindsTheHeader_WhenRollForwardIsOfByron()
    {
        ChainSyncMessage message = Read(BoundaryRollForwardHex);

        Assert.Equal(Era.ByronBoundary, message.Header.Era);
        Assert.Equal(648_087u, message.Header.ByronSizeHint);
        Assert.Equal(BoundaryHeaderHex, Convert.ToHexStringLower(message.Header.Span));
        Assert.Equal(BlockHash.Parse("89d9b5a5b8ddc8d7e5a6795e9774d97faf1efea59b2caf7eaf9f8c5b32059df4"), message.Header.Hash);
        Assert.Equal(SomeTip, message.Tip);
    }

    [Fact]
    public void FindsTheHeader_WhenRollForwardIsOfALaterEra()
    {
        ChainSyncMessage message = Read(ConwayRollForwardHex);

        Assert.Equal(Era.Conway, message.Header.Era);
        Assert.Equal("<HEADER>"u8, message.Header.Span);
    }

    [Theory]
    [InlineData("8201d818483c4845414445523e", Era.Shelley, 0)]
    [InlineData("82008282011864d818483c4845414445523e", Era.Byron, 100)]
    [InlineData("82008282001864d8184c3c4542425f4845414445523e", Era.ByronBoundary, 100)]
    [InlineData("8207d818483c4845414445523e", Era.Dijkstra, 0)]
    [InlineData("820cd818483c4845414445523e", (Era)13, 0)] // an era to come passes as it is
    public void ReadsAndWritesAnyWrapper_WhenHeaderIsOpaque(string wrapped, Era era, int sizeHint)
    {
        ChainSyncMessage message = Read($"8302{wrapped}{TipHex}");

        Assert.Equal(era, message.Header.Era);
        Assert.Equal((uint)sizeHint, message.Header.ByronSizeHint);
        Assert.Equal($"8302{wrapped}{TipHex}", Write(message));
    }

    [Theory]
    [InlineData($"820482{LastByronHex}80", $"82049f{LastByronHex}80ff")] // a definite list
    [InlineData("82049fff", "820480")] // an indefinite list without elements
    [InlineData("98011800", "8100")] // longer integers
    public void WritesTheFormOfTheReference_WhenAnotherLegalOneWasRead(string hex, string reference)
    {
        Assert.Equal(reference, Write(Read(hex)));
    }

    [Theory]
    [InlineData("8102")] // a roll forward without anything
    [InlineData("811863")] // an unknown tag
    [InlineData("9f00ff")] // an indefinite message
    [InlineData("82049f80")] // a list that does not end
    [InlineData("820482 80")] // a list that is too short
    [InlineData("82048180ff")] // a break behind a definite list
    [InlineData("82049b1000000000000000")] // 2^60 points
    [InlineData("82048182004100")] // a hash of one byte
    [InlineData("8204818100")] // a point of one element
    [InlineData("82049f9fffff")] // an indefinite point
    [InlineData($"83038000")] // a number for a tip
    [InlineData($"830380838000 00")] // a tip of three elements
    [InlineData($"830281 06{TipHex}")] // a wrapper of one element
    [InlineData($"83028206 483c4845414445523e{TipHex}")] // no tag 24
    [InlineData($"83028206d819483c4845414445523e{TipHex}")] // tag 25
    [InlineData($"83028206d8185f483c4845414445523eff{TipHex}")] // an indefinite byte string
    [InlineData($"830282 18ffd818483c4845414445523e{TipHex}")] // era index 255
    [InlineData($"83028200 d818483c4845414445523e{TipHex}")] // Byron without its prefix
    [InlineData($"83028200828202 1864d818483c4845414445523e{TipHex}")] // a third kind of Byron block
    [InlineData($"83028200828201 1b0000000100000000d818483c4845414445523e{TipHex}")] // a size of 33 bits
    [InlineData("8302d8185100")] // the form of node-to-client
    public void Refuses_WhenShapeIsWrong(string hex)
    {
        Assert.Throws<CodecException>(() => Read(hex.Replace(" ", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void ReturnsTheSame_WhenRandomMessagesAreWrittenAndRead()
    {
        var random = new Random(CodecCheck.Seed());
        for (int i = 0; i < 5_000; i++)
        {
            ChainSyncMessage message = RandomMessage(random);

            ChainSyncMessage read = Read(Write(message));

            Assert.Equal(message.Kind, read.Kind);
            Assert.Equal((message.Point, message.Tip), (read.Point, read.Tip));
            Assert.Equal(message.Points.ToArray(), read.Points.ToArray());
            if (message.Kind == ChainSyncMessageKind.RollForward)
            {
                Assert.Equal((message.Header.Era, message.Header.ByronSizeHint), (read.Header.Era, read.Header.ByronSizeHint));
                Assert.Equal(message.Header.Span, read.Header.Span);
            }
        }
    }

    [Fact]
    public void NeverThrowsAnythingElse_WhenBytesAreTornOrDamaged()
    {
        foreach (string hex in Golden.Select(row => row.Data.Item1))
        {
            CodecCheck.RefusesTornItems(Convert.FromHexString(hex), ReadAndLook);
            CodecCheck.SurvivesOneBitDamage(Convert.FromHexString(hex), ReadAndLook);
        }

        CodecCheck.SurvivesNoise(CodecCheck.Seed(), ReadAndLook);
    }

    [Fact]
    public void AllocatesNothing_WhenReadingARollForward()
    {
        foreach (string hex in (string[])[BoundaryRollForwardHex, ConwayRollForwardHex])
        {
            MemoryLease item = MemoryLease.Unowned(Convert.FromHexString(hex));
            ChainSyncCodec.Read(item);
            long before = GC.GetAllocatedBytesForCurrentThread();

            for (int i = 0; i < 1_000; i++)
            {
                ChainSyncCodec.Read(item);
            }

            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    [Fact]
    public void GivesTheMessageBack_WhenItsHeaderIsDisposed()
    {
        var arrays = new PoisoningArrayPool();
        Slab slab = new SlabPool(arrays).Rent(1_024);
        byte[] bytes = Convert.FromHexString(BoundaryRollForwardHex);
        bytes.CopyTo(slab.Array, 100);
        MemoryLease item = slab.Carve(100, bytes.Length);
        slab.Seal();

        Header header = ChainSyncCodec.Read(item).Header;

        Assert.Equal(BoundaryHeaderHex, Convert.ToHexStringLower(header.Span));
        header.Dispose();
        Assert.Equal(0, arrays.Outstanding);
        Assert.Throws<ObjectDisposedException>(() => header.Memory);
    }

    private static ChainSyncMessage RandomMessage(Random random) => random.Next(8) switch
    {
        0 => ChainSyncMessage.RequestNext,
        1 => ChainSyncMessage.AwaitReply,
        2 => ChainSyncMessage.RollForward(RandomHeader(random), RandomTip(random)),
        3 => ChainSyncMessage.RollBackward(RandomPoint(random), RandomTip(random)),
        4 => ChainSyncMessage.FindIntersect(Enumerable.Range(0, random.Next(30)).Select(_ => RandomPoint(random)).ToArray()),
        5 => ChainSyncMessage.IntersectFound(RandomPoint(random), RandomTip(random)),
        6 => ChainSyncMessage.IntersectNotFound(RandomTip(random)),
        _ => ChainSyncMessage.Done,
    };

    private static Header RandomHeader(Random random)
    {
        byte[] bytes = new byte[random.Next(0, 1_500)];
        random.NextBytes(bytes);
        var era = (Era)random.Next(0, 12);
        return Header.FromMemory(bytes, era, era <= Era.Byron ? (uint)random.NextInt64(uint.MaxValue + 1L) : 0);
    }

    private static Tip RandomTip(Random random) => new(RandomPoint(random), (ulong)random.NextInt64() >> random.Next(64));

    private static Point RandomPoint(Random random)
    {
        byte[] hash = new byte[BlockHash.Size];
        random.NextBytes(hash);
        return random.Next(4) == 0 ? Point.Origin : new Point((ulong)random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64), new BlockHash(hash));
    }

    // What a client does with whatever comes: reads, and looks at the header.
    private static void ReadAndLook(ReadOnlyMemory<byte> item)
    {
        ChainSyncMessage message = ChainSyncCodec.Read(item);
        if (message.Kind == ChainSyncMessageKind.RollForward)
        {
            message.Header.TryReadFields(out _);
        }
    }

    private static ChainSyncMessage Read(string hex) => ChainSyncCodec.Read(Convert.FromHexString(hex));

    private static string Write(ChainSyncMessage message) => CodecCheck.EncodeHex(output => ChainSyncCodec.Write(output, message));
}
