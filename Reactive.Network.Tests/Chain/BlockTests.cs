using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Chain;

public class BlockTests
{
    [Fact]
    public void IsAsInTheManifest_WhenRecorded()
    {
        foreach (RealItem item in RealChain.Blocks())
        {
            Block block = Block.FromMemory(item.Bytes);
            Header header = block.Header;
            HeaderFields fields = header.ReadFields();

            Assert.True(
                (item.Slot, item.BlockNumber, item.PreviousHash, item.BodySize, item.BodyHash, item.ProtocolVersion)
                    == (fields.Slot, fields.BlockNumber, fields.PreviousHash, fields.BodySize, fields.BodyHash, fields.ProtocolVersion),
                item.File);
            Assert.Equal(item.Era, block.Era);
            Assert.Equal(item.Point, block.Point);
            Assert.Equal(item.BlockNumber, block.BlockNumber);
            Assert.Equal(item.PreviousHash, block.PreviousHash);
            Assert.Equal(item.Facts.GetProperty("tx_count").GetInt32(), block.TransactionCount);
            Assert.Equal(item.Facts.GetProperty("size").GetInt32(), block.Size);
            Assert.Equal(item.Facts.GetProperty("header_length").GetInt32(), header.Size);
            Assert.True(item.Bytes.AsSpan(item.Facts.GetProperty("header_offset").GetInt32(), header.Size).SequenceEqual(header.Span));
            Assert.True(header.EstimatedBlockSize - block.Size is >= 0 and <= 10, item.File);
        }
    }

    [Fact]
    public void HidesItsTransactions_WhenTheEraIsLaterThanConway()
    {
        foreach (RealItem item in RealChain.Blocks().Where(static item => item.Era == Era.Conway))
        {
            foreach (byte tag in new byte[] { 8, 9, 23 })
            {
                byte[] bytes = [.. item.Bytes];
                bytes[1] = tag;
                Block block = Block.FromMemory(bytes);

                Assert.Null(block.TransactionCount);
                Assert.Equal((Era)tag, block.Era);
                Assert.Equal(item.Point, block.Point);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("8207")]
    [InlineData("820780")]
    [InlineData("82078100")]
    [InlineData("830781820000")]
    [InlineData("821bffffffffffffffff8100")]
    [InlineData("82209f00ff")]
    [InlineData("ffffffff")]
    public void SaysSo_WhenItIsNoBlock(string hex)
    {
        Block block = Block.FromMemory(Convert.FromHexString(hex));

        Assert.Throws<CodecException>(() => block.Slot);
        Assert.Throws<CodecException>(() => block.TransactionCount);
        Assert.Throws<CodecException>(() => block.Point);
        Assert.Equal(BlockDefect.Malformed, BlockVerifier.Verify(block, new Point(0, block.TryHash(out BlockHash hash) ? hash : default)));
    }

    [Fact]
    public void CannotBeRead_WhenGivenBack()
    {
        var arrays = new PoisoningArrayPool();
        Slab slab = new SlabPool(arrays).Rent(1_000);
        Convert.FromHexString("82188381820000").CopyTo(slab.Array, 0);
        MemoryLease lease = slab.Carve(0, 7);
        slab.Seal();
        var block = new Block(lease, 0, 7);
        Header header = block.Header;
        Block shared = block.Retain();
        Block copy = block.Copy();
        block.Dispose();
        Assert.Equal((Era)131, shared.Era);
        shared.Dispose();

        Assert.Equal(0, arrays.Outstanding);
        Assert.Throws<ObjectDisposedException>(() => block.Era);
        Assert.Throws<ObjectDisposedException>(() => block.Memory);
        Assert.Throws<ObjectDisposedException>(() => header.Memory);
        Assert.Throws<ObjectDisposedException>(() => BlockVerifier.Verify(block, Point.Origin));
        Assert.Throws<ObjectDisposedException>(block.Dispose);
        Assert.Equal((Era)131, copy.Era);
    }
}
