using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Operators;

public class FollowHeadersFromTipTests
{
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void BringsWhatIsNew_WhenTheChainGrows()
    {
        var pair = new VirtualPair(VirtualPair.ChainOf(20));
        Tip tip = pair.Chain.Tip;
        var events = new List<ChainEvent<Header>>();
        using IDisposable following = pair.Client.ChainSync.FollowHeadersFromTip().Subscribe(events.Add);
        pair.Run(TimeSpan.FromSeconds(1));
        Block block = new ChainGenerator(new ChainGeneratorOptions { Seed = 2, Parent = tip }).Next();

        pair.Chain.Append(block);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal([(ChainEventKind.Intersected, tip.Point), (ChainEventKind.RollForward, block.Point)], events.Select(e => (e.Kind, e.Point)));
    }

    [Fact]
    public void BeginsAtOrigin_WhenTheChainIsEmpty()
    {
        var pair = new VirtualPair();
        var events = new List<ChainEvent<Header>>();

        using IDisposable following = pair.Client.ChainSync.FollowHeadersFromTip().Subscribe(events.Add);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal([(ChainEventKind.Intersected, Point.Origin)], events.Select(e => (e.Kind, e.Point)));
    }

    [Fact]
    public void AsksAgain_WhenTheTipMovedAway()
    {
        var pair = new VirtualPair(VirtualPair.ChainOf(20), bearer: new InMemoryBearerOptions { Latency = Latency });
        pair.Run(Latency * 4);
        var events = new List<ChainEvent<Header>>();
        using IDisposable following = pair.Client.ChainSync.FollowHeadersFromTip().Subscribe(events.Add);

        // The answer with the tip is on its way when the tip goes.
        pair.Run(Latency * 1.5);
        Point before = new ChainGenerator(new ChainGeneratorOptions { BodyBytes = 1000 }).Take(19).Last().Point;
        pair.Chain.RollBack(before);
        pair.Run(TimeSpan.FromSeconds(5));

        Assert.Equal([(ChainEventKind.Intersected, before)], events.Select(e => (e.Kind, e.Point)));
    }

    [Fact]
    public void GivesUp_WhenTheTipMovesAwayEachTime()
    {
        var pair = new VirtualPair(server: o => o with { Serve = new FickleChain() });
        Exception? failed = null;

        using IDisposable following = pair.Client.ChainSync.FollowHeadersFromTip().Subscribe(static _ => { }, error => failed = error);
        pair.Run(TimeSpan.FromSeconds(5));

        Assert.IsType<IntersectionNotFoundException>(failed);
    }

    [Fact]
    public void LeavesTheClientFree_WhenDisposedAtEachMoment()
    {
        for (int moment = 0; moment < 20; moment++)
        {
            var pair = new VirtualPair(VirtualPair.ChainOf(5), bearer: new InMemoryBearerOptions { Latency = Latency });
            int late = 0;
            IDisposable following = pair.Client.ChainSync.FollowHeadersFromTip().Subscribe(_ => late++, _ => late++);
            pair.Run(Latency * moment / 4);
            following.Dispose();
            late = 0;
            pair.Chain.Append(new ChainGenerator(new ChainGeneratorOptions { Seed = 3, Parent = pair.Chain.Tip }).Next());
            var points = new List<Point>();

            using IDisposable again = pair.Client.ChainSync.FollowHeaders(Point.Origin).Subscribe(e => points.Add(e.Point));
            pair.Run(TimeSpan.FromSeconds(10));

            Assert.Equal(0, late);
            Assert.Equal(7, points.Count);
        }
    }

    /// <summary>Says that it ends somewhere, and knows nothing of it when it is asked.</summary>
    private sealed class FickleChain : IChainSource
    {
        private static readonly InMemoryChain Empty = new();

        public Tip Tip => new(new Point(1, default), 1);

        public IObservable<Tip> Changes => Empty.Changes;

        public IChainCursor Follow() => Empty.Follow();

        public IBlockCursor? ReadRange(Point first, Point last) => null;
    }
}
