using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios.Simulation;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Whole queries over networks in memory: from peers to blocks.</summary>
public class NetworkQueryTests
{
    private static readonly InMemoryBearerOptions SlowLink = new() { BytesPerSecond = 10_000, Capacity = 16_384 };

    [Fact]
    public void FoldsToTheServedChain_WhenPeersAreHonest()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(1000);
        for (int i = 0; i < 3; i++)
        {
            net.AddNode(chain, new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(20) });
        }

        net.Start();
        List<ChainEvent<FetchedBlock>> seen = [];
        Exception? failed = null;
        using IDisposable query = All(net).FollowChain(From.Origin, scheduler: net.Time).FetchWithFallback(scheduler: net.Time)
            .Subscribe(seen.Add, error => failed = error);

        net.Run(TimeSpan.FromSeconds(30));

        Assert.Null(failed);
        Assert.Equal(ChainEventKind.Intersected, seen[0].Kind);
        Assert.Equal(1001, seen.Count);
        Assert.Equal(chain.Tip.Point, seen[^1].Point);
        Assert.All(seen.Skip(1), one => Assert.Equal(one.Point, one.Value.Block.Point));
        Assert.Empty(net.Faults);
        Assert.Equal(3, seen.Skip(1).Select(one => one.Value.Peer.Name).Distinct().Count());
    }

    [Fact]
    public void RequestGoesOutWithinFourTurns_WhenAHeaderIsAnnounced()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(10);
        net.AddNode(chain);
        net.Start();
        using IDisposable query = All(net).FollowChain(From.Origin, scheduler: net.Time).FetchWithFallback(scheduler: net.Time).Subscribe();
        net.Run(TimeSpan.FromSeconds(5));
        List<(string What, long At)> frames = [];
        PeerConnection connection = ((NetworkPeer)net.Network.Snapshot[0]).Connection!;
        using IDisposable tap = connection.Frames.Subscribe(frame => frames.Add(($"{frame.Direction} {frame.Header.Protocol}", frame.At.Ticks)));
        net.Run(TimeSpan.FromMilliseconds(1));
        var generator = new ChainGenerator(new ChainGeneratorOptions { Seed = 9, Parent = chain.Tip });

        chain.Append(generator.Next());
        net.Run(TimeSpan.FromMilliseconds(10));

        long announced = frames.First(static frame => frame.What == "Received 2").At;
        long asked = frames.First(static frame => frame.What == "Sent 3").At;
        Assert.InRange(asked - announced, 0, 4);
    }

    [Fact]
    public void FailsWithTheEvidenceOfAll_WhenNobodyCanBeFollowed()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(10);
        net.AddNode(chain);
        net.AddNode(chain);
        net.AddNode(chain);
        net.Dialer.Stop(new PeerAddress("node1", 3001));
        net.Dialer.Stop(new PeerAddress("node2", 3001));
        net.Dialer.Stop(new PeerAddress("node3", 3001));
        net.Start();
        Exception? failed = null;
        List<ChainEvent<FetchedBlock>> seen = [];
        var options = new FollowOptions { GiveUpAfter = TimeSpan.FromMinutes(2) };
        using IDisposable query = net.Network.Peers.SelectBestPeers(2, scheduler: net.Time).FollowChain(From.Origin, options, net.Time)
            .FetchWithFallback(scheduler: net.Time).Subscribe(seen.Add, error => failed = error);

        net.Run(TimeSpan.FromSeconds(119));
        Exception? early = failed;
        net.Run(TimeSpan.FromSeconds(2));

        Assert.Null(early);
        Assert.Empty(seen);
        var gaveUp = Assert.IsType<NoUsablePeerException>(failed);
        Assert.Equal(["node1:3001", "node2:3001", "node3:3001"], gaveUp.Evidence.Select(static one => one.Peer).Order(StringComparer.Ordinal));
        Assert.All(gaveUp.Evidence, static one => Assert.Equal(EvidenceKind.Disconnected, one.Evidence.Kind));
        Assert.All(gaveUp.Evidence, static one => Assert.IsType<BearerException>(one.Evidence.Cause));
    }

    [Fact]
    public void WaitsWithEvidenceAndThenGivesUp_WhenNobodyDelivers()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(10);
        net.AddNode(new LyingSource(chain, Lie.NoBlocks));
        net.AddNode(new LyingSource(chain, Lie.NoBlocks));
        net.Start();
        Exception? failed = null;
        List<(string? Peer, EvidenceKind Kind)> told = [];
        var policy = new FetchPolicy
        {
            GiveUpAfter = TimeSpan.FromMinutes(2),
            Evidence = (peer, evidence) => told.Add((peer?.Name, evidence.Kind)),
        };
        using IDisposable query = All(net).FollowChain(From.Origin, scheduler: net.Time).FetchWithFallback(policy, net.Time)
            .Subscribe(static _ => { }, error => failed = error);

        net.Run(TimeSpan.FromSeconds(60));
        Exception? early = failed;
        (string? Peer, EvidenceKind Kind)[] waiting = [.. told];
        net.Run(TimeSpan.FromSeconds(90));

        Assert.Null(early);
        Assert.Contains((null, EvidenceKind.NoUsablePeer), waiting);
        Assert.Contains(("node1:3001", EvidenceKind.NoBlocks), waiting);
        Assert.Contains(("node2:3001", EvidenceKind.NoBlocks), waiting);
        var gaveUp = Assert.IsType<NoUsablePeerException>(failed);
        Assert.Equal(["node1:3001", "node2:3001"], gaveUp.Evidence.Select(static one => one.Peer).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void CostsOneChainSyncPerPeer_WhenSeveralQueriesFollow()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(300);
        LyingSource[] sources = [new(chain), new(chain), new(chain)];
        foreach (LyingSource source in sources)
        {
            net.AddNode(source);
        }

        net.Start();
        List<ChainEvent<CandidateHeader>>[] seen = [[], [], [], []];
        var slow = new CollectingPacedObserver<ChainEvent<CandidateHeader>>();
        using var queries = new CompositeDisposable(
            ((IPacedObservable<ChainEvent<CandidateHeader>>)All(net).FollowChain(From.Origin, scheduler: net.Time)).Subscribe(slow));
        foreach (List<ChainEvent<CandidateHeader>> events in seen)
        {
            queries.Add(All(net).FollowChain(From.Origin, scheduler: net.Time).Subscribe(events.Add));
        }

        net.Run(TimeSpan.FromSeconds(30));

        Assert.All(sources, static source => Assert.Equal(1, source.Intersections));
        Assert.All(seen, events => Assert.Equal((301, chain.Tip.Point), (events.Count, events[^1].Point)));
        Assert.Null(slow.Error);
        Assert.InRange(slow.Seen.Count, 2, 300);
        Assert.Empty(net.Faults);
    }

    [Fact]
    public void TheSlowOneMissesNothingAndHoldsUpNobody_WhenSeveralQueriesFollow()
    {
        using var net = new VirtualNetwork(static options => options with
        {
            Peers = options.Peers with { Candidates = new CandidateOptions { MaxRollback = 50, MaxAhead = 100 } },
        });
        InMemoryChain chain = VirtualPair.ChainOf(2000, bodyBytes: 300);
        net.AddNode(chain);
        net.AddNode(chain);
        net.Start();
        List<ChainEvent<CandidateHeader>> seen = [];
        Exception? failed = null;
        var slow = new CollectingPacedObserver<ChainEvent<CandidateHeader>>();
        var options = new FollowOptions { Window = 10, MaxRollback = 50 };
        using IDisposable one = ((IPacedObservable<ChainEvent<CandidateHeader>>)All(net).FollowChain(From.Origin, options, net.Time)).Subscribe(slow);
        using IDisposable other = All(net).FollowChain(From.Origin, options, net.Time).Subscribe(seen.Add, error => failed = error);
        net.Run(TimeSpan.FromSeconds(60));

        (int seenThen, int slowThen) = (seen.Count, slow.Seen.Count);

        while (slow.Held > 0)
        {
            slow.ReturnOne();
            net.Run(slow.Held > 0 ? TimeSpan.FromMilliseconds(1) : TimeSpan.FromSeconds(5));
        }

        Assert.Equal((2001, 11), (seenThen, slowThen));
        Assert.Null(failed);
        Assert.Null(slow.Error);
        Assert.Equal(seen.Select(static e => e.Point), slow.Seen.Select(static e => e.Point));
    }

    [Fact]
    public void GoesOn_WhenTheOnlyPeerNeedsEightSecondsForABlock()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(6, bodyBytes: 80_000);
        net.AddNode(chain, SlowLink);
        net.Start();
        List<(EvidenceKind Kind, long Request)> told = [];
        List<ChainEvent<FetchedBlock>> seen = [];
        Exception? failed = null;
        var policy = new FetchPolicy { Evidence = (_, evidence) => told.Add((evidence.Kind, evidence.Request)) };
        using IDisposable query = All(net).FollowChain(From.Origin, scheduler: net.Time).FetchWithFallback(policy, net.Time)
            .Subscribe(seen.Add, error => failed = error);

        net.Run(TimeSpan.FromSeconds(80));

        Assert.Null(failed);
        Assert.Equal((7, chain.Tip.Point), (seen.Count, seen[^1].Point));
        Assert.Contains(told, static one => one.Kind == EvidenceKind.Stalled);
        Assert.Equal(told.Distinct(), told);
        Assert.Equal(PeerTemperature.Hot, net.Network.Snapshot[0].Temperature);
    }

    [Fact]
    public void GoesOn_WhenAllPeersNeedEightSecondsForABlock()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(12, bodyBytes: 80_000);
        net.AddNode(chain, SlowLink);
        net.AddNode(chain, SlowLink);
        net.Start();
        List<ChainEvent<FetchedBlock>> seen = [];
        using IDisposable query = All(net).FollowChain(From.Origin, scheduler: net.Time).FetchWithFallback(scheduler: net.Time).Subscribe(seen.Add);

        net.Run(TimeSpan.FromSeconds(12 * 8 * 2));

        Assert.Equal((13, chain.Tip.Point), (seen.Count, seen[^1].Point));
    }

    private static IObservable<PeerSelection> All(VirtualNetwork net) => net.Network.Peers
        .Where(static e => e is PeerEvent.Snapshot or PeerEvent.TemperatureChanged)
        .Select(_ => new PeerSelection([.. net.Network.Snapshot.Where(static p => p.Temperature == PeerTemperature.Hot)], net.Network.Chains));
}
