using System.Reactive.Linq;
using global::Rxnet.Embedded;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>A peer that announces a long chain and delivers nothing of it.</summary>
public class WithheldBlocksTests
{
    [Fact]
    public void OnlyTheOneWhoWithholdsIsBlamed_WhenOthersHaveToWaitForItsBlocks()
    {
        using var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(1000);
        var path = new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(40) };
        net.AddNode(chain, path);
        net.AddNode(chain, path);
        var withholds = new PeerAddress("withholds", 3001);
        using var behaviour = new WithholdingNode();
        using PeerListener listener = PeerListener.Start(new NodeListener(net.Dialer.Listen(withholds, path with { Latency = TimeSpan.FromMilliseconds(5) }), behaviour), net.Options with { Serve = chain });
        net.Start();
        net.Network.Commands.OnNext(new PeerCommand.Include(withholds));
        List<Point> seen = [];
        using IDisposable query = HotPeers(net).FollowChain(From.Origin, scheduler: net.Time).FetchWithFallback(scheduler: net.Time)
            .Where(static one => one.IsRollForward).Subscribe(one => seen.Add(one.Point));

        net.Run(TimeSpan.FromSeconds(5));
        foreach (Block block in new ChainGenerator(new ChainGeneratorOptions { Seed = 9, Parent = chain.Tip }).Take(40))
        {
            chain.Append(block);
            net.Run(TimeSpan.FromMilliseconds(500));
        }

        Assert.Equal(1040, seen.Count);
        Assert.Equal(
            [withholds.ToString()],
            net.Events.OfType<PeerEvent.Reported>().Where(static one => one.Evidence.IsFailure).Select(static one => one.Peer.Name).Distinct());
    }

    private static IObservable<PeerSelection> HotPeers(VirtualNetwork net) => net.Network.Peers
        .Where(static e => e is PeerEvent.Snapshot or PeerEvent.TemperatureChanged)
        .Select(_ => new PeerSelection([.. net.Network.Snapshot.Where(static p => p.Temperature == PeerTemperature.Hot)], net.Network.Chains));
}
