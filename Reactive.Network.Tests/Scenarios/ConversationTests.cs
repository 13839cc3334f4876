using Reactive.Network.Chain;
using Reactive.Network.Protocols.BlockFetch;

namespace Reactive.Network.Tests.Scenarios;

public class ConversationTests
{
    [Fact]
    public void FollowsAndFetchesWholeChain()
    {
        var pair = new VirtualPair(VirtualPair.ChainOf(1000));
        var headers = new List<Header>();
        using IDisposable follow = pair.Client.ChainSync.Follow(Point.Origin).Subscribe(e =>
        {
            if (e.Kind == ChainEventKind.RollForward)
            {
                headers.Add(e.Header);
            }
        });

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(15, pair.Client.Version?.Version);
        Assert.Equal(1000, headers.Count);
        Assert.Equal(pair.Chain.Tip.Point, headers[^1].Point);

        var blocks = new List<Block>();
        bool completed = false;
        using IDisposable fetch = pair.Client.BlockFetch.Fetch([.. headers.Select(BlockRequest.For)]).Subscribe(blocks.Add, () => completed = true);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.True(completed);
        Assert.Equal(1000, blocks.Count);
        Assert.Equal(headers.Select(h => h.Hash), blocks.Select(b => b.Hash));
    }

    [Fact]
    public void ConnectionStaysOpen_ForAnHour()
    {
        var pair = new VirtualPair(VirtualPair.ChainOf(10));
        int pings = 0;
        using IDisposable ping = pair.Client.KeepAlive.RoundTrips.Subscribe(_ => pings++);

        pair.Run(TimeSpan.FromHours(1));

        Assert.False(pair.Client.Completion.IsCompleted);
        Assert.InRange(pings, 350, 360);
    }
}
