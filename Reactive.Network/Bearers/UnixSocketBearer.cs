using System.Net;
using System.Net.Sockets;

namespace Reactive.Network.Bearers;

/// <summary>Makes bearers over Unix domain sockets.</summary>
/// <remarks>
/// Such a socket has no reset: after <see cref="IBearer.Abort"/> the remote end sees the orderly end of the stream, unless bytes that it had
/// sent were not read yet.
/// </remarks>
public static class UnixSocketBearer
{
    /// <summary>Connects.</summary>
    /// <param name="path">The socket's path: about 100 bytes at most.</param>
    /// <param name="options"><see langword="null"/> for <see cref="BearerOptions.Default"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BearerException"><see cref="BearerFailure.ConnectFailed"/> or <see cref="BearerFailure.ConnectTimeout"/>.</exception>
    public static Task<IBearer> ConnectAsync(string path, BearerOptions? options = null, CancellationToken cancellationToken = default)
    {
        UnixDomainSocketEndPoint endPoint = new(path);
        return SocketConnector.ConnectAsync(
            path, _ => Task.FromResult<EndPoint[]>([endPoint]), options ?? BearerOptions.Default, cancellationToken);
    }

    /// <summary>Connects, for callers that do not wait.</summary>
    /// <param name="path">The socket's path: about 100 bytes at most.</param>
    /// <param name="options"><see langword="null"/> for <see cref="BearerOptions.Default"/>.</param>
    /// <param name="done">Called once with the bearer or with the reason why there is none; on any thread, never from inside this call.</param>
    /// <returns>Disposing it gives up: <paramref name="done"/> is not called any more.</returns>
    public static IDisposable Connect(string path, BearerOptions? options, Action<IBearer?, BearerException?> done)
    {
        ArgumentNullException.ThrowIfNull(done);
        UnixDomainSocketEndPoint endPoint = new(path);
        return SocketConnector.Connect(path, _ => Task.FromResult<EndPoint[]>([endPoint]), options ?? BearerOptions.Default, done);
    }
}
