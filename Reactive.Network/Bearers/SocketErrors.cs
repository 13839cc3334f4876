using System.Net.Sockets;

namespace Reactive.Network.Bearers;

/// <summary>Socket errors in words that do not depend on the system or its language.</summary>
internal static class SocketErrors
{
    public static string Describe(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.ConnectionReset => "connection reset",
        SocketError.ConnectionAborted => "connection aborted",
        SocketError.Shutdown => "the remote end closed it",
        SocketError.HostUnreachable => "host unreachable",
        SocketError.NetworkUnreachable => "network unreachable",
        SocketError.NetworkDown => "network down",
        SocketError.HostNotFound or SocketError.NoData => "name not found",
        SocketError.TryAgain => "the name could not be resolved now",
        SocketError.TimedOut => "timed out",
        SocketError.AddressAlreadyInUse => "address in use",
        SocketError.AddressNotAvailable => "not an address of this machine",
        SocketError.AccessDenied => "permission denied",
        SocketError.TooManyOpenSockets => "too many open sockets",
        SocketError.AddressFamilyNotSupported => "address family not supported",
        _ => error.ToString(),
    };

    /// <summary>What went wrong in one line, for whatever a socket call throws.</summary>
    public static string Describe(Exception error) =>
        error is SocketException socket ? Describe(socket.SocketErrorCode) : error.Message.ReplaceLineEndings(" ");
}
