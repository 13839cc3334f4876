using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Peers;

public class PeerNetworkTests
{
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
}
