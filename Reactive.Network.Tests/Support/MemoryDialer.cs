using System.Reactive.Concurrency;
using Reactive.Network.Bearers;
using Reactive.Network.Peers;

namespace Reactive.Network.Tests.Support;

/// <summary>Addresses that lead to listeners in memory: what a <see cref="PeerNetwork"/> dials in virtual time. An address nobody listens on is refused.</summary>
internal sealed class MemoryDialer(IScheduler scheduler) : IPeerDialer
{
    private readonly SortedDictionary<string, (InMemoryBearerListener Listener, InMemoryBearerOptions? Path)> _hosts = new(StringComparer.Ordinal);

    /// <summary>Dials so far, by address.</summary>
    public List<(PeerAddress Address, DateTimeOffset At)> Dials { get; } = [];

    /// <summary>Listens on an address, or again after <see cref="Stop"/>. A path that names A says what the listener calls whoever dials.</summary>
    public InMemoryBearerListener Listen(PeerAddress address, InMemoryBearerOptions? path = null)
    {
        var listener = new InMemoryBearerListener(scheduler, address.ToString(), path);
        _hosts[address.ToString()] = (listener, path);
        return listener;
    }

    /// <summary>Nobody listens there any more.</summary>
    public void Stop(PeerAddress address) => _hosts.Remove(address.ToString());

    /// <summary>A way of one's own to who listens on an address.</summary>
    public IBearer Connect(PeerAddress address, InMemoryBearerOptions path) => _hosts[address.ToString()].Listener.Connect(path);

    /// <inheritdoc/>
    public IDisposable Dial(PeerAddress address, Action<IBearer?, BearerException?> done)
    {
        Dials.Add((address, scheduler.Now));
        return scheduler.Schedule(() =>
        {
            IBearer? bearer = null;
            BearerException? error = null;
            try
            {
                bearer = _hosts.TryGetValue(address.ToString(), out var host)
                    ? host.Listener.Connect(
                        host.Path is null ? null : host.Path with { NameOfB = address.ToString() },
                        host.Path is { } path && path.NameOfA != InMemoryBearerOptions.Default.NameOfA ? path.NameOfA : null)
                    : throw new BearerException(BearerFailure.ConnectFailed, address.ToString(), $"{address}: refused");
            }
            catch (BearerException refused)
            {
                error = refused;
            }

            done(bearer, error);
        });
    }
}
