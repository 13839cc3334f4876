using System.Globalization;
using System.Net.Sockets;

namespace Reactive.Network.Bearers;

/// <summary>Accepts bearers over a Unix domain socket.</summary>
/// <remarks>
/// A socket file that a dead process left behind is replaced; one where somebody listens, and a file that is no socket, are not. Answers come on any
/// thread, never from inside <see cref="AcceptNext"/>. Accepted bearers are called by the path and a number: the other end has no name.
/// </remarks>
public sealed class UnixSocketBearerListener : IBearerListener
{
    private readonly SocketAcceptor _acceptor;
    private int _connections;
    private int _disposed;

    private UnixSocketBearerListener(Socket socket, string path, BearerOptions options) =>
        _acceptor = new SocketAcceptor(
            socket, path, _ => string.Create(CultureInfo.InvariantCulture, $"{path}#{Interlocked.Increment(ref _connections)}"), options);

    /// <inheritdoc/>
    public string LocalName => _acceptor.LocalName;

    /// <summary>Starts to listen.</summary>
    /// <param name="path">The socket's path: about 100 bytes at most.</param>
    /// <param name="options">For the listener and the bearers it accepts; <see langword="null"/> for <see cref="BearerOptions.Default"/>.</param>
    /// <exception cref="BearerException"><see cref="BearerFailure.ListenFailed"/>: in use, or the file cannot be made.</exception>
    public static UnixSocketBearerListener Listen(string path, BearerOptions? options = null)
    {
        UnixDomainSocketEndPoint endPoint = new(path);
        options ??= BearerOptions.Default;
        Socket? socket = null;
        try
        {
            RemoveStale(path, endPoint);
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(endPoint);
            socket.Listen(options.Backlog);
            return new UnixSocketBearerListener(socket, path, options);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket?.Dispose();
            throw new BearerException(BearerFailure.ListenFailed, path, $"cannot listen on {path}: {SocketErrors.Describe(e)}", e);
        }
    }

    /// <inheritdoc/>
    public void AcceptNext(Action<IBearer?, BearerException?> accepted) => _acceptor.AcceptNext(accepted);

    /// <summary>Stops listening and removes the socket file. Bearers that were accepted stay.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _acceptor.Dispose();
        }
    }

    private static void RemoveStale(string path, UnixDomainSocketEndPoint endPoint)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            if (IsSocket(path))
            {
                File.Delete(path);
            }
        }
    }

    // Connecting to a file that is no socket is refused just as well. Such a file can be opened; a socket cannot.
    private static bool IsSocket(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
