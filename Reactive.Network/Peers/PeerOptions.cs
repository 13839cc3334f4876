using Reactive.Network.Peers.Candidates;
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
    public IReadOnlyList<PeerAddress> BootstrapPeers { get; init; } = [];

    /// <summary>Peers that anybody may use.</summary>
    public IReadOnlyList<PeerAddress> PublicRoots { get; init; } = [];

    /// <summary>Relays of the large pools, from a peer snapshot.</summary>
    public IReadOnlyList<PeerAddress> BigLedgerPeers { get; init; } = [];

    /// <summary>How addresses are reached.</summary>
    /// <value><see langword="null"/> by default: over TCP, with <see cref="NetworkOptions.Bearer"/>.</value>
    public IPeerDialer? Dialer { get; init; }

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
    }
}
