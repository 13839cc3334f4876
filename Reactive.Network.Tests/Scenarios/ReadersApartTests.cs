using System.Reactive.Linq;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Readers that begin, or have fallen, far behind the others of their network.</summary>
public class ReadersApartTests
{
    [Fact]
    public void ReadsFromTheFirstBlockAndJoinsTheOthers_WhenTheyAreFarAhead()
    {
        using VirtualNetwork net = Network(out InMemoryChain chain, out List<PeerListener> nodes);
        List<Point> first = [];
        List<Point> late = [];
        using IDisposable ahead = Headers(net, From.Tip).Subscribe(e => first.Add(e.Point));
        net.Run(TimeSpan.FromSeconds(30));

        using IDisposable behind = Headers(net, From.Origin).FetchWithFallback(scheduler: net.Time)
            .Where(static e => e.IsRollForward).Subscribe(e => late.Add(e.Point));
        int whileBehind = 0;
        for (int i = 0; i < 20; i++)
        {
            net.Run(TimeSpan.FromMilliseconds(50));
            whileBehind = Math.Max(whileBehind, nodes.Sum(static node => node.Connections.Count));
        }

        Grow(net, chain, 100);

        Point[] all = PointsOf(chain);
        Assert.Equal(all, late);
        Assert.Equal(all[^100..], first.TakeLast(100));
        Assert.Equal((4, 2), (whileBehind, nodes.Sum(static node => node.Connections.Count)));
        Assert.DoesNotContain(net.Events.OfType<PeerEvent.Reported>(), static told => told.Evidence.IsFailure);
        Assert.Empty(net.Faults);
    }

    [Fact]
    public void GoesOnWhereItIs_WhenItWasSoSlowThatWhatComesNextIsNotHeld()
    {
        using VirtualNetwork net = Network(out InMemoryChain chain, out _);
        using IDisposable ahead = Headers(net, From.Tip).Subscribe();
        CollectingPacedObserver<ChainEvent<CandidateHeader>> slow = new();
        net.Run(TimeSpan.FromSeconds(30));
        using IDisposable behind = Slow(net, From.Tip, slow);
        net.Run(TimeSpan.FromSeconds(1));
        Point[] before = PointsOf(chain);
        Grow(net, chain, 200);
        int held = slow.Seen.Count;

        for (int i = 0; i < 300 && slow.Held > 0; i++)
        {
            slow.ReturnOne();
            net.Run(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1 + 8, held);
        Assert.Null(slow.Error);
        Assert.Equal([before[^1], .. PointsOf(chain)[before.Length..]], slow.Seen.Select(static e => e.Point));
    }

    [Fact]
    public void DeliversTheBlocksOfEveryHeader_WhenTheHeadersEndWhileItReadsApart()
    {
        using VirtualNetwork net = Network(out InMemoryChain chain, out List<PeerListener> nodes);
        using IDisposable ahead = Headers(net, From.Tip).Subscribe();
        net.Run(TimeSpan.FromSeconds(30));
        List<Point> seen = [];
        bool isCompleted = false;

        using IDisposable behind = Headers(net, From.Origin).Take(101).FetchWithFallback(scheduler: net.Time)
            .Where(static e => e.IsRollForward).Subscribe(e => seen.Add(e.Point), () => isCompleted = true);
        net.Run(TimeSpan.FromMinutes(1));

        Assert.True(isCompleted);
        Assert.Equal(PointsOf(chain)[..100], seen);
        Assert.Equal(2, nodes.Sum(static node => node.Connections.Count));
        Assert.DoesNotContain(net.Events.OfType<PeerEvent.Reported>(), static told => told.Evidence.IsFailure);
        Assert.Empty(net.Faults);
    }

    [Fact]
    public void Fails_WhenThereAreTooManyApartAlready()
    {
        using VirtualNetwork net = Network(out _, out _, node => node with { Latency = TimeSpan.FromSeconds(5) });
        using IDisposable ahead = Headers(net, From.Tip).Subscribe();
        net.Run(TimeSpan.FromMinutes(1));
        List<Exception> errors = [];

        IDisposable[] readers = [.. Enumerable.Range(0, NetworksApart.Max + 1).Select(_ => Headers(net, From.Origin).Subscribe(static _ => { }, errors.Add))];
        net.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(From.Origin, Assert.IsType<PointNotHeldException>(Assert.Single(errors)).From);
        Array.ForEach(readers, static reader => reader.Dispose());
    }

    [Fact]
    public void NothingIsLeftOpen_WhenAReaderApartOrTheNetworkIsDisposed()
    {
        using VirtualNetwork net = Network(out _, out List<PeerListener> nodes);
        using IDisposable ahead = Headers(net, From.Tip).Subscribe();
        net.Run(TimeSpan.FromSeconds(30));
        CollectingPacedObserver<ChainEvent<CandidateHeader>> gone = new();
        CollectingPacedObserver<ChainEvent<CandidateHeader>> slow = new();
        IDisposable one = Slow(net, From.Origin, gone);
        using IDisposable other = Slow(net, From.Origin, slow);
        net.Run(TimeSpan.FromSeconds(1));
        int both = nodes.Sum(static node => node.Connections.Count);

        one.Dispose();
        net.Run(TimeSpan.FromSeconds(1));
        int afterOne = nodes.Sum(static node => node.Connections.Count);
        net.Network.Dispose();
        net.Run(TimeSpan.FromSeconds(1));

        Assert.Equal((6, 4, 0), (both, afterOne, nodes.Sum(static node => node.Connections.Count)));
        Assert.Equal((false, true), (gone.IsCompleted, slow.IsCompleted));
    }

    private static VirtualNetwork Network(out InMemoryChain chain, out List<PeerListener> nodes, Func<InMemoryBearerOptions, InMemoryBearerOptions>? path = null)
    {
        var net = new VirtualNetwork(static options => options with
        {
            Peers = options.Peers with { Candidates = new CandidateOptions { MaxRollback = 20, MaxAhead = 40 } },
        });
        chain = VirtualPair.ChainOf(400);
        InMemoryBearerOptions way = new() { Latency = TimeSpan.FromMilliseconds(50) };
        nodes = [net.AddNode(chain, path?.Invoke(way) ?? way), net.AddNode(chain, path?.Invoke(way) ?? way)];
        return net.Start();
    }

    private static IObservable<ChainEvent<CandidateHeader>> Headers(VirtualNetwork net, From from) =>
        net.Network.Peers.SelectBestPeers(5, scheduler: net.Time).FollowChain(from, new FollowOptions { Window = 8 }, net.Time);

    private static IDisposable Slow(VirtualNetwork net, From from, IPacedObserver<ChainEvent<CandidateHeader>> observer) =>
        Assert.IsAssignableFrom<IPacedObservable<ChainEvent<CandidateHeader>>>(Headers(net, from)).Subscribe(observer);

    private static void Grow(VirtualNetwork net, InMemoryChain chain, int blocks)
    {
        foreach (Block block in new ChainGenerator(new ChainGeneratorOptions { Seed = 2, BodyBytes = 1000, Parent = chain.Tip }).Take(blocks))
        {
            chain.Append(block);
            net.Run(TimeSpan.FromSeconds(1));
        }
    }

    private static Point[] PointsOf(InMemoryChain chain) => [.. chain.HeadersAfter(Point.Origin).Select(static header => header.Point)];
}
