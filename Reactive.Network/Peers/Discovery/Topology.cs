using System.Collections.Immutable;

namespace Reactive.Network.Peers.Discovery;

/// <summary>Whom a node is configured to know: what a <c>topology.json</c> of cardano-node says.</summary>
public sealed record Topology
{
    /// <summary>Peers that are always kept, in groups.</summary>
    public ImmutableArray<TopologyLocalRoots> LocalRoots { get; init; } = [];

    /// <summary>Peers anyone may begin with.</summary>
    public ImmutableArray<TopologyPublicRoots> PublicRoots { get; init; } = [];

    /// <summary>
    /// Peers to be trusted until the chain is caught up with; <see langword="null"/> where that trust is not wanted, empty where it is wanted and there are
    /// none.
    /// </summary>
    public ImmutableArray<AccessPoint>? BootstrapPeers { get; init; }

    /// <summary>From when on relays of the ledger are used: negative or <see langword="null"/> never, 0 always, else once the tip is past this slot.</summary>
    public long? UseLedgerAfterSlot { get; init; }

    /// <summary>Where the snapshot of big ledger peers lies: a path as the file system takes it.</summary>
    public string? PeerSnapshotFile { get; init; }

    /// <summary>Whether relays of the ledger are used with a chain whose tip is at <paramref name="tipSlot"/>.</summary>
    /// <param name="tipSlot"><see langword="null"/> before the first block.</param>
    public bool UsesLedgerAt(ulong? tipSlot) => UseLedgerAfterSlot switch
    {
        null or < 0 => false,
        0 => true,
        { } slot => tipSlot > (ulong)slot,
    };
}

/// <summary>Local roots of which some are to be connected.</summary>
public sealed record TopologyLocalRoots
{
    /// <summary>Where they are.</summary>
    public ImmutableArray<AccessPoint> AccessPoints { get; init; } = [];

    /// <summary>How many to have hot.</summary>
    public int HotValency { get; init; }

    /// <summary>How many to be connected to, the hot ones included.</summary>
    public int WarmValency { get; init; }

    /// <summary>Whether others may be told of them.</summary>
    public bool Advertise { get; init; }

    /// <summary>Whether they may be used while only trusted peers may be.</summary>
    public bool Trustable { get; init; }

    /// <summary>Whether they cannot be dialled and are waited for.</summary>
    public bool BehindFirewall { get; init; }

    /// <summary>Whether to propose connections on which only we ask.</summary>
    public bool InitiatorOnly { get; init; }
}

/// <summary>Public roots.</summary>
/// <param name="AccessPoints">Where they are.</param>
/// <param name="Advertise">Whether others may be told of them.</param>
public sealed record TopologyPublicRoots(ImmutableArray<AccessPoint> AccessPoints, bool Advertise);
