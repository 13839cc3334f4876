using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Storage;

/// <summary>
/// A made-up chain with the awkward places of a real one: epoch boundary blocks that share slot and number with a neighbour, chunks of 21,600 slots of
/// which one has no block, a first block that names a genesis. The main blocks are generated Conway blocks.
/// </summary>
internal static class BoundaryChain
{
    public const int SlotsPerChunk = 21_600;

    /// <summary>Chunks 0 and 1 begin with a boundary block, chunk 2 is empty, chunk 3 has one block at least.</summary>
    public static IReadOnlyList<Block> Blocks { get; } = Make();

    /// <summary>The boundary block of <paramref name="epoch"/>, well-formed, with a body of its own.</summary>
    public static Block Boundary(ulong epoch, BlockHash previous, ulong blockNumber)
    {
        ArrayBufferWriter<byte> buffer = new();
        var writer = new CborSpanWriter(buffer);
        byte[] body = [0x9f, 0xff];
        writer.WriteArrayHeader(2);
        writer.WriteUInt(0);
        writer.WriteArrayHeader(3);
        writer.WriteArrayHeader(5);
        writer.WriteUInt(42);
        writer.WriteByteString(previous.AsSpan());
        writer.WriteByteString(Blake2b256.Hash(body).AsSpan());
        writer.WriteArrayHeader(2);
        writer.WriteUInt(epoch);
        writer.WriteArrayHeader(1);
        writer.WriteUInt(blockNumber);
        writer.WriteArrayHeader(1);
        writer.WriteMapHeader(0);
        writer.WriteRaw(body);
        writer.WriteArrayHeader(1);
        writer.WriteMapHeader(0);
        return Block.FromMemory(buffer.WrittenMemory);
    }

    private static List<Block> Make()
    {
        Block genesis = Boundary(0, Blake2b256.Hash("genesis"u8), 0);
        List<Block> blocks = [genesis];

        // The generator puts its first block one slot above its parent: into the slot of the boundary block here. Slot 0 has no slot below.
        Extend(blocks, seed: 1, new Tip(genesis.Point, 0), gap: 1_800, below: SlotsPerChunk);
        Block boundary = Boundary(1, blocks[^1].Hash, blocks[^1].BlockNumber);
        Tip under = new(new Point(boundary.Slot - 1, boundary.Hash), boundary.BlockNumber);
        blocks.Add(boundary);
        Extend(blocks, seed: 2, under, gap: 1, below: (ulong)boundary.Slot + 1);
        Extend(blocks, seed: 3, TipOf(blocks), gap: 1_800, below: 2 * SlotsPerChunk);
        Extend(blocks, seed: 4, TipOf(blocks) with { Point = new Point((3 * SlotsPerChunk) - 1, blocks[^1].Hash) }, gap: 1_800, below: 4 * SlotsPerChunk);
        return blocks;
    }

    private static Tip TipOf(List<Block> blocks) => new(blocks[^1].Point, blocks[^1].BlockNumber);

    private static void Extend(List<Block> blocks, int seed, Tip parent, int gap, ulong below)
    {
        ChainGenerator generator = new(new ChainGeneratorOptions { Seed = seed, Parent = parent, MeanSlotGap = gap, BodyBytes = 2_000 });
        for (Block block = generator.Next(); block.Slot < below; block = generator.Next())
        {
            blocks.Add(block);
        }
    }
}
