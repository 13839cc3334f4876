using System.Reactive.Linq;
using Reactive.Network;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Governance;

namespace Rxnet.Following;

/// <summary>Watches the tips of many peers, without following anybody's chain any further than that.</summary>
/// <param name="plan">Whom.</param>
/// <param name="options">The network's.</param>
internal sealed class TipWatch(FollowPlan plan, NetworkOptions options) : IAsyncDisposable
{
    private readonly PeerNetwork _network = PeerNetwork.Start(options with
    {
        Peers = options.Peers with
        {
            Topology = plan.Everybody,
            Targets = plan.Topology is null ? Observable.Return(PeerTargets.LocalRootsOnly) : options.Peers.Targets,
            Backoff = options.Peers.Backoff ?? new PeerBackoff(),
        },
    });

    /// <summary>Peers as they come, go, get on and are measured; fails where there is no hope to reach anybody.</summary>
    public IObservable<FollowEvent> Watch() => Observable.Create<FollowEvent>(observer =>
    {
        var told = System.Reactive.Observer.Synchronize(observer);
        var watch = new PeerWatch(_network.Commands, told);
        watch.Begin();
        return _network.Peers.Subscribe(watch);
    });

    /// <summary>Ends every connection in order.</summary>
    public ValueTask DisposeAsync() => _network.DisposeAsync();
}
