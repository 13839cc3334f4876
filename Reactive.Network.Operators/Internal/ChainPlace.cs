using Reactive.Network.Chain;

namespace Reactive.Network.Operators.Internal;

/// <summary>
/// A place on a followed chain and the places below it, as a list that grows at one end and is shared by all that hold a place: no queue of what was
/// not acknowledged is needed.
/// </summary>
/// <remarks>At least <see cref="Kept"/> places below the newest are reachable, at most twice as many and what is taken over from a store.</remarks>
internal sealed class ChainPlace
{
    /// <summary>The security parameter of mainnet, beyond which no honest chain rolls back.</summary>
    public const int Kept = 2160;

    private ChainPlace? _below;

    private ChainPlace(Point point, ChainPlace? below, int above)
    {
        Point = point;
        _below = below;
        Above = above;
    }

    public Point Point { get; }

    /// <summary>Places since the list was cut last.</summary>
    private int Above { get; }

    /// <summary>A chain of which these points are known, newest first; <see langword="null"/> for none.</summary>
    public static ChainPlace? Of(IReadOnlyList<Point> points)
    {
        ChainPlace? place = null;
        for (int i = points.Count - 1; i >= 0; i--)
        {
            place = new ChainPlace(points[i], place, 0);
        }

        return place;
    }

    /// <summary>A chain of which nothing but this is known.</summary>
    public static ChainPlace At(Point point) => new(point, null, 0);

    /// <summary>One block further.</summary>
    public ChainPlace Grow(Point point)
    {
        int above = Above + 1;
        if (above == 2 * Kept)
        {
            Cut();
            above = Kept;
        }

        return new ChainPlace(point, this, above);
    }

    /// <summary>Back to a place, which need not be one that is known.</summary>
    public ChainPlace RollBack(Point point)
    {
        ChainPlace? place = this;
        while (place is not null && place.Point != point && !IsBelow(place.Point, point))
        {
            place = place._below;
        }

        return place is null ? At(point) : place.Point == point ? place : place.Grow(point);
    }

    /// <summary>Whether the point is on the chain, as far as it is known.</summary>
    public bool Knows(Point point)
    {
        ChainPlace? place = this;
        while (place is not null && place.Point != point)
        {
            place = place.Below;
        }

        return place is not null;
    }

    /// <summary>This place, then older ones at distances that double, counted in slots, and the oldest that is known.</summary>
    public IReadOnlyList<Point> Offer()
    {
        List<Point> points = [Point];
        ulong next = 1;
        for (ChainPlace? place = Below; place is not null; place = place.Below)
        {
            ulong distance = place.Point.IsOrigin ? ulong.MaxValue : Point.Slot - Math.Min(Point.Slot, place.Point.Slot);
            if (distance >= next || place.Below is null)
            {
                points.Add(place.Point);
                next = distance > ulong.MaxValue / 2 ? ulong.MaxValue : Math.Max(1, 2 * distance);
            }
        }

        return points;
    }

    private ChainPlace? Below => Volatile.Read(ref _below);

    private static bool IsBelow(Point place, Point point) => place.IsOrigin || (!point.IsOrigin && place.Slot < point.Slot);

    /// <summary>Lets go of what is more than <see cref="Kept"/> below, but for what <see cref="Offer"/> would take of it.</summary>
    private void Cut()
    {
        ChainPlace last = this;
        for (int i = 0; i < Kept && last.Below is { } below; i++)
        {
            last = below;
        }

        if (last.Below is { } old)
        {
            Volatile.Write(ref last._below, Of(old.Offer()));
        }
    }
}
