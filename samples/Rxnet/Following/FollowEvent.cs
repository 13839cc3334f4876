using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Rxnet.Following;

/// <summary>What <c>follow</c> tells. The set is closed. Peers go by their names, <c>host:port</c>.</summary>
internal abstract record FollowEvent
{
    private FollowEvent()
    {
    }

    /// <summary>Following begins at <paramref name="Point"/>. Once.</summary>
    public sealed record Intersect(Point Point, Tip Tip) : FollowEvent;

    /// <summary>A block, or header, on top.</summary>
    public sealed record RollForward(Point Point, BlockFacts Block, Tip Tip) : FollowEvent;

    /// <summary>The blocks above <paramref name="Point"/> are gone.</summary>
    public sealed record RollBackward(Point Point, Tip Tip) : FollowEvent;

    /// <summary>The handshake with a peer is over; it is used from now on.</summary>
    public sealed record PeerUp(string Peer) : FollowEvent;

    /// <summary>A peer is used no longer, or could not be.</summary>
    /// <param name="Peer">The peer.</param>
    /// <param name="Cause">Why.</param>
    /// <param name="IsDropped">Whether it broke a rule and is not asked again.</param>
    public sealed record PeerDown(string Peer, Exception Cause, bool IsDropped) : FollowEvent;

    /// <summary>A peer is blamed for something.</summary>
    /// <param name="Peer">The peer.</param>
    /// <param name="Kind">For what.</param>
    /// <param name="Request">The request it failed; <see langword="null"/> where there was none.</param>
    public sealed record Blamed(string Peer, EvidenceKind Kind, long? Request) : FollowEvent;

    /// <summary>A peer was measured.</summary>
    public sealed record Measured(string Peer, PeerMeasurements Measurements) : FollowEvent;

    /// <summary>A peer has a new newest block.</summary>
    public sealed record TipSeen(string Peer, Tip Tip) : FollowEvent;

    /// <summary>The topology file has become unreadable: what it said before holds.</summary>
    public sealed record TopologyRejected(string Problem) : FollowEvent;
}
