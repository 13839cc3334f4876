using System.Reactive.Linq;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Whole queries over networks in memory: from peers to blocks.</summary>
public class NetworkQueryTests
{
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

    private static IObservable<PeerSelection> All(VirtualNetwork net) => net.Network.Peers
        .Where(static e => e is PeerEvent.Snapshot or PeerEvent.TemperatureChanged)
        .Select(_ => new PeerSelection([.. net.Network.Snapshot.Where(static p => p.Temperature == PeerTemperature.Hot)], net.Network.Chains));
}
