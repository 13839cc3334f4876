using System.Buffers;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;

namespace Reactive.Network.Benchmarks;

/// <summary>What the benchmarks work on: generated blocks of a given size, the same every time.</summary>
internal static class Sample
{
    private const int HeaderAndWrapper = 880;

    public static Block[] Blocks(int count, int bytes) =>
        [.. new ChainGenerator(new ChainGeneratorOptions { BodyBytes = Math.Max(300, bytes - HeaderAndWrapper) }).Take(count)];

    /// <summary>The block-fetch messages of blocks, one behind the other.</summary>
    public static byte[] BlockMessages(params Block[] blocks)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (Block block in blocks)
        {
            BlockFetchCodec.Write(output, BlockFetchMessage.ForBlock(block));
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>The chain-sync message of a header.</summary>
    public static byte[] RollForward()
    {
        Block[] blocks = Blocks(2, 2_000);
        var output = new ArrayBufferWriter<byte>();
        ChainSyncCodec.Write(output, ChainSyncMessage.RollForward(blocks[1].Header, new Tip(blocks[1].Point, blocks[1].BlockNumber)));
        return output.WrittenSpan.ToArray();
    }
}
