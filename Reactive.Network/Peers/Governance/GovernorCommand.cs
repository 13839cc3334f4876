namespace Reactive.Network.Peers.Governance;

/// <summary>What a governor wants done. Open: an engine ignores what it does not know.</summary>
public abstract record GovernorCommand
{
    /// <summary>Make a cold peer warm: over its inbound duplex connection if there is one.</summary>
    public sealed record Connect(PeerId Peer) : GovernorCommand;

    /// <summary>Make a warm peer hot.</summary>
    public sealed record Activate(PeerId Peer) : GovernorCommand;

    /// <summary>Make a hot peer warm.</summary>
    public sealed record Deactivate(PeerId Peer) : GovernorCommand;

    /// <summary>Make a warm peer cold.</summary>
    public sealed record Disconnect(PeerId Peer) : GovernorCommand;

    /// <summary>Make a peer whose demotion is stuck cold, without waiting for anything.</summary>
    public sealed record Reset(PeerId Peer) : GovernorCommand;

    /// <summary>Drop a cold peer from those known.</summary>
    public sealed record Forget(PeerId Peer) : GovernorCommand;

    /// <summary>Take a peer that has connected to us among those known.</summary>
    public sealed record AdoptInbound(PeerId Peer) : GovernorCommand;

    /// <summary>Look up public roots, or ask the ledger for relays.</summary>
    /// <param name="Amount">Peers wanted; more or fewer may come.</param>
    public sealed record RequestPublicRoots(int Amount) : GovernorCommand;

    /// <summary>Take big ledger peers from the ledger or the peer snapshot.</summary>
    /// <param name="Amount">Peers wanted; more or fewer may come.</param>
    public sealed record RequestBigLedgerPeers(int Amount) : GovernorCommand;

    /// <summary>Look up bootstrap peers.</summary>
    /// <param name="Amount">Peers wanted; more or fewer may come.</param>
    public sealed record RequestBootstrapPeers(int Amount) : GovernorCommand;

    /// <summary>Ask a connected peer for others.</summary>
    /// <param name="Peer">Whom to ask.</param>
    /// <param name="Amount">1 to 255.</param>
    public sealed record RequestPeers(PeerId Peer, int Amount) : GovernorCommand;
}
