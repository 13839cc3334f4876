using Reactive.Network.Bearers;

namespace Reactive.Network.Peers;

/// <summary>Accepts connections within the <see cref="AcceptLimits"/> and serves the chain of its options to each.</summary>
/// <remarks>Holds the open connections, at most the hard limit, and no queue: the next bearer is accepted when the limits allow it.</remarks>
public sealed class PeerListener : IDisposable
{
    private readonly AcceptLoop<PeerConnection> _loop;

    private PeerListener(IBearerListener listener, NetworkOptions options, Action<PeerConnection>? accepted) =>
        _loop = new AcceptLoop<PeerConnection>(listener, options, PeerConnection.Accept, accepted);

    /// <summary>Where it listens, with the real port.</summary>
    public string LocalName => _loop.LocalName;

    /// <summary>Open connections, handshakes included.</summary>
    public int Count => _loop.Count;

    /// <summary>A snapshot of the open connections, in no particular order.</summary>
    public IReadOnlyList<PeerConnection> Connections => _loop.Connections;

    /// <summary>Starts to accept.</summary>
    /// <param name="listener">Owned from here on.</param>
    /// <param name="options">For every connection; <see cref="NetworkOptions.Serve"/> is what they are served.</param>
    /// <param name="accepted">
    /// Told of each connection when its handshake begins. Must return at once; what it throws goes to <see cref="NetworkOptions.ObserverFaulted"/>.
    /// </param>
    public static PeerListener Start(IBearerListener listener, NetworkOptions options, Action<PeerConnection>? accepted = null)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(options);
        var started = new PeerListener(listener, options, accepted);
        started._loop.Start();
        return started;
    }

    /// <summary>Stops to accept and ends every connection. Idempotent.</summary>
    public void Dispose() => _loop.Dispose();
}
