using System.Reactive.Linq;
using Reactive.Network.Chain;

namespace Reactive.Network.Load;

/// <summary>A chain without an end: the headers of a corpus over and over, so that a follower can be measured for as long as it takes.</summary>
/// <remarks>Its tip has a number that no header reaches: a follower asks as far ahead as its window allows, as it does far from the tip of a real chain.</remarks>
internal sealed class LoopingChain(Corpus corpus) : IChainSource
{
    private readonly Header[] _headers = [.. corpus.Blocks.Select(static block => Header.FromMemory(block.Header.Memory, block.Header.Era))];

    public Tip Tip { get; } = new(corpus.Requests[^1].Point, 1_000_000_000_000);

    public IObservable<Tip> Changes { get; } = Observable.Never<Tip>();

    public IChainCursor Follow() => new Cursor(this);

    public IBlockCursor? ReadRange(Point first, Point last) => null;

    private sealed class Cursor(LoopingChain chain) : IChainCursor
    {
        private int _next = -1;

        public Point? FindIntersect(ReadOnlySpan<Point> points)
        {
            _next = -1;
            return points.Contains(Point.Origin) ? Point.Origin : null;
        }

        public bool TryNext(out ChainStep step)
        {
            step = _next < 0 ? ChainStep.Backward(Point.Origin, chain.Tip) : ChainStep.Forward(chain._headers[_next], chain.Tip);
            _next = _next + 1 == chain._headers.Length ? 0 : _next + 1;
            return true;
        }

        public void Dispose()
        {
        }
    }
}
