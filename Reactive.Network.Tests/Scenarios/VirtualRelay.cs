using System.Reactive.Linq;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Peers.Governance;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>One node that follows and serves at once, in memory and virtual time.</summary>
internal sealed class VirtualRelay : IDisposable
{
    private readonly IDisposable _relaying;

    /// <param name="net">The dialer, the time and the options.</param>
    /// <param name="address">Where it listens.</param>
    /// <param name="upstream">Whom it follows.</param>
    /// <param name="chain">What it serves.</param>
    /// <param name="path">The way to it.</param>
    public VirtualRelay(VirtualNetwork net, PeerAddress address, PeerAddress[] upstream, LayeredChain chain, InMemoryBearerOptions? path = null)
    {
        Chain = chain;
        Address = address;
        NetworkOptions options = net.Options;
        Network = PeerNetwork.Start(options with
        {
            Serve = chain,
            Seed = address.Port,
            LocalRoots = [.. upstream.Select(LocalRootGroup.FromPeerAddress)],
            Peers = options.Peers with { Targets = Observable.Return(PeerTargets.LocalRootsOnly) },
        });
        Network.Listen(net.Dialer.Listen(address, path));
        Network.Peers.Subscribe(PeerEvents.Add);
        From from = chain.Tip.Point.IsOrigin ? From.Origin : From.Point(chain.Tip.Point);
        _relaying = Network.Peers
            .SelectBestPeers(5, scheduler: net.Time)
            .FollowChain(from, scheduler: net.Time)
            .FetchWithFallback(scheduler: net.Time)
            .ServeTo(chain)
            .Recycle(Events.Add, error => Error = error);
    }

    public PeerAddress Address { get; }

    public PeerNetwork Network { get; }

    public LayeredChain Chain { get; }

    /// <summary>What was followed; the blocks were given back.</summary>
    public List<ChainEvent<FetchedBlock>> Events { get; } = [];

    public List<PeerEvent> PeerEvents { get; } = [];

    public Exception? Error { get; private set; }

    public void Dispose()
    {
        _relaying.Dispose();
        Network.Dispose();
        Chain.Dispose();
    }
}
