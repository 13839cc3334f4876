using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Samples.Rxnet;

/// <summary>Announces the headers of another chain, and delivers one block with a byte changed.</summary>
/// <param name="honest">The other chain.</param>
/// <param name="about">The block.</param>
/// <param name="at">Which byte.</param>
/// <param name="becomes">What it is then.</param>
internal sealed class LyingChain(IChainSource honest, Point about, Index at, byte becomes) : IChainSource
{
    public Tip Tip => honest.Tip;

    public IObservable<Tip> Changes => honest.Changes;

    public IChainCursor Follow() => honest.Follow();

    public IBlockCursor? ReadRange(Point first, Point last) => honest.ReadRange(first, last) is { } range ? new Cursor(range, about, at, becomes) : null;

    private sealed class Cursor(IBlockCursor honest, Point about, Index at, byte becomes) : IBlockCursor
    {
        public bool TryNext(out Block block)
        {
            bool isThere = honest.TryNext(out block);
            if (isThere && block.Point == about)
            {
                byte[] changed = block.Span.ToArray();
                changed[at] = becomes;
                block = Block.FromMemory(changed);
            }

            return isThere;
        }

        public void Dispose() => honest.Dispose();
    }
}
