using System.Globalization;
using System.Net;

namespace Reactive.Network.Bearers;

/// <summary>Makes bearers over TCP.</summary>
/// <remarks><c>TCP_NODELAY</c> is on: batches are put together above. <see cref="IBearer.Abort"/> sends a reset.</remarks>
public static class TcpBearer
{
    /// <summary>Connects. Every address of the host is tried, in the resolver's order.</summary>
    /// <param name="host">A name or an IP address.</param>
    /// <param name="port">1 to 65,535.</param>
    /// <param name="options"><see langword="null"/> for <see cref="BearerOptions.Default"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BearerException"><see cref="BearerFailure.ConnectFailed"/> or <see cref="BearerFailure.ConnectTimeout"/>.</exception>
    public static Task<IBearer> ConnectAsync(
        string host, int port, BearerOptions? options = null, CancellationToken cancellationToken = default)
    {
        BearerOptions chosen = options ?? BearerOptions.Default;
        return SocketConnector.ConnectAsync(NameOf(host, port), token => ResolveAsync(host, port, chosen, token), chosen, cancellationToken);
    }

    /// <summary>Connects, for callers that do not wait.</summary>
    /// <param name="host">A name or an IP address.</param>
    /// <param name="port">1 to 65,535.</param>
    /// <param name="options"><see langword="null"/> for <see cref="BearerOptions.Default"/>.</param>
    /// <param name="done">Called once with the bearer or with the reason why there is none; on any thread, never from inside this call.</param>
    /// <returns>Disposing it gives up: <paramref name="done"/> is not called any more.</returns>
    public static IDisposable Connect(string host, int port, BearerOptions? options, Action<IBearer?, BearerException?> done)
    {
        ArgumentNullException.ThrowIfNull(done);
        BearerOptions chosen = options ?? BearerOptions.Default;
        return SocketConnector.Connect(NameOf(host, port), token => ResolveAsync(host, port, chosen, token), chosen, done);
    }

    private static string NameOf(string host, int port)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        string shown = host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host;
        return string.Create(CultureInfo.InvariantCulture, $"{shown}:{port}");
    }

    private static async Task<EndPoint[]> ResolveAsync(string host, int port, BearerOptions options, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? address)
            ? [address]
            : await options.ResolveHost(host, cancellationToken).ConfigureAwait(false);
        return [.. addresses.Select(found => new IPEndPoint(found, port))];
    }
}
