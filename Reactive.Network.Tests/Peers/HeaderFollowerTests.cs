using Reactive.Network.Bearers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Peers;

public class HeaderFollowerTests
{
    [Fact]
    public void AsksNoFurther_WhenTheFirstReaderStandsStill()
    {
        using VirtualNetwork net = Follow(2000, out CandidateSubscription reader);

        net.Run(TimeSpan.FromSeconds(30));

        // As far ahead as may be, and what was asked for by then: the window of chain-sync.
        Assert.InRange(net.Network.Chains.Count, 100, 100 + 300 + 1);
        reader.Dispose();
    }

    [Fact]
    public void AsksForMore_WhenTheFirstReaderGoesOn()
    {
        using VirtualNetwork net = Follow(2000, out CandidateSubscription reader);
        net.Run(TimeSpan.FromSeconds(30));
        int before = net.Network.Chains.Count;

        reader.MoveTo(net.Network.Chains.Heads[0].Head);
        net.Run(TimeSpan.FromSeconds(30));

        Assert.InRange(net.Network.Chains.Count, before + 100, before + 100 + 300 + 1);
        reader.Dispose();
    }

    [Fact]
    public void BeginsAnew_WhenAReaderComesAtAnyMoment()
    {
        // At some of them chain-sync has asked for what comes next and the answer, that there is nothing to come, is on its way: no message ends that.
        for (int moment = 0; moment < 40; moment++)
        {
            using var net = new VirtualNetwork();
            InMemoryChain chain = VirtualPair.ChainOf(20);
            net.AddNode(chain, new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(300) });
            net.Start();
            net.Run(TimeSpan.FromMilliseconds(100) * moment);

            using CandidateSubscription reader = net.Network.Chains.Subscribe(From.Origin, static () => { });
            net.Run(TimeSpan.FromSeconds(20));

            Assert.True(reader.Start is { Point.IsOrigin: true }, $"after {moment * 100} ms");
            Assert.Equal(chain.Tip.Point, Assert.Single(net.Network.Chains.Heads).Head.Point);
            Assert.Equal(21, net.Network.Chains.Count);
        }
    }

    private static VirtualNetwork Follow(int blocks, out CandidateSubscription reader)
    {
        var net = new VirtualNetwork(static options => options with
        {
            Peers = options.Peers with { Candidates = new CandidateOptions { MaxAhead = 100 } },
        });
        InMemoryChain chain = VirtualPair.ChainOf(blocks, bodyBytes: 300);
        net.AddNode(chain);
        net.Start();
        reader = net.Network.Chains.Subscribe(From.Origin, static () => { });
        return net;
    }
}
