using Reactive.Network.Chain;
using Reactive.Network.Internal;

namespace Reactive.Network.Storage;

/// <summary>The blocks of a range of an <see cref="ImmutableDatabase"/>, in large reads.</summary>
internal sealed class ImmutableBlockCursor : ImmutableReader<Block>, IBlockCursor
{
    /// <summary>Read at once; a block that is larger gets a slab of its own.</summary>
    private const int SlabBytes = 256 * 1024;

    public ImmutableBlockCursor(ImmutableDatabase database, EntryAddress first, EntryAddress last)
        : base(database) => MoveTo(first, last.Next);

    public bool TryNext(out Block block) => TryTake(out block);

    protected override int Read(ImmutableChunk chunk, int firstIndex, ReadOnlySpan<StoredBlock> blocks)
    {
        int count = 1;
        while (count < blocks.Length && blocks[count].End - blocks[0].Offset <= SlabBytes)
        {
            count++;
        }

        int length = (int)(blocks[count - 1].End - blocks[0].Offset);
        Slab slab = Database.Slabs.Rent(Math.Max(SlabBytes, length));
        try
        {
            chunk.Read(firstIndex, blocks[0].Offset, slab.Array.AsSpan(0, length));
            bool isVerified = chunk.Number >= Database.Extent.VerifiedFrom;
            for (int i = 0; i < count; i++)
            {
                int at = (int)(blocks[i].Offset - blocks[0].Offset);
                int size = blocks[i].Length;
                if (!isVerified && !blocks[i].HasRightCrc(slab.Array.AsSpan(at, size), out size))
                {
                    throw new ImmutableDamageException(chunk.WrongCrc(firstIndex + i, blocks[i]));
                }

                Add(new Block(slab.Carve(at, size), 0, size));
            }

            return count;
        }
        finally
        {
            slab.Seal();
        }
    }
}
