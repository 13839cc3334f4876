using Reactive.Network.Chain;

namespace Reactive.Network.Operators;

/// <summary>A chain rolled back further than what <see cref="NetworkObservable.Confirmed"/> withheld: something that was delivered is gone.</summary>
/// <param name="point">Where the chain goes back to.</param>
/// <param name="delivered">The last that was delivered.</param>
/// <param name="depth">How deep it was.</param>
public sealed class ConfirmedRollbackException(Point point, Point delivered, int depth)
    : NetworkException(Fault.Remote, $"the chain rolls back to {point}, below {delivered}, which was delivered at depth {depth}")
{
    /// <summary>Where the chain goes back to.</summary>
    public Point Point { get; } = point;

    /// <summary>The last that was delivered, and is no longer on the chain.</summary>
    public Point Delivered { get; } = delivered;

    /// <summary>How deep a block had to be.</summary>
    public int Depth { get; } = depth;
}
