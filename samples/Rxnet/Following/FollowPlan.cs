using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Rxnet.Following;

/// <summary>Whom to follow, from where, and what.</summary>
internal sealed record FollowPlan
{
    /// <summary>One is followed at a time, the next when it fails. At least one.</summary>
    public required IReadOnlyList<PeerAddress> Peers { get; init; }

    /// <summary>The point to follow from; <see langword="null"/> for the tip of whoever is asked first.</summary>
    public required Point? From { get; init; }

    /// <summary>Whether to leave the bodies.</summary>
    public bool HeadersOnly { get; init; }
}
