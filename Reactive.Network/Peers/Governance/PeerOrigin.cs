namespace Reactive.Network.Peers.Governance;

/// <summary>Where a peer was heard of: any number of these at once.</summary>
[Flags]
public enum PeerOrigin
{
    /// <summary>No source names it any more.</summary>
    None = 0,

    /// <summary>A local root: configured by the user, kept to the valency of its group.</summary>
    LocalRoot = 1,

    /// <summary>A bootstrap peer of the topology.</summary>
    Bootstrap = 1 << 1,

    /// <summary>A public root of the topology.</summary>
    PublicRoot = 1 << 2,

    /// <summary>A relay registered on the ledger.</summary>
    Ledger = 1 << 3,

    /// <summary>A relay of one of the large pools that together hold 90 % of the stake; counted apart unless it is a local root too.</summary>
    BigLedger = 1 << 4,

    /// <summary>Told by another peer.</summary>
    Shared = 1 << 5,

    /// <summary>It connected to us.</summary>
    Inbound = 1 << 6,
}
