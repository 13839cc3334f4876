using System.Net;
using Reactive.Network.Bearers;
using Reactive.Network.Peers;
using Rxnet.Local;

namespace Rxnet.Commands;

/// <summary>Either end of a recorded connection: <c>HOST:PORT</c>, or the path of a Unix socket.</summary>
internal sealed record Endpoint(PeerAddress? Address, string? Path)
{
    public static readonly string NotOne = $"neither HOST:PORT nor the path of a socket: 1 to {LocalNode.MaxPathBytes} bytes";

    /// <summary>A text with a slash in it is a path, as is one that is no address.</summary>
    public static bool TryParse(string text, out Endpoint endpoint)
    {
        bool isAddress = !text.Contains('/', StringComparison.Ordinal) && PeerAddress.TryParse(text, out _);
        endpoint = isAddress ? new Endpoint(PeerAddress.Parse(text), null) : new Endpoint(null, text);
        return isAddress || (LocalNode.IsPath(text) && !text.Contains(':', StringComparison.Ordinal));
    }

    /// <summary>Listens there.</summary>
    public async Task<IBearerListener> ListenAsync(CancellationToken stop)
    {
        if (Address is { } address)
        {
            IPEndPoint where = await ServeCommand.ResolveAsync(address, stop).ConfigureAwait(false);
            return TcpBearerListener.Listen(where);
        }

        return UnixSocketBearerListener.Listen(Path!);
    }

    /// <summary>Connects to it.</summary>
    public IDisposable Connect(Action<IBearer?, BearerException?> done) => Address is { } address
        ? TcpBearer.Connect(address.Host, address.Port, null, done)
        : UnixSocketBearer.Connect(Path!, null, done);

    /// <summary>Connects to it.</summary>
    public Task<IBearer> ConnectAsync(CancellationToken stop) => Address is { } address
        ? TcpBearer.ConnectAsync(address.Host, address.Port, null, stop)
        : UnixSocketBearer.ConnectAsync(Path!, null, stop);

    public override string ToString() => Address?.ToString() ?? Path!;
}
