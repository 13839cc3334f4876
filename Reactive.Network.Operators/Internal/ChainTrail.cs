using Reactive.Network.Chain;

namespace Reactive.Network.Operators.Internal;

/// <summary>Where a follower has been: the points to resume at. The newest are all kept, of the older ones some.</summary>
/// <remarks>One thread at a time. Bounded by <see cref="Dense"/> twice, and one point for each <see cref="Dense"/> blocks behind that.</remarks>
internal sealed class ChainTrail
{
    /// <summary>Points kept at least without a gap: the security parameter of mainnet, beyond which no honest chain rolls back.</summary>
    public const int Dense = 2160;

    /// <summary>A roll back of so many blocks is met exactly. The message takes 23 kB of the 65,535 bytes that it may.</summary>
    public const int Exact = 512;

    /// <summary>The start, then one point for each <see cref="Dense"/> blocks; heights count from the start.</summary>
    private readonly List<(long Height, Point Point)> _sparse = [];
    private readonly List<(long Height, Point Point)> _dense = [];

    /// <summary>Whether following has not begun.</summary>
    public bool IsEmpty => _dense.Count == 0 && _sparse.Count == 0;

    /// <summary>Where the follower is.</summary>
    public Point Last => Newest.Point;

    private (long Height, Point Point) Newest => _dense.Count > 0 ? _dense[^1] : _sparse[^1];

    /// <summary>Forgets everything and stands on <paramref name="point"/>.</summary>
    public void Start(Point point)
    {
        _dense.Clear();
        _sparse.Clear();
        _sparse.Add((0, point));
    }

    /// <summary>One block further.</summary>
    public void Add(Point point)
    {
        _dense.Add((Newest.Height + 1, point));
        if (_dense.Count == 2 * Dense)
        {
            _sparse.Add(_dense[Dense - 1]);
            _dense.RemoveRange(0, Dense);
        }
    }

    /// <summary>Back to <paramref name="point"/>, which need not be one that is kept.</summary>
    public void RollBack(Point point)
    {
        while (!IsEmpty && Newest.Point != point && (point.IsOrigin || (!Newest.Point.IsOrigin && Newest.Point.Slot >= point.Slot)))
        {
            List<(long, Point)> newest = _dense.Count > 0 ? _dense : _sparse;
            newest.RemoveAt(newest.Count - 1);
        }

        if (IsEmpty)
        {
            Start(point);
        }
        else if (Newest.Point != point)
        {
            Add(point);
        }
    }

    /// <summary>What to offer a peer: the newest, then older ones at distances that double, and the oldest within <paramref name="depth"/> blocks.</summary>
    public IReadOnlyList<Point> Offer(long depth)
    {
        if (IsEmpty)
        {
            return [];
        }

        List<Point> offered = [];
        long newest = Newest.Height;
        long distance = 0;
        (long Height, Point Point)? oldest = null;
        foreach ((long Height, Point Point) kept in Enumerable.Reverse(_dense).Concat(Enumerable.Reverse(_sparse)))
        {
            if (newest - kept.Height > depth)
            {
                break;
            }

            oldest = kept;
            if (newest - kept.Height >= distance)
            {
                offered.Add(kept.Point);
                long back = newest - kept.Height;
                distance = back < Exact ? back + 1 : 2 * back;
                oldest = null;
            }
        }

        if (oldest is { } last)
        {
            offered.Add(last.Point);
        }

        return offered;
    }
}
