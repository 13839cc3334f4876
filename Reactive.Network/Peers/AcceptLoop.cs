using System.Reactive.Disposables;
using System.Runtime.ExceptionServices;
using Reactive.Network.Bearers;
using Reactive.Network.Internal;

namespace Reactive.Network.Peers;

/// <summary>Accepts connections of one kind within the <see cref="AcceptLimits"/>.</summary>
/// <remarks>Holds the open connections, at most the hard limit, and no queue: the next bearer is accepted when the limits allow it.</remarks>
internal sealed class AcceptLoop<TConnection> : IDisposable
    where TConnection : class, IAcceptedConnection<TConnection>
{
    private readonly Lock _gate = new();
    private readonly IBearerListener _listener;
    private readonly NetworkOptions _options;
    private readonly Func<IBearer, NetworkOptions, TConnection> _open;
    private readonly Action<TConnection>? _accepted;
    private readonly HashSet<TConnection> _connections = [];
    private readonly SerialDisposable _pause = new();
    private readonly NetworkClock _clock;
    private long _fullSince = -1;
    private bool _waitsForRoom;
    private bool _disposed;
    private int _count;

    public AcceptLoop(IBearerListener listener, NetworkOptions options, Func<IBearer, NetworkOptions, TConnection> open, Action<TConnection>? accepted)
    {
        options.Validate();
        _listener = listener;
        _options = options;
        _open = open;
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
    public IReadOnlyList<TConnection> Connections
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
    public void Start() => AcceptWhenAllowed();

    /// <summary>Stops to accept and ends every connection. Idempotent.</summary>
    public void Dispose()
    {
        TConnection[] connections;
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
        foreach (TConnection connection in connections)
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

        TConnection connection = _open(bearer, _options with { Seed = unchecked(_options.Seed + Interlocked.Increment(ref _count)) });
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
    private void Tell(TConnection connection)
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

    private void Remove(TConnection connection)
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
