namespace Reactive.Network.Peers;

/// <summary>How much a peer is used. Each step up runs more mini-protocols on its connection.</summary>
public enum PeerTemperature
{
    /// <summary>Known, not connected.</summary>
    Cold,

    /// <summary>Connected: keep-alive runs, and peer-sharing where it was agreed on.</summary>
    Warm,

    /// <summary>Followed: chain-sync and block-fetch run too.</summary>
    Hot,
}
