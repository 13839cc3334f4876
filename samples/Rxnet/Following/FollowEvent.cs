using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Rxnet.Following;

/// <summary>What <c>follow</c> tells. The set is closed.</summary>
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

    /// <summary>The handshake with a peer is over; it is followed from now on.</summary>
    public sealed record PeerUp(PeerAddress Peer) : FollowEvent;

    /// <summary>A peer is followed no longer, or could not be.</summary>
    /// <param name="Peer">The peer.</param>
    /// <param name="Cause">Why.</param>
    /// <param name="IsDropped">Whether it broke a rule and is not asked again.</param>
    public sealed record PeerDown(PeerAddress Peer, Exception Cause, bool IsDropped) : FollowEvent;

    /// <summary>A ping was answered.</summary>
    public sealed record RoundTrip(PeerAddress Peer, TimeSpan Time) : FollowEvent;
}
