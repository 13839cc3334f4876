using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols.BlockFetch;

public class BlockFetchCodecTests
{
    private const string BoundaryHash = "89d9b5a5b8ddc8d7e5a6795e9774d97faf1efea59b2caf7eaf9f8c5b32059df4";
    private const string LastByronHash = "f8084c61b6a238acec985b59310b6ecec49c0ab8352249afd7268da5cff2a457";
    private const string ConwayHash = "9b51ccd4f161c08382a445684ff3eb788923608acbea283081fa5ccf663fef8d";
    private const string ByronRangeHex = $"830082005820{BoundaryHash}821a00448dff5820{LastByronHash}";
    private const string OneBlockRangeHex = $"8300821a0150d7925820{ConwayHash}821a0150d7925820{ConwayHash}";
    private const string BlockHex =
        "820083851a034fa0315820791f4256e14c67b9035c3b80a0826adf719d3636c18eef16c98b84b833723d515820"
        + "afc0da64183bf2664f3d4eec7238d524ba607faeeab24fc100eb861dba69971b8200810081a09fff81a0";

    private const string BlockMessageHex = $"8204d8185857{BlockHex}";

    /// <summary>The examples of the specification page.</summary>
    public static TheoryData<string, BlockFetchMessageKind> Golden => new()
    {
        { ByronRangeHex, BlockFetchMessageKind.RequestRange },
        { OneBlockRangeHex, BlockFetchMessageKind.RequestRange },
        { "8101", BlockFetchMessageKind.ClientDone },
        { "8102", BlockFetchMessageKind.StartBatch },
        { "8103", BlockFetchMessageKind.NoBlocks },
        { "8105", BlockFetchMessageKind.BatchDone },
        { BlockMessageHex, BlockFetchMessageKind.Block },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void ReadsAndWritesTheExamplesOfTheSpecification_WhenGiven(string hex, BlockFetchMessageKind kind)
    {
        BlockFetchMessage message = Read(hex);

        Assert.Equal(kind, message.Kind);
        Assert.Equal(hex, Write(message));
    }

    [Fact]
    public void MeansWhatTheSpecificationSays_WhenExampleIsRead()
    {
        BlockFetchMessage range = Read(ByronRangeHex);
        BlockFetchMessage block = Read(BlockMessageHex);

        Assert.Equal(new Point(0, BlockHash.Parse(BoundaryHash)), range.First);
        Assert.Equal(new Point(4_492_799, BlockHash.Parse(LastByronHash)), range.Last);
        Assert.Equal(BlockHex, Convert.ToHexStringLower(block.Block.Span));
        Assert.Equal(Era.ByronBoundary, block.Block.Era);
    }

    [Fact]
    public void ReadsOrigin_WhenItIsABound()
    {
        BlockFetchMessage message = Read("83008080");

        Assert.Equal((Point.Origin, Point.Origin), (message.First, message.Last));
        Assert.Equal("83008080", Write(message));
    }

    [Theory]
    [InlineData(0, "8204d81840")]
    [InlineData(87, "8204d8185857")]
    [InlineData(256, "8204d818590100")]
    [InlineData(90_112, "8204d8185a00016000")]
    public void WritesTheStartOfABlock_WhenTheBytesFollowByThemselves(int size, string hex)
    {
        Assert.Equal(hex, CodecCheck.EncodeHex(output => BlockFetchCodec.WriteBlockPrefix(output, size)));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockFetchCodec.WriteBlockPrefix(new ArrayBufferWriter<byte>(), -1));
    }

    [Theory]
    [InlineData("8100")]
    [InlineData("811863")]
    [InlineData("8104")]
    [InlineData("820180")]
    [InlineData("820480")]
    [InlineData("82044100")] // no tag 24
    [InlineData("8204d8194100")] // tag 25
    [InlineData("8204d8185f4100ff")] // an indefinite byte string
    [InlineData("8204d8186100")] // text
    [InlineData("8204d8185b1000000000000000")] // 2^60 bytes
    [InlineData("9f05ff")] // an indefinite message
    [InlineData("83009fff80")] // an indefinite point
    [InlineData("830082004180 80")] // a hash of one byte
    [InlineData("830082187b480102030405060708821901c848090a0b0c0d0e0f10")] // hashes of eight bytes
    public void Refuses_WhenShapeIsWrong(string hex)
    {
        Assert.Throws<CodecException>(() => Read(hex.Replace(" ", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void ReturnsTheSame_WhenRandomMessagesAreWrittenAndRead()
    {
        var random = new Random(CodecCheck.Seed());
        for (int i = 0; i < 2_000; i++)
        {
            BlockFetchMessage message = RandomMessage(random);

            BlockFetchMessage read = Read(Write(message));

            Assert.Equal((message.Kind, message.First, message.Last), (read.Kind, read.First, read.Last));
            if (message.Kind == BlockFetchMessageKind.Block)
            {
                Assert.Equal(message.Block.Span, read.Block.Span);
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
    public void AllocatesNothing_WhenReadingABlock()
    {
        MemoryLease item = MemoryLease.Unowned(Convert.FromHexString(BlockMessageHex));
        BlockFetchCodec.Read(item);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 1_000; i++)
        {
            BlockFetchCodec.Read(item);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void GivesTheMessageBack_WhenItsBlockIsDisposed()
    {
        var arrays = new PoisoningArrayPool();
        Slab slab = new SlabPool(arrays).Rent(1_024);
        byte[] bytes = Convert.FromHexString(BlockMessageHex);
        bytes.CopyTo(slab.Array, 100);
        MemoryLease item = slab.Carve(100, bytes.Length);
        slab.Seal();

        Block block = BlockFetchCodec.Read(item).Block;

        Assert.Equal(BlockHex, Convert.ToHexStringLower(block.Span));
        block.Dispose();
        Assert.Equal(0, arrays.Outstanding);
        Assert.Throws<ObjectDisposedException>(() => block.Memory);
    }

    private static BlockFetchMessage RandomMessage(Random random)
    {
        byte[] block = new byte[random.Next(2, 100_000) >> random.Next(16)];
        random.NextBytes(block);
        return random.Next(6) switch
        {
            0 => BlockFetchMessage.RequestRange(RandomPoint(random), RandomPoint(random)),
            1 => BlockFetchMessage.ClientDone,
            2 => BlockFetchMessage.StartBatch,
            3 => BlockFetchMessage.NoBlocks,
            4 => BlockFetchMessage.BatchDone,
            _ => BlockFetchMessage.ForBlock(Block.FromMemory(block)),
        };
    }

    private static Point RandomPoint(Random random)
    {
        byte[] hash = new byte[BlockHash.Size];
        random.NextBytes(hash);
        return new Point((ulong)random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64), new BlockHash(hash));
    }

    // What a client does with whatever comes: reads, and looks at the block.
    private static void ReadAndLook(ReadOnlyMemory<byte> item)
    {
        BlockFetchMessage message = BlockFetchCodec.Read(item);
        if (message.Kind == BlockFetchMessageKind.Block)
        {
            _ = message.Block.Point;
            _ = message.Block.TransactionCount;
        }
    }

    private static BlockFetchMessage Read(string hex) => BlockFetchCodec.Read(Convert.FromHexString(hex));

    private static string Write(BlockFetchMessage message) => CodecCheck.EncodeHex(output => BlockFetchCodec.Write(output, message));
}
