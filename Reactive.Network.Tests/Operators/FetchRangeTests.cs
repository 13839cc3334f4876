using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Operators;

public class FetchRangeTests
{
    private static readonly Block[] Chain = [.. new ChainGenerator(new ChainGeneratorOptions { BodyBytes = 1000 }).Take(600)];

    private readonly VirtualPair _pair = new(VirtualPair.ChainOf(600), bearer: new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(10) });
    private readonly List<Block> _blocks = [];
    private Exception? _failed;
    private bool _isComplete;

    [Theory]
    [InlineData(0, 599)]
    [InlineData(0, 1)]
    [InlineData(7, 7)]
    [InlineData(100, 450)]
    [InlineData(598, 599)]
    [InlineData(599, 599)]
    public void DeliversBothEndsAndAllBetween(int first, int last)
    {
        Fetch(Chain[first].Point, Chain[last].Point);

        Assert.Null(_failed);
        Assert.True(_isComplete);
        Assert.Equal(Chain[first..(last + 1)].Select(b => b.Hash), _blocks.Select(b => b.Hash));
    }

    [Fact]
    public void Fails_WhenTheFirstIsNotOnTheChain()
    {
        Fetch(new Point(1, default), Chain[10].Point);

        Assert.IsType<BlocksUnavailableException>(_failed);
        Assert.Empty(_blocks);
    }

    [Fact]
    public void Fails_WhenTheLastIsNotOnTheChain()
    {
        Fetch(Chain[3].Point, new Point(Chain[20].Slot, default));

        Assert.IsType<BlocksUnavailableException>(_failed);
        Assert.InRange(_blocks.Count, 1, 17);
        Assert.Equal(Chain[3..(3 + _blocks.Count)].Select(b => b.Hash), _blocks.Select(b => b.Hash));
    }

    [Fact]
    public void FailsAtOnce_WhenTheLastIsBeyondTheTip()
    {
        Fetch(Chain[3].Point, new Point(Chain[^1].Slot + 1, default));

        Assert.IsType<BlocksUnavailableException>(_failed);
        Assert.Single(_blocks);
    }

    [Fact]
    public void Fails_WhenTheRangeLeavesTheChainWhileItIsRead()
    {
        using IDisposable fetching = Start(Chain[3].Point, Chain[599].Point);
        while (_blocks.Count < 50)
        {
            _pair.Run(TimeSpan.FromMilliseconds(1));
        }

        _pair.Chain.RollBack(Chain[20].Point);
        _pair.Run(TimeSpan.FromSeconds(60));

        Assert.NotNull(_failed);
        Assert.InRange(_blocks.Count, 50, 595);
    }

    [Fact]
    public void StopsAtOnce_WhenDisposed()
    {
        IDisposable fetching = Start(Chain[0].Point, Chain[599].Point);
        while (_blocks.Count < 50)
        {
            _pair.Run(TimeSpan.FromMilliseconds(1));
        }

        fetching.Dispose();
        int delivered = _blocks.Count;
        _pair.Run(TimeSpan.FromSeconds(5));

        Assert.Equal(delivered, _blocks.Count);
        Assert.False(_pair.Client.Completion.IsCompleted);
    }

    [Fact]
    public void StopsDemand_WhenNothingIsConsumed()
    {
        var held = new List<Credit>();
        var range = (IPacedObservable<Block>)_pair.Client.ChainSync.FetchRange(
            _pair.Client.BlockFetch, Chain[0].Point, Chain[599].Point, _pair.Time);

        using IDisposable fetching = range.Subscribe(new Holder(held));
        _pair.Run(TimeSpan.FromSeconds(30));

        // The window of chain-sync, and the first block.
        Assert.InRange(held.Count, 2, 301);
    }

    [Fact]
    public void RefusesTheCall_WhenTheEndsMakeNoRange()
    {
        Assert.Throws<ArgumentException>("first", () => Start(Point.Origin, Chain[1].Point));
        Assert.Throws<ArgumentException>("last", () => Start(Chain[1].Point, Point.Origin));
        Assert.Throws<ArgumentException>("last", () => Start(Chain[1].Point, Chain[0].Point));
    }

    private void Fetch(Point first, Point last)
    {
        using IDisposable fetching = Start(first, last);
        _pair.Run(TimeSpan.FromSeconds(30));
    }

    private IDisposable Start(Point first, Point last) => _pair.Client.ChainSync.FetchRange(_pair.Client.BlockFetch, first, last, _pair.Time)
        .Subscribe(_blocks.Add, error => _failed = error, () => _isComplete = true);

    private sealed class Holder(List<Credit> held) : IPacedObserver<Block>
    {
        public void OnNext(Block value, Credit credit) => held.Add(credit);

        public void OnError(Exception error) => Assert.Fail(error.Message);

        public void OnCompleted() => Assert.Fail("complete, though nothing was consumed");
    }
}
