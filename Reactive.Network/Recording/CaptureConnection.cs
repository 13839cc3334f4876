using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Bearers;
using Reactive.Network.Peers;

namespace Reactive.Network.Recording;

/// <summary>One connection through a <see cref="CaptureProxy"/>.</summary>
public sealed class CaptureConnection : IAcceptedConnection<CaptureConnection>
{
    private readonly Lock _gate = new();
    private readonly IBearer _client;
    private readonly CaptureWriter _capture;
    private readonly IScheduler _scheduler;
    private readonly SingleAssignmentDisposable _dial = new();
    private readonly TaskCompletionSource<NetworkException?> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CaptureRelay? _relay;
    private Action<CaptureConnection>? _whenEnded;
    private bool _ended;
    private bool _disposed;

    private CaptureConnection(IBearer client, CaptureWriter capture, IScheduler scheduler)
    {
        _client = client;
        _capture = capture;
        _scheduler = scheduler;
        ClientName = client.RemoteName;
    }

    /// <summary>The end that connected.</summary>
    public string ClientName { get; }

    /// <summary>The number of the connection in the recording; 0 before the server is connected.</summary>
    public int Number { get; private set; }

    /// <summary>SDUs recorded so far.</summary>
    public long Sdus => _relay?.Sdus ?? 0;

    /// <summary>
    /// The end. Never fails: its result is why it did not end in order, or <see langword="null"/>.
    /// </summary>
    public Task<NetworkException?> Completion => _completion.Task;

    /// <summary>Ends the connection at once. Idempotent.</summary>
    public void Dispose()
    {
        CaptureRelay? relay;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            relay = _relay;
        }

        _dial.Dispose();
        if (relay is null)
        {
            _client.Abort();
            OnEnded(null);
        }
        else
        {
            relay.Abort();
        }
    }

    void IAcceptedConnection<CaptureConnection>.WhenEnded(Action<CaptureConnection> ended)
    {
        lock (_gate)
        {
            if (!_ended)
            {
                _whenEnded += ended;
                return;
            }
        }

        ended(this);
    }

    internal static CaptureConnection Join(
        IBearer client, Func<Action<IBearer?, BearerException?>, IDisposable> connect, CaptureWriter capture, IScheduler scheduler)
    {
        var connection = new CaptureConnection(client, capture, scheduler);
        connection._dial.Disposable = connect(connection.OnConnected);
        return connection;
    }

    private void OnConnected(IBearer? server, BearerException? error)
    {
        try
        {
            int number = _capture.Open($"{ClientName} to {server?.RemoteName ?? "nobody"}");
            if (server is null)
            {
                _capture.Close(number, CaptureSide.Server, error?.Message);
            }

            lock (_gate)
            {
                Number = number;
                if (server is not null && !_disposed)
                {
                    _relay = new CaptureRelay(_scheduler, _capture, number, _client, server, OnEnded);
                }
            }
        }
        catch (CaptureException failed)
        {
            server?.Abort();
            _client.Abort();
            OnEnded(failed);
            return;
        }

        if (_relay is { } relay)
        {
            relay.Start();
            return;
        }

        server?.Abort();
        _client.Abort();
        OnEnded(error);
    }

    private void OnEnded(NetworkException? cause)
    {
        Action<CaptureConnection>? ended;
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            ended = _whenEnded;
        }

        _completion.TrySetResult(cause);
        ended?.Invoke(this);
    }
}
