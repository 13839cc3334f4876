using System.Reactive.Linq;
using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Recording;

/// <summary>A chain source that says what a captured node said: its tip at each intersection, and then its changes, in order.</summary>
/// <param name="intersections">The points that it found, each with its tip then.</param>
/// <param name="steps">What followed the last of them.</param>
internal sealed class CapturedChain(IReadOnlyList<(Point Point, Tip Tip)> intersections, IReadOnlyList<ChainStep> steps) : IChainSource
{
    public Tip Tip { get; private set; } = intersections[0].Tip;

    public IObservable<Tip> Changes => Observable.Never<Tip>();

    public IChainCursor Follow() => new Cursor(this);

    public IBlockCursor? ReadRange(Point first, Point last) => null;

    private sealed class Cursor(CapturedChain chain) : IChainCursor
    {
        private int _found;
        private int _next;

        public Point? FindIntersect(ReadOnlySpan<Point> points)
        {
            (Point Point, Tip Tip) next = chain.Intersections[_found++];
            chain.Tip = next.Tip;
            return points.Contains(next.Point) ? next.Point : null;
        }

        public bool TryNext(out ChainStep step)
        {
            step = _next < chain.Steps.Count ? chain.Steps[_next] : default;
            return _next++ < chain.Steps.Count;
        }

        public void Dispose() => _next = int.MaxValue - 1;
    }

    private IReadOnlyList<(Point Point, Tip Tip)> Intersections => intersections;

    private IReadOnlyList<ChainStep> Steps => steps;
}
