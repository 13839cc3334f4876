using Reactive.Network.Bearers;

namespace Reactive.Network.Peers;

/// <summary>How a network reaches an address: the port between it and sockets, or memory.</summary>
public interface IPeerDialer
{
    /// <summary>Connects.</summary>
    /// <param name="address">To where.</param>
    /// <param name="done">Called once with the bearer or the reason why there is none; on any thread, never from inside this call.</param>
    /// <returns>Disposing it gives up: <paramref name="done"/> is not called any more.</returns>
    IDisposable Dial(PeerAddress address, Action<IBearer?, BearerException?> done);
}

/// <summary>Dials over TCP.</summary>
/// <param name="options">For every socket.</param>
public sealed class TcpDialer(BearerOptions options) : IPeerDialer
{
    /// <inheritdoc/>
    public IDisposable Dial(PeerAddress address, Action<IBearer?, BearerException?> done) =>
        TcpBearer.Connect(address.Host, address.Port, options, done);
}
