using Reactive.Network.Chain;

namespace Reactive.Network.Peers.Candidates;

/// <summary>A peer announced a header that cannot be: its number or slot does not follow, the validator refuses it, or its chain is too large.</summary>
/// <param name="point">The header.</param>
/// <param name="reason">Why not, in one line.</param>
public sealed class InvalidHeaderException(Point point, string reason)
    : NetworkException(Fault.Remote, $"the header {point} was refused: {reason}")
{
    /// <summary>The header.</summary>
    public Point Point { get; } = point;

    /// <summary>Why not.</summary>
    public string Reason { get; } = reason;
}

/// <summary>
/// A reader of a chain was so much slower than the others that what comes next for it is no longer held, and the chain is no network's that could serve it apart.
/// </summary>
/// <param name="position">The last it was given.</param>
public sealed class FellBehindException(Point position)
    : NetworkException(Fault.Local, $"what comes after {position} is no longer held: this reader was too slow")
{
    /// <summary>The last it was given: where to begin again.</summary>
    public Point Position { get; } = position;
}

/// <summary>
/// Following was to begin at a place that the peers' chains, as they are held for others who follow already, do not reach, and there was no network apart for it.
/// </summary>
/// <param name="from">Where it was to begin.</param>
public sealed class PointNotHeldException(From from)
    : NetworkException(Fault.Local, $"following from {from} is not possible now: others follow this network from further on, and no more readers are served apart from them")
{
    /// <summary>Where it was to begin.</summary>
    public From From { get; } = from;
}
