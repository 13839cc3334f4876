using System.Net.Sockets;

namespace Reactive.Network.Bearers;

/// <summary>A listening socket that accepts when asked: what TCP and Unix sockets share.</summary>
/// <param name="socket">Listens already.</param>
/// <param name="localName">See <see cref="IBearerListener.LocalName"/>.</param>
/// <param name="nameOf">What to call an accepted connection.</param>
/// <param name="options">For the accepted bearers.</param>
internal sealed class SocketAcceptor(Socket socket, string localName, Func<Socket, string> nameOf, BearerOptions options) : IBearerListener
{
    private int _asked;
    private volatile bool _disposed;

    public string LocalName { get; } = localName;

    public void AcceptNext(Action<IBearer?, BearerException?> accepted)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        if (Interlocked.Exchange(ref _asked, 1) != 0)
        {
            throw new InvalidOperationException("The listener was asked already.");
        }

        // On another thread: a connection that waits already must not be answered from inside this call, or asking from inside the answer nests.
        ThreadPool.UnsafeQueueUserWorkItem(_ => _ = AcceptAsync(accepted), null);
    }

    public void Dispose()
    {
        _disposed = true;
        socket.Dispose();
    }

    private async Task AcceptAsync(Action<IBearer?, BearerException?> accepted)
    {
        Socket? connection = null;
        SocketBearer? bearer = null;
        BearerException? failure = null;
        try
        {
            connection = await socket.AcceptAsync().ConfigureAwait(false);
            bearer = new SocketBearer(connection, nameOf(connection), options);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The remote end has gone already, or this process has no socket left for it.
            connection?.Dispose();
            failure = new BearerException(
                BearerFailure.AcceptFailed, LocalName, $"cannot accept on {LocalName}: {SocketErrors.Describe(e)}", e);
        }

        Volatile.Write(ref _asked, 0);
        if (_disposed)
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
}
