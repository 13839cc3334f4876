using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Scenarios.Simulation;

/// <summary>A chain as a peer that lies serves it. It also counts what followers ask for.</summary>
internal sealed class LyingSource(IChainSource inner, Lie lie = Lie.None, int from = 0) : IChainSource
{
    private int _intersections;

    /// <summary>Intersections that were asked for, by all clients.</summary>
    public int Intersections => Volatile.Read(ref _intersections);

    public Tip Tip => inner.Tip;

    public IObservable<Tip> Changes => inner.Changes;

    public IChainCursor Follow() => new Cursor(this, inner.Follow());

    public IBlockCursor? ReadRange(Point first, Point last) =>
        lie != Lie.NoBlocks && inner.ReadRange(first, last) is { } blocks ? new Range(this, blocks) : null;

    /// <summary>The header of one block before the body of another.</summary>
    internal static Block Splice(Block header, Block body)
    {
        BlockLayout one = BlockLayout.Read(header.Span);
        BlockLayout other = BlockLayout.Read(body.Span);
        return Block.FromMemory((byte[])[.. header.Span[..one.BodyOffset], .. body.Span[other.BodyOffset..]]);
    }

    internal static Block Corrupt(Block block)
    {
        byte[] bytes = block.Span.ToArray();
        bytes[(BlockLayout.Read(bytes).BodyOffset + bytes.Length) / 2] ^= 4;
        return Block.FromMemory(bytes);
    }

    private static Block Other(int height) => SimulatedBlocks.At(new Branch(0, 8), Math.Min(height, SimulatedBlocks.MaxLength - 1)).Block;

    private sealed class Cursor(LyingSource owner, IChainCursor inner) : IChainCursor
    {
        public Point? FindIntersect(ReadOnlySpan<Point> points)
        {
            Interlocked.Increment(ref owner._intersections);
            return inner.FindIntersect(points);
        }

        public bool TryNext(out ChainStep step)
        {
            if (!inner.TryNext(out step))
            {
                return false;
            }

            if (owner.IsBroken(step))
            {
                step = ChainStep.Forward(Other((int)step.RollForward!.Value.BlockNumber).Header, step.Tip);
            }

            return true;
        }

        public void Dispose() => inner.Dispose();
    }

    private bool IsBroken(in ChainStep step) => lie == Lie.BrokenLink && step.RollForward is { } header && header.BlockNumber == (ulong)from;

    private sealed class Range(LyingSource owner, IBlockCursor inner) : IBlockCursor
    {
        public bool TryNext(out Block block)
        {
            if (!inner.TryNext(out block))
            {
                return false;
            }

            int height = (int)block.BlockNumber;
            if (height < owner.From)
            {
                return true;
            }

            switch (owner.Lie)
            {
                case Lie.WrongBlock:
                    block = Other(height);
                    break;
                case Lie.WrongBody:
                    block = Splice(block, Other(height));
                    break;
                case Lie.CorruptBody:
                    block = Corrupt(block);
                    break;
                case Lie.ShortBatch:
                    return false;
            }

            return true;
        }

        public void Dispose() => inner.Dispose();
    }

    private Lie Lie => lie;

    private int From => from;
}
