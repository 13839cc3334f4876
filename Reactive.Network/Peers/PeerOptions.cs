using Reactive.Network.Chain;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Peers.Discovery;
using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Peers;

/// <summary>Which peers a <see cref="PeerNetwork"/> knows, and how it uses them.</summary>
public sealed record PeerOptions
{
    /// <summary>How many peers to have at each temperature: an input that may change while the network runs.</summary>
    /// <value><see langword="null"/> by default: <see cref="PeerTargets.Relay"/>, and it stays so.</value>
    public IObservable<PeerTargets>? Targets { get; init; }

    /// <summary>Who decides.</summary>
    /// <value><see cref="ReferenceGovernor.Default"/> by default.</value>
    public IPeerGovernor Governor { get; init; } = ReferenceGovernor.Default;

    /// <summary>What the node is after.</summary>
    /// <value><see cref="GovernorMode.Deadline"/> by default.</value>
    public GovernorMode Mode { get; init; } = GovernorMode.Deadline;

    /// <summary>Peers trusted to bootstrap from.</summary>
    public IReadOnlyList<AccessPoint> BootstrapPeers { get; init; } = [];

    /// <summary>Peers that anybody may use.</summary>
    public IReadOnlyList<AccessPoint> PublicRoots { get; init; } = [];

    /// <summary>The large pools, of whose relays the governor takes as many as it wants.</summary>
    public PeerSnapshot? PeerSnapshot { get; init; }

    /// <summary>
    /// Further local roots, bootstrap peers and public roots: an input that may change while the network runs, such as the good readings of a
    /// <see cref="TopologyWatcher"/>.
    /// </summary>
    public IObservable<Topology>? Topology { get; init; }

    /// <summary>
    /// Whether only trusted peers may be used, because the chain is judged too old to be compared with others: an input that may change while the network
    /// runs. Counts only where bootstrap peers are configured; all other connections are dropped first.
    /// </summary>
    /// <value><see langword="null"/> by default: never.</value>
    public IObservable<bool>? NeedsTrustedPeers { get; init; }

    /// <summary>Who looks names up, SRV records and times to live included: each address found is a peer.</summary>
    /// <value>
    /// <see langword="null"/> by default: a name with a port is one peer, looked up by the dialer each time it is dialled; names without are not used.
    /// </value>
    public IPeerResolver? Resolver { get; init; }

    /// <summary>
    /// Whether peers are asked for peers, and told of those that this network uses. Instead of <see cref="NetworkOptions.SharePeers"/>, where an own choice
    /// is told.
    /// </summary>
    /// <value><see langword="false"/> by default.</value>
    public bool SharePeers { get; init; }

    /// <summary>Transactions that every hot peer is offered.</summary>
    /// <value>None by default.</value>
    public IMempool? Mempool { get; init; }

    /// <summary>How addresses are reached.</summary>
    /// <value><see langword="null"/> by default: over TCP, with <see cref="NetworkOptions.Bearer"/>.</value>
    public IPeerDialer? Dialer { get; init; }

    /// <summary>How long a peer is left alone after a failure.</summary>
    /// <value>
    /// <see langword="null"/> by default: as the reference does, which is a node among thousands: 10 s and more after a connection was lost, 5 to 160 s while
    /// there is none.
    /// </value>
    public PeerBackoff? Backoff { get; init; }

    /// <summary>How much of the peers' chains is held.</summary>
    public CandidateOptions Candidates { get; init; } = new();

    /// <summary>Events that may wait for one observer of <see cref="PeerNetwork.Peers"/>; beyond it the observer gets a new snapshot instead.</summary>
    /// <value>16 or more; 1,024 by default.</value>
    public int MaxEvents { get; init; } = 1024;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Governor);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxEvents, 16);
        Candidates.Validate();
        Backoff?.Validate();
    }
}
