using System.Globalization;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace Reactive.Network.Bearers;

/// <summary>Accepts <see cref="InMemoryBearer"/>s: the place that nodes in one process connect to, in virtual time if the scheduler has it.</summary>
/// <remarks>
/// Queue: connections that nobody accepted yet; bound <see cref="Backlog"/>, owner this listener, policy: the next one is refused. Any thread.
/// </remarks>
public sealed class InMemoryBearerListener : IBearerListener
{
    private readonly Lock _gate = new();
    private readonly Queue<IBearer> _waiting = new();
    private readonly IScheduler _scheduler;
    private readonly InMemoryBearerOptions _options;
    private Action<IBearer?, BearerException?>? _accepted;
    private int _connections;
    private bool _disposed;

    /// <summary>Starts to listen.</summary>
    /// <param name="scheduler">Drives the bearers and calls back.</param>
    /// <param name="name">See <see cref="LocalName"/>.</param>
    /// <param name="options">The path that connections are made of by default; their names are set here.</param>
    public InMemoryBearerListener(IScheduler scheduler, string name = "memory", InMemoryBearerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentException.ThrowIfNullOrEmpty(name);
        _scheduler = scheduler;
        _options = options ?? InMemoryBearerOptions.Default;
        LocalName = name;
    }

    /// <inheritdoc/>
    public string LocalName { get; }

    /// <summary>Connections that may wait to be accepted.</summary>
    /// <value>From 1. Default 1,024, as with sockets.</value>
    public int Backlog
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 1_024;

    /// <summary>Connects: the client's end is there at once, the other one is accepted when the listener is asked.</summary>
    /// <param name="options">The path of this connection; <see langword="null"/> for the listener's.</param>
    /// <param name="clientName">What the server calls the client; <see langword="null"/> for the listener's name and a number.</param>
    /// <exception cref="BearerException">Nobody listens any more, or too many wait: <see cref="BearerFailure.ConnectFailed"/>.</exception>
    public IBearer Connect(InMemoryBearerOptions? options = null, string? clientName = null)
    {
        IBearer client;
        Action<IBearer?, BearerException?>? accepted;
        lock (_gate)
        {
            if (_disposed || _waiting.Count >= Backlog)
            {
                throw new BearerException(
                    BearerFailure.ConnectFailed, LocalName, $"cannot connect to {LocalName}: {(_disposed ? "connection refused" : "its backlog is full")}");
            }

            _connections++;
            (client, IBearer server) = InMemoryBearer.CreatePair(_scheduler, (options ?? _options) with
            {
                NameOfA = clientName ?? string.Create(CultureInfo.InvariantCulture, $"{LocalName}#{_connections}"),
                NameOfB = LocalName,
            });
            _waiting.Enqueue(server);
            accepted = _accepted;
            _accepted = null;
        }

        if (accepted is not null)
        {
            Answer(accepted);
        }

        return client;
    }

    /// <summary>Connects and calls back in a turn of the scheduler, in the shape that socket bearers have. Never throws a <see cref="BearerException"/>.</summary>
    /// <param name="done">The bearer, or why there is none.</param>
    /// <returns>Disposing it before the answer came: there will be none, and the connection is aborted.</returns>
    public IDisposable Connect(Action<IBearer?, BearerException?> done)
    {
        ArgumentNullException.ThrowIfNull(done);
        IBearer? bearer = null;
        BearerException? failure = null;
        try
        {
            bearer = Connect();
        }
        catch (BearerException refused)
        {
            failure = refused;
        }

        int answered = 0;
        IDisposable turn = _scheduler.Schedule(() =>
        {
            if (Interlocked.Exchange(ref answered, 1) == 0)
            {
                done(bearer, failure);
            }
        });
        return Disposable.Create(() =>
        {
            if (Interlocked.Exchange(ref answered, 1) == 0)
            {
                turn.Dispose();
                bearer?.Abort();
            }
        });
    }

    /// <inheritdoc/>
    public void AcceptNext(Action<IBearer?, BearerException?> accepted)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            if (_accepted is not null)
            {
                throw new InvalidOperationException("The listener was asked already.");
            }

            if (_waiting.Count == 0)
            {
                _accepted = accepted;
                return;
            }
        }

        Answer(accepted);
    }

    /// <summary>Stops listening; those that wait to be accepted are reset.</summary>
    public void Dispose()
    {
        IBearer[] waiting;
        lock (_gate)
        {
            _disposed = true;
            _accepted = null;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (IBearer bearer in waiting)
        {
            bearer.Abort();
        }
    }

    // In a turn of its own, so that accepting one from inside the answer to another does not nest.
    private void Answer(Action<IBearer?, BearerException?> accepted) => _scheduler.Schedule(() =>
    {
        IBearer? bearer;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out bearer))
            {
                return;
            }
        }

        accepted(bearer, null);
    });
}
