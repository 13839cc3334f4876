using System.Globalization;
using System.IO.Pipes;

namespace Reactive.Network.Bearers;

/// <summary>Accepts bearers over a named pipe.</summary>
/// <remarks>
/// One instance of the pipe is always there for the next client, so that one that comes between two calls of <see cref="AcceptNext"/> is not told that there is no
/// such pipe. Answers come on any thread, never from inside <see cref="AcceptNext"/>. Accepted bearers are called by the name and a number.
/// </remarks>
public sealed class NamedPipeBearerListener : IBearerListener
{
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _gate = new();
    private NamedPipeServerStream? _next;
    private bool _asked;
    private int _connections;

    private NamedPipeBearerListener(string name, NamedPipeServerStream first) => (LocalName, _next) = (name, first);

    /// <inheritdoc/>
    public string LocalName { get; }

    /// <summary>Starts to listen.</summary>
    /// <param name="name">The pipe's name, without <c>\\.\pipe\</c>.</param>
    /// <exception cref="BearerException"><see cref="BearerFailure.ListenFailed"/>: in use, or the pipe cannot be made.</exception>
    public static NamedPipeBearerListener Listen(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        try
        {
            return new NamedPipeBearerListener(name, Create(name, PipeOptions.FirstPipeInstance));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or PlatformNotSupportedException)
        {
            throw new BearerException(BearerFailure.ListenFailed, name, $"cannot listen on {name}: {SocketErrors.Describe(e)}", e);
        }
    }

    /// <inheritdoc/>
    public void AcceptNext(Action<IBearer?, BearerException?> accepted)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        lock (_gate)
        {
            if (_asked)
            {
                throw new InvalidOperationException("The listener was asked already.");
            }

            _asked = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(_ => _ = AcceptAsync(accepted), null);
    }

    /// <summary>Stops listening. Bearers that were accepted stay. Idempotent.</summary>
    public void Dispose()
    {
        NamedPipeServerStream? next;
        lock (_gate)
        {
            if (_closed.IsCancellationRequested)
            {
                return;
            }

            _closed.Cancel();
            next = _next;
            _next = null;
        }

        next?.Dispose();
    }

    private static NamedPipeServerStream Create(string name, PipeOptions first = PipeOptions.None) => new(
        name, PipeDirection.InOut, NamedPipeServerStream.MaxAllowedServerInstances, PipeTransmissionMode.Byte, PipeOptions.Asynchronous | first);

    private async Task AcceptAsync(Action<IBearer?, BearerException?> accepted)
    {
        NamedPipeServerStream? stream = null;
        PipeBearer? bearer = null;
        BearerException? failure = null;
        try
        {
            stream = Take();
            await stream.WaitForConnectionAsync(_closed.Token).ConfigureAwait(false);
            Prepare();
            bearer = new PipeBearer(stream, string.Create(CultureInfo.InvariantCulture, $"{LocalName}#{Interlocked.Increment(ref _connections)}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The remote end has gone already, or there are no more instances: then one that is connected is nobody's.
            stream?.Dispose();
            failure = new BearerException(BearerFailure.AcceptFailed, LocalName, $"cannot accept on {LocalName}: {SocketErrors.Describe(e)}", e);
            Drop();
        }

        lock (_gate)
        {
            _asked = false;
        }

        if (_closed.IsCancellationRequested)
        {
            bearer?.Abort();
            return;
        }

        try
        {
            accepted(bearer, failure);
        }
#pragma warning disable CA1031 // a caller's bug costs it this connection, not the process
        catch (Exception)
#pragma warning restore CA1031
        {
            bearer?.Abort();
        }
    }

    private NamedPipeServerStream Take()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, this);
            return _next ??= Create(LocalName);
        }
    }

    /// <summary>The instance was taken by a client: another one for the next.</summary>
    private void Prepare()
    {
        lock (_gate)
        {
            _next = null;
            if (!_closed.IsCancellationRequested)
            {
                _next = Create(LocalName);
            }
        }
    }

    /// <summary>The instance is of no use any more; the next call makes another.</summary>
    private void Drop()
    {
        lock (_gate)
        {
            _next?.Dispose();
            _next = null;
        }
    }
}
