using System.Buffers;
using System.Buffers.Binary;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;

namespace Reactive.Network.Load;

/// <summary>The blocks of a case. Both processes make the same ones, from the same seed or directory.</summary>
internal sealed class Corpus
{
    /// <summary>A Conway block of the generator with the smallest body.</summary>
    public const int SmallestBlock = HeaderAndWrapper + 300;

    private const int HeaderAndWrapper = 880;
    private const int GeneratedBytes = 32 * 1024 * 1024;
    private const int MostBlocks = 20_000;
    private const int SduBytes = 12_288;
    private const int SduHeaderBytes = 8;

    private Corpus(IReadOnlyList<Block> blocks)
    {
        Blocks = blocks;
        Requests = [.. blocks.Select(static block => BlockRequest.For(block.Header))];
        BlockBytes = blocks.Sum(static block => (long)block.Size);
        HeaderBytes = blocks.Sum(static block => (long)block.Header.Size);
    }

    public IReadOnlyList<Block> Blocks { get; }

    public BlockRequest[] Requests { get; }

    /// <summary>All blocks together.</summary>
    public long BlockBytes { get; }

    /// <summary>All headers together.</summary>
    public long HeaderBytes { get; }

    public static Corpus Generate(int blockBytes)
    {
        int count = Math.Clamp(GeneratedBytes / blockBytes, 16, MostBlocks);
        return new([.. Generator(blockBytes).Take(count)]);
    }

    public static ChainGenerator Generator(int blockBytes) => new(new ChainGeneratorOptions { BodyBytes = Math.Max(300, blockBytes - HeaderAndWrapper) });

    /// <summary>Copies the blocks of a directory into memory.</summary>
    public static Corpus Read(string directory)
    {
        using ImmutableDatabase database = ImmutableDatabase.Open(directory);
        return new(ReadAll(database));
    }

    /// <summary>What <see cref="ServerProcess"/> was told: a size, or a directory.</summary>
    public static Corpus Of(int blockBytes, string? directory) => directory is null ? Generate(blockBytes) : Read(directory);

    /// <summary>Every block as a block-fetch message, in one batch, cut into SDUs: what a responder sends.</summary>
    public byte[] EncodeBlocks()
    {
        var payload = new ArrayBufferWriter<byte>();
        BlockFetchCodec.Write(payload, BlockFetchMessage.StartBatch);
        foreach (Block block in Blocks)
        {
            BlockFetchCodec.Write(payload, BlockFetchMessage.ForBlock(block));
        }

        BlockFetchCodec.Write(payload, BlockFetchMessage.BatchDone);
        return Frame(payload.WrittenSpan, protocol: 3);
    }

    /// <summary>Every header as a chain-sync message, cut into SDUs: what a responder sends.</summary>
    public byte[] EncodeHeaders()
    {
        var payload = new ArrayBufferWriter<byte>();
        var tip = new Tip(Requests[^1].Point, Blocks[^1].BlockNumber);
        foreach (Block block in Blocks)
        {
            ChainSyncCodec.Write(payload, ChainSyncMessage.RollForward(block.Header, tip));
        }

        return Frame(payload.WrittenSpan, protocol: 2);
    }

    private static byte[] Frame(ReadOnlySpan<byte> payload, ushort protocol)
    {
        const ushort FromResponder = 0x8000;
        byte[] wire = new byte[payload.Length + (SduHeaderBytes * ((payload.Length + SduBytes - 1) / SduBytes))];
        for (int at = 0; !payload.IsEmpty;)
        {
            int length = Math.Min(payload.Length, SduBytes);
            BinaryPrimitives.WriteUInt16BigEndian(wire.AsSpan(at + 4), (ushort)(FromResponder | protocol));
            BinaryPrimitives.WriteUInt16BigEndian(wire.AsSpan(at + 6), (ushort)length);
            payload[..length].CopyTo(wire.AsSpan(at + SduHeaderBytes));
            at += SduHeaderBytes + length;
            payload = payload[length..];
        }

        return wire;
    }

    private static List<Block> ReadAll(ImmutableDatabase database)
    {
        var points = new List<Point>();
        using (IChainCursor cursor = database.Follow())
        {
            while (cursor.TryNext(out ChainStep step))
            {
                if (step.RollForward is { } header)
                {
                    points.Add(header.Point);
                    header.Dispose();
                }
            }
        }

        var blocks = new List<Block>(points.Count);
        using IBlockCursor range = database.ReadRange(points[0], points[^1])!;
        while (range.TryNext(out Block block))
        {
            blocks.Add(block.Copy());
            block.Dispose();
        }

        return blocks;
    }
}
