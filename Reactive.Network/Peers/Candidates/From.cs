using Reactive.Network.Chain;

namespace Reactive.Network.Peers.Candidates;

/// <summary>Where following a chain begins.</summary>
public readonly record struct From
{
    private readonly Point[]? _points;

    private From(Point[]? points) => _points = points;

    /// <summary>The newest block there is when following begins; what is delivered comes after it. <c>default</c>.</summary>
    public static From Tip => default;

    /// <summary>The place before the first block.</summary>
    public static From Origin { get; } = new([Chain.Point.Origin]);

    /// <summary>Whether it is the tip.</summary>
    public bool IsTip => _points is null;

    /// <summary>The points, most preferred first; empty for the tip.</summary>
    public IReadOnlyList<Point> Points => _points ?? [];

    /// <summary>A block; what is delivered comes after it.</summary>
    public static From Point(Point point) => new([point]);

    /// <summary>The first of several that is on the chain: what a stored position is resumed with.</summary>
    /// <param name="points">Most preferred first, one at least.</param>
    public static From AnyOf(params IEnumerable<Point> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        Point[] copy = [.. points];
        ArgumentOutOfRangeException.ThrowIfZero(copy.Length, nameof(points));
        return new From(copy);
    }

    /// <inheritdoc/>
    public bool Equals(From other) => IsTip == other.IsTip && Points.SequenceEqual(other.Points);

    /// <inheritdoc/>
    public override int GetHashCode() => Points.Count == 0 ? 0 : Points[0].GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => IsTip ? "tip" : string.Join(", ", Points);
}
