using System.Globalization;
using System.Reactive.Concurrency;
using System.Text;
using Reactive.Network;
using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Rxnet.Local;

/// <summary>The way to a local node: one socket, one network.</summary>
/// <param name="Path">The socket.</param>
/// <param name="Magic">The network.</param>
internal sealed record LocalNode(string Path, NetworkMagic Magic)
{
    /// <summary>Longer paths do not fit into a socket's address.</summary>
    public const int MaxPathBytes = 107;

    /// <summary>A node has no time limit for the handshake, and a user no patience.</summary>
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(10);

    /// <summary>Whether that many bytes can be the path of a socket.</summary>
    public static bool IsPath(string path) => path.Length > 0 && Encoding.UTF8.GetByteCount(path) <= MaxPathBytes;

    /// <summary>Connects and shakes hands.</summary>
    /// <exception cref="NetworkException">There is no connection, or the handshake failed.</exception>
    /// <exception cref="IOException">There is no socket, or nobody answers on it.</exception>
    public async Task<LocalConnection> ConnectAsync(CancellationToken stop)
    {
        if (!File.Exists(Path))
        {
            throw new IOException($"cannot connect to {Path}: no such socket");
        }

        using var limited = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limited.CancelAfter(HandshakeLimit);
        try
        {
            return await LocalConnection.ConnectAsync(
                Path, new NetworkOptions { Magic = Magic, Scheduler = DefaultScheduler.Instance }, limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture, $"{Path} does not answer: no handshake within {HandshakeLimit.TotalSeconds} s"));
        }
    }
}
