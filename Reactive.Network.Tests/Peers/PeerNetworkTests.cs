using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Peers.Discovery;
using Reactive.Network.Peers.Governance;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Peers;

public class PeerNetworkTests
{
    private static readonly PeerAddress One = new("node1", 3001);
    private static readonly PeerAddress Two = new("node2", 3001);
    private static readonly PeerAddress Three = new("node3", 3001);
    private static readonly PeerAddress Inside = PeerAddress.Parse("192.0.2.1:3001");
    private static readonly PeerAddress Outside = PeerAddress.Parse("192.0.2.2:3001");

    [Fact]
    public void LocalRootsBecomeHot_WhenTheyServe()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(100);
        net.AddNode(chain);
        net.AddNode(chain);
        net.Start();

        net.Run(TimeSpan.FromSeconds(5));

        Assert.Equal([PeerTemperature.Hot, PeerTemperature.Hot], net.Network.Snapshot.Select(peer => peer.Temperature));
        Assert.All(net.Network.Chains.Heads, head => Assert.Equal(chain.Tip.Point, head.Head.Point));
        Assert.IsType<PeerEvent.Snapshot>(net.Events[0]);
        Assert.Empty(net.Faults);
    }

    [Fact]
    public void HeadersAreHeldOnce_WhenAReaderBeginsAtOrigin()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(500);
        net.AddNode(chain);
        net.AddNode(chain);
        net.Start();
        net.Run(TimeSpan.FromSeconds(5));

        using CandidateSubscription reader = net.Network.Chains.Subscribe(From.Origin, static () => { });
        net.Run(TimeSpan.FromSeconds(5));

        Assert.True(reader.Start is { IsAnchor: true, Point.IsOrigin: true });
        Assert.Equal(501, net.Network.Chains.Count);
        Assert.All(net.Network.Chains.Heads, head => Assert.Equal(chain.Tip.Point, head.Head.Point));
        Assert.Equal(2, net.Network.Chains.Heads[0].Head.Announcers.Count);
    }

    [Fact]
    public void PeerIsDialledAgain_WhenItRestarts()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(10);
        PeerListener node = net.AddNode(chain);
        net.Start();
        net.Run(TimeSpan.FromSeconds(5));

        net.Dialer.Stop(new PeerAddress("node1", 3001));
        node.Dispose();
        net.Run(TimeSpan.FromSeconds(30));
        PeerTemperature gone = net.Network.Snapshot[0].Temperature;
        net.Serve(new PeerAddress("node1", 3001), chain);
        net.Run(TimeSpan.FromMinutes(2));

        Assert.Equal(PeerTemperature.Cold, gone);
        Assert.Equal(PeerTemperature.Hot, net.Network.Snapshot[0].Temperature);
    }

    [Fact]
    public void BackOffGrows_WhenAPeerCannotBeReached()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(5);
        PeerListener node = net.AddNode(chain);
        net.Dialer.Stop(One);
        net.Start();

        net.Run(TimeSpan.FromHours(1));

        DateTimeOffset[] dials = [.. net.Dialer.Dials.Select(static dial => dial.At)];
        double[] waits = [.. dials.Zip(dials.Skip(1), static (one, next) => (next - one).TotalSeconds)];
        // Twice as long each time, give or take the jitter, up to some minutes.
        Assert.InRange(waits[0], 3, 12);
        Assert.All(waits.Take(4).Zip(waits.Skip(1)), static pair => Assert.InRange(pair.Second / pair.First, 1.2, 4));
        Assert.InRange(waits.Max(), 60, 600);
        Assert.InRange(dials.Length, 8, 60);
        node.Dispose();
    }

    [Fact]
    public void AnotherTakesOver_WhenTheHotOneOfAGroupDies()
    {
        using var net = new VirtualNetwork(static options => options with
        {
            LocalRoots = [new LocalRootGroup { Peers = [One, Two, Three], HotValency = 1, WarmValency = 2 }],
            Peers = options.Peers with { Targets = Observable.Return(PeerTargets.LocalRootsOnly) },
        });
        InMemoryChain chain = VirtualPair.ChainOf(5);
        SortedDictionary<string, PeerListener> nodes = new(StringComparer.Ordinal);
        foreach (PeerAddress address in (PeerAddress[])[One, Two, Three])
        {
            nodes.Add(address.ToString(), net.Serve(address, chain));
        }

        net.Start();
        net.Run(TimeSpan.FromSeconds(30));
        IPeer[] before = With(net, PeerTemperature.Hot);
        int warm = With(net, PeerTemperature.Warm).Length;

        net.Dialer.Stop(PeerAddress.Parse(Assert.Single(before).Name));
        nodes[before[0].Name].Dispose();
        net.Run(TimeSpan.FromSeconds(30));

        Assert.Equal(1, warm);
        Assert.Equal(PeerTemperature.Cold, before[0].Temperature);
        Assert.NotEqual(before[0].Id, Assert.Single(With(net, PeerTemperature.Hot)).Id);
        Assert.Single(With(net, PeerTemperature.Warm));
    }

    [Fact]
    public void TargetsAreReached_WhenTheyGoUpAndDown()
    {
        using var targets = new BehaviorSubject<PeerTargets>(Targets(2, 1));
        PeerAddress[] addresses = [.. Enumerable.Range(1, 8).Select(static i => PeerAddress.Parse($"192.0.2.{i}:3001"))];
        using var net = new VirtualNetwork(options => options with
        {
            Peers = options.Peers with { Targets = targets, PublicRoots = [.. addresses] },
        });
        InMemoryChain chain = VirtualPair.ChainOf(5);
        foreach (PeerAddress address in addresses)
        {
            net.Serve(address, chain);
        }

        net.Start();
        List<(int Connected, int Hot)> counts = [];
        foreach (PeerTargets wanted in (PeerTargets[])[Targets(2, 1), Targets(6, 4), Targets(3, 2), Targets(0, 0), Targets(5, 5)])
        {
            targets.OnNext(wanted);
            net.Run(TimeSpan.FromMinutes(10));
            int hot = With(net, PeerTemperature.Hot).Length;
            counts.Add((hot + With(net, PeerTemperature.Warm).Length, hot));
        }

        Assert.Equal([(2, 1), (6, 4), (3, 2), (0, 0), (5, 5)], counts);
        Assert.Empty(net.Faults);

        static PeerTargets Targets(int established, int active) =>
            PeerTargets.LocalRootsOnly with { Root = 8, Known = 8, Established = established, Active = active };
    }

    [Fact]
    public void HardLimitHolds_WhenMorePeersAreWanted()
    {
        using var net = new VirtualNetwork(static options => options with { AcceptLimits = new AcceptLimits { SoftLimit = 2, HardLimit = 4 } });
        InMemoryChain chain = VirtualPair.ChainOf(5);
        for (int i = 0; i < 10; i++)
        {
            net.AddNode(chain);
        }

        net.Start();
        int most = 0;
        for (int i = 0; i < 6000; i++)
        {
            net.Run(i < 2000 ? TimeSpan.FromTicks(1) : TimeSpan.FromMilliseconds(100));
            most = Math.Max(most, net.Network.Snapshot.Cast<NetworkPeer>().Count(static peer => peer.Connection is not null || peer.Dialling is not null));
        }

        Assert.Equal(4, most);
        Assert.Equal(4, With(net, PeerTemperature.Hot).Length);
    }

    [Fact]
    public void InboundConnectionIsUsed_WhenALocalRootBehindAFirewallDialsIn()
    {
        using var net = new VirtualNetwork(static options => options with
        {
            LocalRoots = [new LocalRootGroup { Peers = [Inside], IsBehindFirewall = true }],
            Serve = VirtualPair.ChainOf(3),
        });
        net.Start();
        net.Network.Listen(net.Dialer.Listen(Outside, new InMemoryBearerOptions { NameOfA = Inside.ToString() }));
        InMemoryChain chain = VirtualPair.ChainOf(9);
        using PeerNetwork other = PeerNetwork.Start(net.Options with { LocalRoots = [Outside], Serve = chain, Seed = 8 });

        net.Run(TimeSpan.FromMinutes(1));

        var peer = (NetworkPeer)Assert.Single(net.Network.Snapshot);
        Assert.Equal(PeerTemperature.Hot, peer.Temperature);
        Assert.Same(peer.Inbound, peer.Connection);
        Assert.Equal(chain.Tip.Point, Assert.Single(net.Network.Chains.Heads).Head.Point);
        Assert.Equal([Outside], net.Dialer.Dials.Select(static dial => dial.Address));
        Assert.Empty(net.Faults);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(20, 20, 0)]
    [InlineData(5, 90, 0)]
    [InlineData(90, 5, 0)]
    [InlineData(40, 40, 30)]
    [InlineData(40, 40, 100)]
    [InlineData(40, 40, 200)]
    public void FollowEachOtherOverOneConnection_WhenBothDialAtOnce(int there, int back, int later)
    {
        InMemoryChain chain = VirtualPair.ChainOf(9);
        using var net = new VirtualNetwork(options => options with { LocalRoots = [Inside], Serve = chain });
        InMemoryBearerListener outside = net.Dialer.Listen(
            Outside, new InMemoryBearerOptions { NameOfA = Inside.ToString(), Latency = TimeSpan.FromMilliseconds(back) });
        InMemoryBearerListener inside = net.Dialer.Listen(
            Inside, new InMemoryBearerOptions { NameOfA = Outside.ToString(), Latency = TimeSpan.FromMilliseconds(there) });
        net.Start();
        net.Network.Listen(outside);
        net.Run(TimeSpan.FromMilliseconds(later));
        using PeerNetwork other = PeerNetwork.Start(net.Options with { LocalRoots = [Outside], Serve = chain, Seed = 8 });
        other.Listen(inside);

        net.Run(TimeSpan.FromMinutes(5));

        // Inside's address comes first, so what it opened is kept.
        var opener = (NetworkPeer)Assert.Single(other.Snapshot);
        var accepter = (NetworkPeer)Assert.Single(net.Network.Snapshot);
        Assert.Null(opener.Inbound);
        Assert.True(opener.Connection!.IsOutbound);
        Assert.NotNull(accepter.Inbound);
        Assert.Same(accepter.Inbound, accepter.Connection);
        Assert.Equal((0, 0), (opener.Measurements.Failures, accepter.Measurements.Failures));

        foreach (PeerNetwork one in (PeerNetwork[])[net.Network, other])
        {
            Assert.Equal(PeerTemperature.Hot, Assert.Single(one.Snapshot).Temperature);
            Assert.Equal(chain.Tip.Point, Assert.Single(one.Chains.Heads).Head.Point);
        }

        Assert.Equal(2, net.Dialer.Dials.Count);
        Assert.Empty(net.Faults);
    }

    [Fact]
    public void PeerIsReported_WhenItAcceptsAndClosesWithoutAHandshake()
    {
        using var net = new VirtualNetwork(static options => options with { LocalRoots = [One] });
        InMemoryBearerListener listener = net.Dialer.Listen(One);
        int accepted = 0;
        CloseNext();
        net.Start();

        net.Run(TimeSpan.FromSeconds(2));

        Evidence evidence = Assert.Single(net.Events.OfType<PeerEvent.Reported>()).Evidence;
        Assert.Equal((1, EvidenceKind.Disconnected), (accepted, evidence.Kind));
        Assert.Equal(BearerFailure.EndOfStream, Assert.IsType<BearerException>(evidence.Cause).Kind);
        Assert.Equal(("node1:3001", evidence), Assert.Single(net.Network.Chains.RecentFailures));
        Assert.Equal(PeerTemperature.Cold, net.Network.Snapshot[0].Temperature);

        void CloseNext() => listener.AcceptNext((bearer, _) =>
        {
            accepted++;
            bearer!.Start(new DeafSink());
            bearer.Close();
            CloseNext();
        });
    }

    [Fact]
    public void PeerIsWarmAndLeftAloneForAWhile_WhenItDoesNotHaveThePlaceWhereReadersBegin()
    {
        using var net = new VirtualNetwork();
        net.AddNode(VirtualPair.ChainOf(20, seed: 2));
        net.Start();
        using CandidateSubscription reader = net.Network.Chains.Subscribe(From.Point(VirtualPair.ChainOf(10).Tip.Point), static () => { });

        net.Run(TimeSpan.FromSeconds(100));
        PeerTemperature before = net.Network.Snapshot[0].Temperature;
        PeerEvent.TemperatureChanged[] falls = [.. net.Events.OfType<PeerEvent.TemperatureChanged>().Where(static change => change.From == PeerTemperature.Hot)];
        net.Run(TimeSpan.FromSeconds(50));

        Assert.Equal(PeerTemperature.Warm, before);
        Assert.Null(reader.Start);
        Assert.Equal(PeerTemperature.Warm, Assert.Single(falls).To);
        Assert.IsType<IntersectionNotFoundException>(falls[0].Cause);
        Assert.All(net.Events.OfType<PeerEvent.Reported>(), static told => Assert.Equal(EvidenceKind.BrokenLink, told.Evidence.Kind));
        Assert.Equal(2, net.Events.OfType<PeerEvent.TemperatureChanged>().Count(static change => change.From == PeerTemperature.Hot));
    }

    [Fact]
    public void GoesOn_WhenTheGovernorThrows()
    {
        int asked = 0;
        using var net = new VirtualNetwork(options => options with
        {
            Peers = options.Peers with { Governor = new Throwing(() => ++asked == 2) },
        });
        net.AddNode(VirtualPair.ChainOf(5));
        net.Start();
        net.Run(TimeSpan.FromSeconds(5));

        net.Network.Commands.OnNext(new PeerCommand.Include(Two));
        net.Run(TimeSpan.FromSeconds(5));

        Assert.Equal("governor", Assert.IsType<FormatException>(Assert.Single(net.Faults)).Message);
        Assert.Equal(PeerTemperature.Hot, net.Network.Snapshot[0].Temperature);
    }

    [Fact]
    public void PeerIsNotReached_WhenTheDialerThrows()
    {
        using var net = new VirtualNetwork(static options => options with { Peers = options.Peers with { Dialer = new NoDialer() } });
        net.AddNode(VirtualPair.ChainOf(5));
        net.Start();

        net.Run(TimeSpan.FromSeconds(5));

        (string peer, Evidence evidence) = Assert.Single(net.Network.Chains.RecentFailures);
        BearerException cause = Assert.IsType<BearerException>(evidence.Cause);
        Assert.Equal(("node1:3001", BearerFailure.ConnectFailed, "no sockets here"), (peer, cause.Kind, cause.InnerException!.Message));
        Assert.Empty(net.Faults);
    }

    [Fact]
    public void ConnectionEndsAndNobodyIsBlamed_WhenTheValidatorThrows()
    {
        using var net = new VirtualNetwork(static options => options with
        {
            Peers = options.Peers with { Candidates = new CandidateOptions { Validator = new BrokenValidator() } },
        });
        net.AddNode(VirtualPair.ChainOf(5));
        net.Start();
        using CandidateSubscription reader = net.Network.Chains.Subscribe(From.Origin, static () => { });

        net.Run(TimeSpan.FromSeconds(5));

        HandlerException cause = Assert.IsType<HandlerException>(net.Events.OfType<PeerEvent.TemperatureChanged>().Last().Cause);
        Assert.Equal((Fault.Local, "validator"), (cause.Fault, cause.InnerException!.Message));
        Assert.Equal(0, net.Network.Snapshot[0].Measurements.Failures);
        Assert.Empty(net.Faults);
    }

    [Fact]
    public void WhatSourcesThrowIsNoConcernOfOthers_WhenTheyFail()
    {
        using var net = new VirtualNetwork(static options => options with
        {
            Peers = options.Peers with
            {
                Targets = Observable.Throw<PeerTargets>(new FormatException()),
                NeedsTrustedPeers = Observable.Create<bool>(new Func<IObserver<bool>, IDisposable>(static _ => throw new FormatException())),
                Topology = Observable.Throw<Topology>(new FormatException()),
            },
        });
        net.AddNode(VirtualPair.ChainOf(5));
        net.Start();

        net.Run(TimeSpan.FromSeconds(5));

        Assert.Equal(PeerTemperature.Hot, net.Network.Snapshot[0].Temperature);
        Assert.Empty(net.Faults);
    }

    [Fact]
    public void BothConnectionsAreKept_WhenBothDialAtOnceAndOneIsBehindATranslatingRouter()
    {
        // By its own address the one comes last, by the address that it has outside the other: each would close what it opened.
        PeerAddress translated = PeerAddress.Parse("120.0.0.1:3001");
        PeerAddress open = PeerAddress.Parse("150.0.0.1:3001");
        InMemoryBearerOptions way = new() { Latency = TimeSpan.FromMilliseconds(20) };
        InMemoryChain chain = VirtualPair.ChainOf(9);
        using var net = new VirtualNetwork(options => options with { LocalRoots = [open], Serve = chain });
        InMemoryBearerListener behind = net.Dialer.Listen(translated, way with { NameOfA = open.ToString() });
        InMemoryBearerListener before = net.Dialer.Listen(open, way with { NameOfA = translated.ToString() });
        net.Start();
        net.Network.Listen(new Translated(behind, "192.168.0.5:3001"));
        using PeerNetwork other = PeerNetwork.Start(net.Options with { LocalRoots = [translated], Serve = chain, Seed = 8 });
        other.Listen(before);

        net.Run(TimeSpan.FromMinutes(5));

        foreach (PeerNetwork one in (PeerNetwork[])[net.Network, other])
        {
            var peer = (NetworkPeer)Assert.Single(one.Snapshot);
            Assert.Equal((PeerTemperature.Hot, 0), (peer.Temperature, peer.Measurements.Failures));
        }

        Assert.Equal([translated, open], net.Dialer.Dials.Select(static dial => dial.Address).Distinct().OrderBy(static address => address.Host, StringComparer.Ordinal));
        Assert.InRange(net.Dialer.Dials.Count, 2, 3);
        Assert.Empty(net.Faults);
    }

    [Fact]
    public void IsConnectedAndKnown_WhenAnExcludedPeerWhoseConnectionIsUsedDialsInAgain()
    {
        using var net = new VirtualNetwork(static options => options with
        {
            LocalRoots = [new LocalRootGroup { Peers = [Inside], IsBehindFirewall = true }],
            Serve = VirtualPair.ChainOf(3),
        });
        net.Start();
        net.Network.Listen(net.Dialer.Listen(Outside, new InMemoryBearerOptions { NameOfA = Inside.ToString() }));
        NetworkOptions dialling = net.Options with { LocalRoots = [Outside], Serve = VirtualPair.ChainOf(9) };
        using PeerNetwork before = PeerNetwork.Start(dialling with { Seed = 8 });
        net.Run(TimeSpan.FromMinutes(1));
        ((NetworkPeer)Assert.Single(net.Network.Snapshot)).IsExcluded = true;

        using PeerNetwork after = PeerNetwork.Start(dialling with { Seed = 9 });
        net.Run(TimeSpan.FromSeconds(1));

        var peer = (NetworkPeer)Assert.Single(net.Network.Snapshot);
        Assert.NotNull(peer.Inbound);
        Assert.False(peer.IsExcluded);
        Assert.Empty(net.Faults);
    }

    [Fact]
    public void GoesOnOverTheNewerConnection_WhenAPeerWhoseConnectionIsUsedDialsInAgain()
    {
        using var net = new VirtualNetwork(static options => options with
        {
            LocalRoots = [new LocalRootGroup { Peers = [Inside], IsBehindFirewall = true }],
            Serve = VirtualPair.ChainOf(3),
        });
        net.Start();
        net.Network.Listen(net.Dialer.Listen(Outside, new InMemoryBearerOptions { NameOfA = Inside.ToString() }));
        InMemoryChain chain = VirtualPair.ChainOf(9);
        NetworkOptions dialling = net.Options with { LocalRoots = [Outside], Serve = chain };
        using PeerNetwork before = PeerNetwork.Start(dialling with { Seed = 8 });
        net.Run(TimeSpan.FromMinutes(1));
        var peer = (NetworkPeer)Assert.Single(net.Network.Snapshot);
        PeerConnection? older = peer.Connection;

        using PeerNetwork after = PeerNetwork.Start(dialling with { Seed = 9, Peers = dialling.Peers with { Dialer = net.Dialer } });
        net.Run(TimeSpan.FromSeconds(1));

        Assert.NotNull(older);
        Assert.NotSame(older, peer.Connection);
        Assert.Same(peer.Inbound, peer.Connection);
        Assert.Equal(PeerTemperature.Hot, peer.Temperature);
        Assert.Equal(chain.Tip.Point, Assert.Single(net.Network.Chains.Heads).Head.Point);
        Assert.Empty(net.Faults);
    }

    [Fact]
    public void EverythingEndsAndStaysQuiet_WhenItIsDisposed()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(50);
        net.AddNode(chain, new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(50) });
        net.AddNode(chain);
        net.Dialer.Stop(Two);
        net.Start();
        List<string> ends = [];
        net.Network.Peers.Subscribe(_ => ends.Add("event"), _ => ends.Add("peers failed"), () => ends.Add("peers"));
        net.Network.Transactions.Subscribe(_ => ends.Add("event"), _ => ends.Add("transactions failed"), () => ends.Add("transactions"));
        net.Run(TimeSpan.FromSeconds(20));
        PeerConnection connection = Assert.IsType<PeerConnection>(((NetworkPeer)net.Network.Snapshot[0]).Connection);
        bool ended = false;
        connection.WhenEnded(_ => ended = true);
        int woken = 0;
        using CandidateSubscription reader = net.Network.Chains.Subscribe(From.Tip, () => woken++);

        ends.Clear();
        net.Network.Dispose();
        net.Run(TimeSpan.FromSeconds(1));
        (int dials, int wokenThen) = (net.Dialer.Dials.Count, woken);
        string[] endsThen = [.. ends];
        chain.Append(new ChainGenerator(new ChainGeneratorOptions { Seed = 9, Parent = chain.Tip }).Next());
        net.Run(TimeSpan.FromHours(3));

        Assert.True(ended);
        Assert.Equal(["peers", "transactions"], endsThen.Where(static one => one != "event").Order(StringComparer.Ordinal));
        Assert.NotEqual("event", endsThen[^1]);
        Assert.Equal(endsThen, ends);
        Assert.Equal((dials, wokenThen), (net.Dialer.Dials.Count, woken));
        Assert.Empty(net.Faults);
    }

    private sealed class DeafSink : IBearerSink
    {
        public void OnReceived(ReadOnlySpan<byte> bytes)
        {
        }

        public void OnWritable()
        {
        }

        public void OnClosed(BearerException? cause)
        {
        }
    }

    private sealed class Throwing(Func<bool> now) : IPeerGovernor
    {
        private readonly ReferenceGovernor _inner = new();

        public GovernorDecision Decide(GovernorState state, GovernorFacts facts, TimeSpan at) =>
            now() ? throw new FormatException("governor") : _inner.Decide(state, facts, at);
    }

    private sealed class Translated(IBearerListener inner, string own) : IBearerListener
    {
        public string LocalName => own;

        public void AcceptNext(Action<IBearer?, BearerException?> accepted) => inner.AcceptNext(accepted);

        public void Dispose() => inner.Dispose();
    }

    private sealed class NoDialer : IPeerDialer
    {
        public IDisposable Dial(PeerAddress address, Action<IBearer?, BearerException?> done) => throw new NotSupportedException("no sockets here");
    }

    private sealed class BrokenValidator : IHeaderValidator
    {
        public string? Refuse(Header header, in HeaderFields fields, CandidateHeader parent) => throw new FormatException("validator");
    }

    private static IPeer[] With(VirtualNetwork net, PeerTemperature temperature) => [.. net.Network.Snapshot.Where(peer => peer.Temperature == temperature)];
}
