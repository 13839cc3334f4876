using Reactive.Network.Bearers;
using Reactive.Network.Peers;

namespace Reactive.Network.Recording;

/// <summary>Stands between clients and a server that know nothing of it, and records what they say to each other.</summary>
/// <remarks>
/// Each accepted connection gets one of its own to the server; bytes go through unchanged, and an end of one is an end of the other. Accepts within the <see cref="AcceptLimits"/>; holds
/// the open connections, with at most 1 MiB each way in each. Any thread.
/// </remarks>
public sealed class CaptureProxy : IDisposable
{
    private readonly AcceptLoop<CaptureConnection> _loop;

    private CaptureProxy(
        IBearerListener listener,
        Func<Action<IBearer?, BearerException?>, IDisposable> connect,
        CaptureWriter capture,
        NetworkOptions options,
        Action<CaptureConnection>? accepted) =>
        _loop = new AcceptLoop<CaptureConnection>(
            listener, options, (bearer, own) => CaptureConnection.Join(bearer, connect, capture, own.Scheduler), accepted);

    /// <summary>Where it listens, with the real port.</summary>
    public string LocalName => _loop.LocalName;

    /// <summary>A snapshot of the open connections, in no particular order.</summary>
    public IReadOnlyList<CaptureConnection> Connections => _loop.Connections;

    /// <summary>Starts to accept.</summary>
    /// <param name="listener">Owned from here on.</param>
    /// <param name="connect">
    /// Connects to the server and calls back once, as <see cref="TcpBearer.Connect"/> and <see cref="UnixSocketBearer.Connect"/> do; disposing what it returns gives up.
    /// </param>
    /// <param name="capture">Where all of it is recorded. Must outlive the connections.</param>
    /// <param name="options">Its scheduler and accept limits are used.</param>
    /// <param name="accepted">
    /// Told of each connection. Must return at once; what it throws goes to <see cref="NetworkOptions.ObserverFaulted"/>.
    /// </param>
    public static CaptureProxy Start(
        IBearerListener listener,
        Func<Action<IBearer?, BearerException?>, IDisposable> connect,
        CaptureWriter capture,
        NetworkOptions options,
        Action<CaptureConnection>? accepted = null)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(connect);
        ArgumentNullException.ThrowIfNull(capture);
        ArgumentNullException.ThrowIfNull(options);
        var started = new CaptureProxy(listener, connect, capture, options, accepted);
        started._loop.Start();
        return started;
    }

    /// <summary>Stops to accept and ends every connection. Idempotent.</summary>
    public void Dispose() => _loop.Dispose();
}
