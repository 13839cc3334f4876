using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>A chain source that does what the test says before it answers, and counts who holds on to it. It is empty unless blocks are given.</summary>
internal sealed class ScriptedSource : IChainSource
{
    /// <summary>Called before each answer of a cursor.</summary>
    public Action OnNext { get; set; } = () => { };

    /// <summary>Called before each answer to a range.</summary>
    public Action OnRange { get; set; } = () => { };

    /// <summary>Called before each block of a range.</summary>
    public Action OnBlock { get; set; } = () => { };

    /// <summary>What every range consists of; none: it is not there.</summary>
    public Block[] Range { get; set; } = [];

    public int Cursors { get; private set; }

    public int Observers { get; private set; }

    public Tip Tip => Tip.Origin;

    public IObservable<Tip> Changes => Observable.Create<Tip>(_ =>
    {
        Observers++;
        return Disposable.Create(() => Observers--);
    });

    public IChainCursor Follow()
    {
        Cursors++;
        return new Cursor(this);
    }

    public IBlockCursor? ReadRange(Point first, Point last)
    {
        OnRange();
        if (Range.Length == 0)
        {
            return null;
        }

        Cursors++;
        return new Blocks(this);
    }

    private sealed class Cursor(ScriptedSource source) : IChainCursor
    {
        public Point? FindIntersect(ReadOnlySpan<Point> points)
        {
            source.OnNext();
            return points.Length == 0 ? null : points[0];
        }

        public bool TryNext(out ChainStep step)
        {
            source.OnNext();
            step = default;
            return false;
        }

        public void Dispose() => source.Cursors--;
    }

    private sealed class Blocks(ScriptedSource source) : IBlockCursor
    {
        private int _next;

        public bool TryNext(out Block block)
        {
            source.OnBlock();
            block = _next < source.Range.Length ? source.Range[_next] : default;
            return _next++ < source.Range.Length;
        }

        public void Dispose() => source.Cursors--;
    }
}
