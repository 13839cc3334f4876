using Reactive.Network.Chain;
using Reactive.Network.Internal;

namespace Reactive.Network.Storage;

/// <summary>A follower of an <see cref="ImmutableDatabase"/>: reads headers without the bodies between them, where those are large.</summary>
internal sealed class ImmutableHeaderCursor : ImmutableReader<Header>, IChainCursor
{
    /// <summary>64 headers of a usual size; a header that is kept keeps no more than this from being reused.</summary>
    private const int SlabBytes = 64 * 1024;

    /// <summary>Bytes between two headers that are read along: below it a second read costs more than the copying.</summary>
    private const int MaxGap = 1024;

    private Point _position;
    private bool _mustRollBack;
    private BlockHash? _last;

    public ImmutableHeaderCursor(ImmutableDatabase database)
        : base(database) => StandOn(Point.Origin, database.Extent.First);

    public Point? FindIntersect(ReadOnlySpan<Point> points)
    {
        foreach (Point point in points)
        {
            if (point.IsOrigin)
            {
                StandOn(point, Database.Extent.First);
                return point;
            }

            if (Database.Find(point) is { } address)
            {
                StandOn(point, address.Next);
                return point;
            }
        }

        return null;
    }

    public bool TryNext(out ChainStep step)
    {
        if (_mustRollBack)
        {
            _mustRollBack = false;
            step = ChainStep.Backward(_position, Database.Tip);
            return true;
        }

        if (TryTake(out Header header))
        {
            step = ChainStep.Forward(header, Database.Tip);
            return true;
        }

        step = default;
        return false;
    }

    protected override int Read(ImmutableChunk chunk, int firstIndex, ReadOnlySpan<StoredBlock> blocks)
    {
        Slab slab = Database.Slabs.Rent(Math.Max(SlabBytes, blocks[0].HeaderEnd));
        try
        {
            int done = 0;
            int used = 0;
            while (done < blocks.Length)
            {
                int count = FindRun(blocks[done..], slab.Array.Length - used, out int length);
                if (count == 0)
                {
                    break;
                }

                Span<byte> run = slab.Array.AsSpan(used, length);
                long start = blocks[done].Offset;
                chunk.Read(firstIndex + done, start, run);
                for (int end = done + count; done < end; done++)
                {
                    int at = (int)(blocks[done].Offset - start);
                    Add(Carve(slab, used + at, chunk, firstIndex + done, blocks[done]));
                    _last = blocks[done].Entry.Hash;
                }

                used += length;
            }

            return done;
        }
        finally
        {
            slab.Seal();
        }
    }

    /// <summary>How many headers one read takes: from the start of the first block, which tells the era, to the end of the last header.</summary>
    private static int FindRun(ReadOnlySpan<StoredBlock> blocks, int room, out int length)
    {
        int count = 0;
        length = 0;
        foreach (ref readonly StoredBlock block in blocks)
        {
            long end = block.Offset + block.HeaderEnd - blocks[0].Offset;
            if (end > room || (count > 0 && end - length > MaxGap + block.HeaderEnd))
            {
                break;
            }

            length = (int)end;
            count++;
        }

        return count;
    }

    private Header Carve(Slab slab, int blockAt, ImmutableChunk chunk, int index, in StoredBlock block)
    {
        int at = blockAt + block.Entry.HeaderOffset;
        int size = block.Entry.HeaderSize;
        if (StoredBlock.ReadEra(slab.Array.AsSpan(blockAt, at - blockAt)) is not { } era)
        {
            throw new ImmutableDamageException(chunk.NoBlock(index));
        }

        // The chunk before may have lost its last entries since, or not have been verified.
        if (index == 0 || !Database.IsVerified(chunk.Number))
        {
            chunk.CheckHeader(index, Header.FromMemory(slab.Array.AsMemory(at, size), era), block.Entry.Hash, _last);
        }

        return new Header(slab.Carve(at, size), era, 0, size, era <= Era.Byron ? (uint)block.Length : 0);
    }

    private void StandOn(Point point, EntryAddress next)
    {
        MoveTo(next, Database.Extent.End);
        _position = point;
        _mustRollBack = true;
        _last = point.IsOrigin ? null : point.Hash;
    }
}
