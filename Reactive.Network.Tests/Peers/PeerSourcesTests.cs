using System.Net;
using System.Reactive.Concurrency;
using System.Reactive.Subjects;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Discovery;
using Reactive.Network.Peers.Governance;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Peers;

/// <summary>What makes peers known: topology, names, big ledger peers, other peers.</summary>
public class PeerSourcesTests
{
    private static readonly PeerAddress A = PeerAddress.Parse("192.0.2.1:3001");
    private static readonly PeerAddress B = PeerAddress.Parse("192.0.2.2:3001");
    private static readonly PeerAddress C = PeerAddress.Parse("192.0.2.3:3001");

    [Fact]
    public void LocalRootsFollowTheTopology_WhenItChanges()
    {
        using var topology = new BehaviorSubject<Topology>(Roots(A));
        using var net = new VirtualNetwork(options => options with { Peers = options.Peers with { Topology = topology, Targets = Nobody } });
        InMemoryChain chain = VirtualPair.ChainOf(5);
        net.Serve(A, chain);
        net.Serve(B, chain);
        net.Start();
        net.Run(TimeSpan.FromSeconds(10));
        string[] before = Hot(net);

        topology.OnNext(Roots(B));
        net.Run(TimeSpan.FromMinutes(20));

        Assert.Equal([A.ToString()], before);
        Assert.Equal([B.ToString()], Hot(net));
    }

    [Fact]
    public void EachAddressOfAName_IsAPeer_WhenAResolverLooksItUp()
    {
        var resolver = new FakeResolver();
        using var net = new VirtualNetwork(options => options with
        {
            LocalRoots = [new LocalRootGroup { Peers = [new AccessPoint("relays.example", null)] }],
            Peers = options.Peers with { Resolver = resolver },
        });
        resolver.Scheduler = net.Time;
        InMemoryChain chain = VirtualPair.ChainOf(5);
        net.Serve(A, chain);
        net.Serve(B, chain);
        net.Start();

        net.Run(TimeSpan.FromSeconds(5));
        string[] whileDnsFails = Hot(net);
        resolver.Works = true;
        net.Run(TimeSpan.FromMinutes(20));

        Assert.Empty(whileDnsFails);
        Assert.Equal([A.ToString(), B.ToString()], Hot(net));
    }

    [Fact]
    public void BigLedgerPeersAreUsed_WhenTheGovernorWantsThem()
    {
        var snapshot = new PeerSnapshot { Pools = [.. new[] { A, B, C }.Select(one => new LedgerPool(0.5, 0.1, [one]))] };
        using var net = new VirtualNetwork(options => options with { Peers = options.Peers with { PeerSnapshot = snapshot } });
        InMemoryChain chain = VirtualPair.ChainOf(5);
        foreach (PeerAddress one in new[] { A, B, C })
        {
            net.Serve(one, chain);
        }

        net.Start();
        net.Run(TimeSpan.FromMinutes(1));

        Assert.Equal([A.ToString(), B.ToString(), C.ToString()], Hot(net));
    }

    [Fact]
    public void PeersOfPeersAreFound_WhenPeersAreShared()
    {
        using var net = new VirtualNetwork(options => options with
        {
            LocalRoots = [A],
            Peers = options.Peers with { SharePeers = true },
        });
        InMemoryChain chain = VirtualPair.ChainOf(5);
        net.Serve(B, chain);
        using PeerListener sharing = PeerListener.Start(
            net.Dialer.Listen(A), net.Options with { Serve = chain, SharePeers = new Sharing([new IPEndPoint(IPAddress.Parse("192.0.2.2"), 3001)]) });
        net.Start();

        net.Run(TimeSpan.FromMinutes(30));

        Assert.Contains(B.ToString(), Hot(net));
    }

    private static IObservable<PeerTargets> Nobody => System.Reactive.Linq.Observable.Return(PeerTargets.LocalRootsOnly);

    private static Topology Roots(PeerAddress address) => new()
    {
        LocalRoots = [new TopologyLocalRoots { AccessPoints = [address], HotValency = 1, WarmValency = 1 }],
    };

    private static string[] Hot(VirtualNetwork net) =>
        [.. net.Network.Snapshot.Where(static peer => peer.Temperature == PeerTemperature.Hot).Select(static peer => peer.Name).Order(StringComparer.Ordinal)];

    private sealed class Sharing(IReadOnlyList<IPEndPoint> peers) : Network.Protocols.PeerSharing.IPeerSource
    {
        public IReadOnlyList<IPEndPoint> Share(int amount) => peers;
    }

    private sealed class FakeResolver : IPeerResolver
    {
        public IScheduler Scheduler { get; set; } = null!;

        public bool Works { get; set; }

        public IDisposable Resolve(NameQuestion question, Action<NameAnswer> done) => Scheduler.Schedule(() => done(
            !Works ? new NameAnswer.Failed(NameFailure.Unavailable)
            : question.Record == NameRecord.Service
                ? new NameAnswer.Services([new ServiceRecord(1, 1, 3001, "host.example")], TimeSpan.FromMinutes(5))
                : new NameAnswer.Addresses([IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2")], TimeSpan.FromMinutes(5))));
    }
}
