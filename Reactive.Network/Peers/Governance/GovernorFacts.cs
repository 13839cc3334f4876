using System.Collections.Immutable;

namespace Reactive.Network.Peers.Governance;

/// <summary>What the node is after: it decides what peers are rated by and how often they are churned.</summary>
public enum GovernorMode
{
    /// <summary>Near the tip: blocks are wanted soon after they are made.</summary>
    Deadline,

    /// <summary>Catching up, trusting the peers (Praos): few hot peers, the fastest.</summary>
    BulkSync,

    /// <summary>Catching up by comparing many peers (Genesis).</summary>
    Genesis,
}

/// <summary>How many of a group of local roots to use.</summary>
/// <param name="Hot">Hot peers, at most <paramref name="Warm"/>.</param>
/// <param name="Warm">Connected peers, the hot ones included.</param>
/// <param name="BehindFirewall">Whether they cannot be dialled: they are used once they have connected to us.</param>
public readonly record struct LocalRootValency(int Hot, int Warm, bool BehindFirewall = false);

/// <summary>How asking one kind of root went so far.</summary>
/// <param name="IsRunning">Whether a request is under way.</param>
/// <param name="Fruitless">Requests in a row that failed or told nothing new.</param>
/// <param name="EndedAt">When the last one ended; <see langword="null"/> before the first.</param>
/// <param name="TimeToLive">How long its answer holds.</param>
public readonly record struct RootRequestFacts(bool IsRunning, int Fruitless, TimeSpan? EndedAt, TimeSpan TimeToLive);

/// <summary>All that a governor decides on. Times are since any one moment, the same for all and for the governor's <c>now</c>.</summary>
/// <remarks>
/// A command is applied to the facts before the governor is asked again: a peer that is to be connected to is <see cref="PeerPhase.Connecting"/>, a
/// request that was sent is running. Otherwise it would be decided on twice.
/// </remarks>
public sealed record GovernorFacts
{
    /// <summary>The targets of this moment.</summary>
    public PeerTargets Targets { get; init; } = PeerTargets.Relay;

    /// <summary>The known peers, ascending by id.</summary>
    public ImmutableArray<PeerFacts> Peers { get; init; } = [];

    /// <summary>The groups of local roots.</summary>
    public ImmutableArray<LocalRootValency> LocalRoots { get; init; } = [];

    /// <summary>What the node is after.</summary>
    public GovernorMode Mode { get; init; }

    /// <summary>Whether bootstrap peers are configured.</summary>
    public bool UsesBootstrapPeers { get; init; }

    /// <summary>
    /// Whether only trusted peers may be used: the chain is judged too old and bootstrap peers are configured. All other connections are dropped first.
    /// </summary>
    public bool NeedsTrustedPeers { get; init; }

    /// <summary>Asking for public roots.</summary>
    public RootRequestFacts PublicRoots { get; init; }

    /// <summary>Asking for big ledger peers.</summary>
    public RootRequestFacts BigLedgerPeers { get; init; }

    /// <summary>Asking for bootstrap peers.</summary>
    public RootRequestFacts BootstrapPeers { get; init; }

    /// <summary>Peer-sharing requests under way.</summary>
    public int RunningPeerRequests { get; init; }

    /// <summary>Peers with a duplex connection to us for 15 minutes or more that are not in <see cref="Peers"/>, ascending by id.</summary>
    public ImmutableArray<PeerId> MatureInbound { get; init; } = [];

    /// <summary>How many more connections the engine can open before its hard limit.</summary>
    public int FreeConnections { get; init; } = int.MaxValue;
}
