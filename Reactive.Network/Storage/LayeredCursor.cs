using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>A client of a <see cref="LayeredChain"/>: stands in the immutable part, at a point of it, or in the memory, where a cursor of its own knows the place.</summary>
internal sealed class LayeredCursor : IChainCursor
{
    private readonly LayeredChain _chain;
    private readonly IChainCursor _upper;
    private IChainCursor? _lower;

    /// <summary>Where the client stands, while it stands in the immutable part.</summary>
    private Point _at;

    private bool _isLower;
    private bool _mustRollBack;
    private int _cuts;

    /// <summary>Whether all that the client has begins above the gap: there is no point in the immutable part that it could be sent back to.</summary>
    private bool _beganInMemory;

    public LayeredCursor(LayeredChain chain)
    {
        _chain = chain;
        _upper = chain.Volatile.Follow();
        lock (chain.Gate)
        {
            StandAtOrigin();
        }
    }

    public Point? FindIntersect(ReadOnlySpan<Point> points)
    {
        foreach (Point point in points)
        {
            if (TryIntersect(point))
            {
                return point;
            }
        }

        return null;
    }

    public bool TryNext(out ChainStep step)
    {
        while (true)
        {
            Point border;
            Tip tip;
            int cuts;
            lock (_chain.Gate)
            {
                if (_isLower && (!_chain.IsWhole || _at == _chain.Border.Point))
                {
                    EnterMemory();
                }
                else if (!_isLower && _beganInMemory && _chain.IsWhole)
                {
                    // A roll back closed the gap: below what the client takes for the first block there are others again.
                    StandAtOrigin();
                }

                if (!_isLower)
                {
                    return TryNextInMemory(out step);
                }

                (border, tip, cuts) = (_chain.Border.Point, _chain.Tip, _chain.Cuts);
            }

            if (cuts == _cuts)
            {
                step = _mustRollBack ? ChainStep.Backward(_at, tip) : ChainStep.Forward(ReadHeader(), tip);
                _mustRollBack = false;
                return true;
            }

            _cuts = cuts;
            if (!_at.IsOrigin && !_chain.IsInImmutable(_at, border))
            {
                _at = border;
                _mustRollBack = true;
            }
        }
    }

    public void Dispose()
    {
        _lower?.Dispose();
        _upper.Dispose();
    }

    private bool TryIntersect(Point point)
    {
        Point border;
        int cuts;
        lock (_chain.Gate)
        {
            if (point.IsOrigin)
            {
                StandAtOrigin();
                return true;
            }

            if (_upper.FindIntersect([point]) is not null)
            {
                _isLower = false;
                _beganInMemory = false;
                return true;
            }

            if (!_chain.IsWhole)
            {
                return false;
            }

            (border, cuts) = (_chain.Border.Point, _chain.Cuts);
        }

        if (!_chain.IsInImmutable(point, border))
        {
            return false;
        }

        StandIn(point, cuts);
        return true;
    }

    /// <summary>Under the lock of the chain; reads nothing from the immutable part.</summary>
    private void StandAtOrigin()
    {
        if (_chain.IsWhole)
        {
            StandIn(Point.Origin, _chain.Cuts);
            return;
        }

        _upper.FindIntersect([Point.Origin]);
        _isLower = false;
        _beganInMemory = true;
    }

    private void StandIn(Point point, int cuts)
    {
        _lower ??= _chain.Immutable!.Follow();
        if (_lower.FindIntersect([point]) is null || !_lower.TryNext(out _))
        {
            throw Vanished(point);
        }

        _at = point;
        _cuts = cuts;
        _mustRollBack = true;
        _isLower = true;
        _beganInMemory = false;
    }

    /// <summary>The client stands on the border, or cannot go on from where it stands. Under the lock of the chain.</summary>
    private void EnterMemory()
    {
        _isLower = false;
        if (!_chain.IsWhole)
        {
            _upper.FindIntersect([Point.Origin]);
            _beganInMemory = true;
            return;
        }

        _upper.FindIntersect([_at]);
        if (!_mustRollBack)
        {
            // The client is there already.
            _upper.TryNext(out _);
        }
    }

    /// <summary>Under the lock of the chain.</summary>
    private bool TryNextInMemory(out ChainStep step)
    {
        if (!_upper.TryNext(out step))
        {
            return false;
        }

        if (step.RollForward is null && step.Point.IsOrigin)
        {
            if (_chain.IsWhole)
            {
                // Nothing in memory is shared, so the border is.
                _upper.FindIntersect([_chain.Border.Point]);
                return _upper.TryNext(out step);
            }

            _beganInMemory = true;
        }

        return true;
    }

    private Header ReadHeader()
    {
        if (!_lower!.TryNext(out ChainStep step) || step.RollForward is not { } header)
        {
            throw Vanished(_chain.Immutable!.Tip.Point);
        }

        _at = header.Point;
        return header;
    }

    private static ChainSourceException Vanished(Point point) => new($"the block {point} of the immutable part is not there any more");
}
