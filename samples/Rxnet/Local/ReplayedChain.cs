using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Chain;

namespace Rxnet.Local;

/// <summary>A recorded chain that seems to grow: served up to a place that moves on. Any thread; <see cref="TryAdvance"/> by one at a time.</summary>
internal sealed class ReplayedChain : IChainSource, IDisposable
{
    private readonly IChainSource _recorded;
    private readonly IChainCursor _ahead;
    private readonly Subject<Tip> _changes = new();
    private readonly Lock _gate = new();
    private Header? _next;
    private Tip _tip = Tip.Origin;

    /// <param name="recorded">What is served; does not change, and is not disposed here.</param>
    /// <param name="blocks">How many blocks there are at first; all, if it has no more.</param>
    public ReplayedChain(IChainSource recorded, int blocks)
    {
        _recorded = recorded;
        _ahead = recorded.Follow();
        _ahead.TryNext(out _);
        Take();
        for (int i = 0; i < blocks && _next is not null; i++)
        {
            Advance();
        }
    }

    public Tip Tip
    {
        get
        {
            lock (_gate)
            {
                return _tip;
            }
        }
    }

    public IObservable<Tip> Changes => _changes.AsObservable();

    /// <summary>One block more, and what shares its slot.</summary>
    /// <param name="announcing">Called between the two: the block is there, and nobody was told.</param>
    /// <returns><see langword="false"/> at the end of what was recorded.</returns>
    public bool TryAdvance(Action<Tip> announcing)
    {
        if (_next is null)
        {
            return false;
        }

        Advance();
        announcing(Tip);
        _changes.OnNext(Tip);
        return true;
    }

    public IChainCursor Follow() => new Cursor(this);

    public IBlockCursor? ReadRange(Point first, Point last) => IsThere(last) ? _recorded.ReadRange(first, last) : null;

    public void Dispose()
    {
        _changes.Dispose();
        _ahead.Dispose();
        _next?.Dispose();
    }

    /// <summary>A boundary block shares its slot with the block behind it: both, or a cursor could not tell them apart.</summary>
    private void Advance()
    {
        HeaderFields fields;
        do
        {
            Header header = _next!.Value;
            fields = header.ReadFields();
            var tip = new Tip(new Point(fields.Slot, header.Hash), fields.BlockNumber);
            header.Dispose();
            lock (_gate)
            {
                _tip = tip;
            }

            Take();
        }
        while (_next is { } next && next.Slot == fields.Slot);
    }

    private void Take() => _next = _ahead.TryNext(out ChainStep step) ? step.RollForward : null;

    private bool IsThere(Point point)
    {
        Tip tip = Tip;
        return point.IsOrigin || (!tip.Point.IsOrigin && point.Slot <= tip.Point.Slot);
    }

    /// <summary>A client's place: what is recorded, held back at the tip.</summary>
    private sealed class Cursor(ReplayedChain chain) : IChainCursor
    {
        private readonly IChainCursor _recorded = chain._recorded.Follow();
        private Header? _held;

        public Point? FindIntersect(ReadOnlySpan<Point> points)
        {
            Point[] there = [.. points.ToArray().Where(chain.IsThere)];
            Point? found = _recorded.FindIntersect(there);
            if (found is not null)
            {
                Drop();
            }

            return found;
        }

        public bool TryNext(out ChainStep step)
        {
            if (_held is null)
            {
                if (!_recorded.TryNext(out step))
                {
                    return false;
                }

                if (step.RollForward is null)
                {
                    step = ChainStep.Backward(step.Point, chain.Tip);
                    return true;
                }

                _held = step.RollForward;
            }

            Tip tip = chain.Tip;
            Header header = _held.Value;
            if (tip.Point.IsOrigin || header.Slot > tip.Point.Slot)
            {
                step = default;
                return false;
            }

            _held = null;
            step = ChainStep.Forward(header, tip);
            return true;
        }

        public void Dispose()
        {
            Drop();
            _recorded.Dispose();
        }

        private void Drop()
        {
            _held?.Dispose();
            _held = null;
        }
    }
}
