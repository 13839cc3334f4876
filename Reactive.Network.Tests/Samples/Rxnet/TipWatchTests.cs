using global::Rxnet.Following;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Samples.Rxnet;

public class TipWatchTests
{
    private readonly VirtualPeers _peers = new();

    [Fact]
    public void SaysWhoIsBehind_WhenOnePeerHasFewerBlocks()
    {
        TipBoard board = Watch(VirtualPair.ChainOf(60), VirtualPair.ChainOf(50), null);

        _peers.Run(TimeSpan.FromSeconds(5));

        Assert.Equal([0UL, 10UL, null], board.Rows.Select(board.BehindOf));
        Assert.Equal([true, true, false], board.Rows.Select(static row => row.RoundTrip is not null));
        Assert.Equal([false, false, true], board.Rows.Select(static row => row.Down is not null));
        Assert.True(board.IsSettled(board.Rows.Select(static row => row.Peer)));
        Assert.False(board.IsSettled(["somebody:1"]));
    }

    [Fact]
    public void FollowsTheTip_WhenAChainGrows()
    {
        InMemoryChain chain = VirtualPair.ChainOf(50);
        TipBoard board = Watch(chain, VirtualPair.ChainOf(50));
        _peers.Run(TimeSpan.FromSeconds(5));

        chain.Append(new ChainGenerator(new ChainGeneratorOptions { Seed = 9, Parent = chain.Tip }).Next());
        _peers.Run(TimeSpan.FromSeconds(1));

        Assert.Equal([0UL, 1UL], board.Rows.Select(board.BehindOf));
    }

    private TipBoard Watch(params InMemoryChain?[] chains)
    {
        var board = new TipBoard();
        var plan = new FollowPlan { Peers = [.. chains.Select((chain, i) => _peers.Serve(i + 1, chain))], From = null };
        new TipWatch(plan, _peers.Options).Watch().Subscribe(news => board.Add(news));
        return board;
    }
}
