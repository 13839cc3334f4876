using System.Collections.Immutable;
using Reactive.Network.Chain;
using Reactive.Network.Peers.Candidates;

namespace Reactive.Network.Peers;

/// <summary>What happened to the peers of a network. The union is open: ignore what you do not know.</summary>
public abstract record PeerEvent
{
    private protected PeerEvent()
    {
    }

    /// <summary>All peers as they are now. The first event of every subscription, and again where an observer was too slow for each single one.</summary>
    /// <param name="Peers">Every known peer, by id.</param>
    /// <param name="Chains">What the hot ones announce.</param>
    public sealed record Snapshot(ImmutableArray<IPeer> Peers, CandidateChains Chains) : PeerEvent;

    /// <summary>A peer was heard of.</summary>
    public sealed record Added(IPeer Peer) : PeerEvent;

    /// <summary>A peer was forgotten.</summary>
    public sealed record Removed(IPeer Peer) : PeerEvent;

    /// <summary>A peer is used more, or less.</summary>
    /// <param name="Peer">Which.</param>
    /// <param name="From">Before.</param>
    /// <param name="To">Now.</param>
    /// <param name="Cause">Why, where something failed.</param>
    public sealed record TemperatureChanged(IPeer Peer, PeerTemperature From, PeerTemperature To, NetworkException? Cause) : PeerEvent;

    /// <summary>A peer connected to us, and the handshake is over: from now on it is served.</summary>
    public sealed record Accepted(IPeer Peer) : PeerEvent;

    /// <summary>The connection that a peer opened has ended.</summary>
    /// <param name="Peer">Which.</param>
    /// <param name="Cause">Why; <see langword="null"/> where the end was agreed on.</param>
    public sealed record Left(IPeer Peer, NetworkException? Cause) : PeerEvent;

    /// <summary>A peer's chain changed.</summary>
    public sealed record TipChanged(IPeer Peer, Tip Tip) : PeerEvent;

    /// <summary>Something was measured of a peer.</summary>
    public sealed record Measured(IPeer Peer, PeerMeasurements Measurements) : PeerEvent;

    /// <summary>A peer did something that is worth telling.</summary>
    public sealed record Reported(IPeer Peer, Evidence Evidence) : PeerEvent;
}
