using Reactive.Network.Bearers;

namespace Reactive.Network.Peers;

/// <summary>A local node: accepts local clients within the <see cref="AcceptLimits"/> and answers each from a <see cref="LocalService"/>.</summary>
/// <remarks>Holds the open connections, at most the hard limit, and no queue: the next bearer is accepted when the limits allow it.</remarks>
public sealed class LocalListener : IDisposable
{
    private readonly AcceptLoop<LocalConnection> _loop;

    private LocalListener(IBearerListener listener, NetworkOptions options, LocalService service, Action<LocalConnection>? accepted) =>
        _loop = new AcceptLoop<LocalConnection>(listener, options, (bearer, own) => LocalConnection.Accept(bearer, own, service), accepted);

    /// <summary>Where it listens: the path of the socket.</summary>
    public string LocalName => _loop.LocalName;

    /// <summary>Open connections, handshakes included.</summary>
    public int Count => _loop.Count;

    /// <summary>A snapshot of the open connections, in no particular order.</summary>
    public IReadOnlyList<LocalConnection> Connections => _loop.Connections;

    /// <summary>Starts to accept.</summary>
    /// <param name="listener">Owned from here on: <see cref="UnixSocketBearerListener"/>, for example.</param>
    /// <param name="options">For every connection. Its <see cref="NetworkOptions.Serve"/> is for peers and has no meaning here.</param>
    /// <param name="service">Who answers.</param>
    /// <param name="accepted">
    /// Told of each connection when its handshake begins. Must return at once; what it throws goes to <see cref="NetworkOptions.ObserverFaulted"/>.
    /// </param>
    public static LocalListener Start(
        IBearerListener listener, NetworkOptions options, LocalService service, Action<LocalConnection>? accepted = null)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(service);
        var started = new LocalListener(listener, options, service, accepted);
        started._loop.Start();
        return started;
    }

    /// <summary>Stops to accept and ends every connection. Idempotent.</summary>
    public void Dispose() => _loop.Dispose();
}
