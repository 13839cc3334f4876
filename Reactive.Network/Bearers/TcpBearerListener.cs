using System.Net;
using System.Net.Sockets;

namespace Reactive.Network.Bearers;

/// <summary>Accepts bearers over TCP.</summary>
/// <remarks>
/// <c>SO_REUSEADDR</c> is set, so that a server can start again at once; an IPv6 address means IPv6 only. Answers come on any thread, never from inside
/// <see cref="AcceptNext"/>. A failed accept says <see cref="BearerFailure.AcceptFailed"/>; the reference waits 0.5 s before it asks again.
/// </remarks>
public sealed class TcpBearerListener : IBearerListener
{
    private readonly SocketAcceptor _acceptor;

    private TcpBearerListener(Socket socket, BearerOptions options)
    {
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        _acceptor = new SocketAcceptor(socket, LocalEndPoint.ToString(), connection => connection.RemoteEndPoint!.ToString()!, options);
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <inheritdoc/>
    public string LocalName => _acceptor.LocalName;

    /// <summary>Starts to listen.</summary>
    /// <param name="endPoint">The address and port; port 0 takes a free one.</param>
    /// <param name="options">For the listener and the bearers it accepts; <see langword="null"/> for <see cref="BearerOptions.Default"/>.</param>
    /// <exception cref="BearerException"><see cref="BearerFailure.ListenFailed"/>: in use, or not an address of this machine.</exception>
    public static TcpBearerListener Listen(IPEndPoint endPoint, BearerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        options ??= BearerOptions.Default;
        Socket? socket = null;
        try
        {
            // Binding a TCP socket sets SO_REUSEADDR: the runtime does it on Unix, where it has this meaning. The option of that name is more there.
            socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }

            if (options.SharePort)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            }

            socket.Bind(endPoint);
            socket.Listen(options.Backlog);
            return new TcpBearerListener(socket, options);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new BearerException(
                BearerFailure.ListenFailed, endPoint.ToString(), $"cannot listen on {endPoint}: {SocketErrors.Describe(e)}", e);
        }
    }

    /// <inheritdoc/>
    public void AcceptNext(Action<IBearer?, BearerException?> accepted) => _acceptor.AcceptNext(accepted);

    /// <summary>Stops listening. Bearers that were accepted stay.</summary>
    public void Dispose() => _acceptor.Dispose();
}
