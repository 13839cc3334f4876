namespace Reactive.Network.Peers.Governance;

/// <summary>Where a peer stands between cold and hot: a <see cref="PeerTemperature"/>, or a transition under way.</summary>
public enum PeerPhase
{
    /// <summary>Not connected.</summary>
    Cold,

    /// <summary>Cold to warm: connection and handshake under way.</summary>
    Connecting,

    /// <summary>Connected, established mini-protocols run.</summary>
    Warm,

    /// <summary>Warm to hot: the hot mini-protocols are being started.</summary>
    Activating,

    /// <summary>The hot mini-protocols run.</summary>
    Hot,

    /// <summary>Hot to warm: the hot mini-protocols were told to end and wait for agency.</summary>
    Deactivating,

    /// <summary>Warm to cold: everything was told to end. The reference calls such a peer cooling.</summary>
    Disconnecting,
}

/// <summary>What moves a peer from one <see cref="PeerPhase"/> to the next.</summary>
public enum PeerStep
{
    /// <summary>Command: connect, or use the inbound connection that is there.</summary>
    Connect,

    /// <summary>The handshake was accepted.</summary>
    Connected,

    /// <summary>No connection, or no common version.</summary>
    ConnectFailed,

    /// <summary>Command: start the hot mini-protocols.</summary>
    Activate,

    /// <summary>They run.</summary>
    Activated,

    /// <summary>They could not be started; the connection lives.</summary>
    ActivateFailed,

    /// <summary>Command: end the hot mini-protocols.</summary>
    Deactivate,

    /// <summary>They have ended.</summary>
    Deactivated,

    /// <summary>A hot mini-protocol ended without being told to; the connection lives.</summary>
    FellToWarm,

    /// <summary>Command: end everything.</summary>
    Disconnect,

    /// <summary>The connection was released.</summary>
    Disconnected,

    /// <summary>The connection ended with an error, or by the other side.</summary>
    Lost,

    /// <summary>Command: end the connection at once, without waiting for agency.</summary>
    Reset,
}
