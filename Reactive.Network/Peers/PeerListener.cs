using System.Reactive.Disposables;
using System.Runtime.ExceptionServices;
using Reactive.Network.Bearers;
using Reactive.Network.Internal;

namespace Reactive.Network.Peers;

/// <summary>Accepts connections within the <see cref="AcceptLimits"/> and serves the chain of its options to each.</summary>
/// <remarks>Holds the open connections, at most the hard limit, and no queue: the next bearer is accepted when the limits allow it.</remarks>
public sealed class PeerListener : IDisposable
{
    private readonly Lock _gate = new();
    private readonly IBearerListener _listener;
    private readonly NetworkOptions _options;
    private readonly Action<PeerConnection>? _accepted;
    private readonly HashSet<PeerConnection> _connections = [];
    private readonly SerialDisposable _pause = new();
    private readonly NetworkClock _clock;
    private long _fullSince = -1;
    private bool _waitsForRoom;
    private bool _disposed;
    private int _count;

    private PeerListener(IBearerListener listener, NetworkOptions options, Action<PeerConnection>? accepted)
    {
        options.Validate();
        _listener = listener;
        _options = options;
        _accepted = accepted;
        _clock = new NetworkClock(options.Scheduler);
    }

    /// <summary>Where it listens, with the real port.</summary>
    public string LocalName => _listener.LocalName;

    /// <summary>Open connections, handshakes included.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>A snapshot of the open connections, in no particular order.</summary>
    public IReadOnlyList<PeerConnection> Connections
    {
        get
        {
            lock (_gate)
            {
                return [.. _connections];
            }
        }
    }

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
        started.AcceptWhenAllowed();
        return started;
    }

    /// <summary>Stops to accept and ends every connection. Idempotent.</summary>
    public void Dispose()
    {
        PeerConnection[] connections;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            connections = [.. _connections];
        }

        _pause.Dispose();
        _listener.Dispose();
        foreach (PeerConnection connection in connections)
        {
            connection.Dispose();
        }
    }

    private void AcceptWhenAllowed()
    {
        TimeSpan delay;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            AcceptLimits limits = _options.AcceptLimits;
            if (_connections.Count >= limits.HardLimit)
            {
                // Until there is room again, and the whole delay at least.
                _fullSince = _clock.Now;
                _waitsForRoom = true;
                return;
            }

            if (_fullSince >= 0)
            {
                // The wait at the hard limit has been the wait before this accept: none is added for being close to it.
                delay = TimeSpan.FromTicks(_fullSince + limits.Delay.Ticks - _clock.Now);
                _fullSince = -1;
            }
            else
            {
                delay = limits.DelayAt(_connections.Count);
            }
        }

        if (delay <= TimeSpan.Zero)
        {
            _listener.AcceptNext(OnAccepted);
            return;
        }

        Pause(delay);
    }

    private void Pause(TimeSpan delay) => _pause.Disposable = _options.Scheduler.Schedule(this, delay, static (_, self) =>
    {
        self._listener.AcceptNext(self.OnAccepted);
        return Disposable.Empty;
    });

    private void OnAccepted(IBearer? bearer, BearerException? error)
    {
        if (bearer is null)
        {
            // A connection that was gone before it was taken: the reference pauses half a second and goes on.
            Pause(TimeSpan.FromMilliseconds(500));
            return;
        }

        bool refused;
        lock (_gate)
        {
            refused = _disposed || _connections.Count >= _options.AcceptLimits.HardLimit;
        }

        if (refused)
        {
            bearer.Abort();
            AcceptWhenAllowed();
            return;
        }

        PeerConnection connection = PeerConnection.Accept(bearer, _options with { Seed = unchecked(_options.Seed + Interlocked.Increment(ref _count)) });
        lock (_gate)
        {
            // Disposed since: nobody else knows of this connection yet.
            refused = _disposed;
            if (!refused)
            {
                _connections.Add(connection);
            }
        }

        if (refused)
        {
            connection.Dispose();
            return;
        }

        connection.WhenEnded(Remove);
        Tell(connection);
        AcceptWhenAllowed();
    }

    /// <summary>What the callback throws must not end the accepting: the connection stays, the exception goes where those of observers go.</summary>
    private void Tell(PeerConnection connection)
    {
        try
        {
            _accepted?.Invoke(connection);
        }
#pragma warning disable CA1031 // reported
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (_options.ObserverFaulted is { } report)
            {
                report(error);
                return;
            }

            _options.Scheduler.Schedule(error, static (_, e) =>
            {
                ExceptionDispatchInfo.Throw(e);
                return Disposable.Empty;
            });
        }
    }

    private void Remove(PeerConnection connection)
    {
        bool resume;
        lock (_gate)
        {
            _connections.Remove(connection);
            resume = _waitsForRoom && _connections.Count < _options.AcceptLimits.HardLimit;
            if (resume)
            {
                _waitsForRoom = false;
            }
        }

        if (resume)
        {
            AcceptWhenAllowed();
        }
    }
}
