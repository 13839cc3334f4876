using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public sealed class ServeToTests : IDisposable
{
    private static readonly Block[] Main = [.. InMemoryChainTests.Make(12, seed: 1)];
    private readonly Subject<ChainEvent<Block>> _source = new();
    private readonly LayeredChain _chain = new(capacity: 5);
    private readonly List<ChainEvent<Block>> _seen = [];
    private Exception? _error;
    private bool _completed;

    public void Dispose()
    {
        _chain.Dispose();
        _source.Dispose();
    }

    [Fact]
    public void ServesTheFold_WhenBlocksComeAndGo()
    {
        using IDisposable subscription = Serve();

        Send(At(Point.Origin), Forward(0), Forward(1), Forward(2), Back(0), Forward(1));

        Assert.Equal([Main[0].Point, Main[1].Point], _chain.HeadersAfter(Point.Origin).Select(static header => header.Point));
        Assert.Equal(6, _seen.Count);
        Assert.Null(_error);
    }

    [Fact]
    public void TellsClientsFirst_WhenABlockComes()
    {
        List<string> told = [];
        using IDisposable changes = _chain.Changes.Subscribe(tip => told.Add($"client {tip.BlockNumber}"));
        using IDisposable subscription = _source.ServeTo(_chain).Subscribe(one => told.Add($"observer {one.Kind}"));

        Send(Forward(0), Forward(1));

        Assert.Equal(["client 0", "observer RollForward", "client 1", "observer RollForward"], told);
    }

    [Fact]
    public void KeepsItsOwnCopy_WhenTheBlockIsGivenBack()
    {
        byte[] memory = Main[0].Memory.ToArray();
        using IDisposable subscription = _source.ServeTo(_chain).Recycle(static _ => { });

        Send(new ChainEvent<Block>(ChainEventKind.RollForward, Main[0].Point, Block.FromMemory(memory), default));
        memory.AsSpan().Fill(0xEE);

        Assert.Equal(Main[..1].Bytes(), _chain.Blocks(Main[0].Point, Main[0].Point).Bytes());
    }

    [Fact]
    public void BeginsAboveTheIntersection_WhenTheChainIsEmpty()
    {
        using IDisposable subscription = Serve();

        Send(At(Main[4].Point), Forward(5), Forward(6), Back(4));

        Assert.Equal(new Tip(Main[4].Point, 4), _chain.Tip);
        Assert.Null(_error);
    }

    [Fact]
    public void BeginsWhereItWasRolledBackTo_WhenNothingCameBefore()
    {
        using IDisposable subscription = Serve();

        Send(At(Main[4].Point), Back(3), Forward(4));

        Assert.Equal(new Tip(Main[4].Point, 4), _chain.Tip);
        using IChainCursor cursor = _chain.Follow();
        Assert.Equal(Main[3].Point, cursor.FindIntersect([Main[3].Point]));
    }

    [Fact]
    public void GoesBackToTheIntersection_WhenTheChainHasMore()
    {
        Array.ForEach(Main[..5], _chain.Append);
        using IDisposable subscription = Serve();

        Send(At(Main[2].Point));

        Assert.Equal(Main[2].Point, _chain.Tip.Point);
    }

    [Fact]
    public void ChangesNothing_WhenALaterIntersectionIsTold()
    {
        using IDisposable subscription = Serve();

        Send(At(Point.Origin), Forward(0), Forward(1), At(Main[0].Point), Forward(2));

        Assert.Equal(Main[2].Point, _chain.Tip.Point);
        Assert.Null(_error);
    }

    [Fact]
    public void Fails_WhenABlockDoesNotStandOnTheTip()
    {
        using IDisposable subscription = Serve();

        Send(Forward(0), Forward(2), Forward(1));

        var mismatch = Assert.IsType<ChainMismatchException>(_error);
        Assert.Equal((Main[2].Point, Main[0].Point, Fault.Local), (mismatch.Point, mismatch.Tip.Point, mismatch.Fault));
        Assert.Single(_seen);
        Assert.False(_source.HasObservers);
        Assert.Equal(Main[0].Point, _chain.Tip.Point);
    }

    [Fact]
    public void Fails_WhenARollBackGoesDeeperThanWhatIsHeld()
    {
        using IDisposable subscription = Serve();

        Send([.. Enumerable.Range(0, 10).Select(Forward), Back(2)]);

        Assert.Equal(Main[2].Point, Assert.IsType<ChainMismatchException>(_error).Point);
    }

    [Fact]
    public void Fails_WhenTheBytesAreNoBlock()
    {
        using IDisposable subscription = Serve();

        Send(new ChainEvent<Block>(ChainEventKind.RollForward, Main[0].Point, Block.FromMemory(new byte[] { 0x80 }), default));

        Assert.IsType<CodecException>(_error);
    }

    [Fact]
    public void Fails_WhenTheChainWasDisposed()
    {
        using IDisposable subscription = Serve();
        _chain.Dispose();

        Send(Forward(0));

        Assert.IsType<ObjectDisposedException>(_error);
        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void PassesOnTheEnd_AndKeepsTheChain()
    {
        using IDisposable subscription = Serve();

        Send(Forward(0));
        _source.OnCompleted();

        Assert.True(_completed);
        Assert.Equal(1, _chain.Count);
    }

    [Fact]
    public void PassesOnTheError_WhenTheSourceFails()
    {
        using IDisposable subscription = Serve();

        _source.OnError(new InvalidTimeZoneException());

        Assert.IsType<InvalidTimeZoneException>(_error);
    }

    [Fact]
    public void ServesNoMore_WhenDisposed()
    {
        IDisposable subscription = Serve();
        Send(Forward(0));

        subscription.Dispose();
        Send(Forward(1));

        Assert.False(_source.HasObservers);
        Assert.Equal(1, _chain.Count);
    }

    [Fact]
    public void ServesEachOnItsOwn_WhenSubscribedTwiceInTurn()
    {
        IObservable<ChainEvent<Block>> served = _source.ServeTo(_chain);
        served.Subscribe(_seen.Add).Dispose();
        using IDisposable second = served.Subscribe(_seen.Add);

        Send(At(Point.Origin), Forward(0));

        Assert.Equal((2, 1), (_seen.Count, _chain.Count));
    }

    [Fact]
    public void CreditsComeBackWhenConsumed_WhenTheSourceIsPaced()
    {
        var paced = new ScriptedPacedSource<ChainEvent<Block>>(window: 2);
        var slow = new CollectingPacedObserver<ChainEvent<Block>>();
        var served = Assert.IsAssignableFrom<IPacedObservable<ChainEvent<Block>>>(paced.ServeTo(_chain));
        using IDisposable subscription = served.Subscribe(slow);

        paced.Send(Forward(0));
        paced.Send(Forward(1));

        Assert.False(paced.HasRoom());
        Assert.Equal(2, _chain.Count);
        slow.ReturnOne();
        Assert.True(paced.HasRoom());
    }

    [Fact]
    public void ServesTheFold_WhenTheChainIsAllInMemory()
    {
        using InMemoryChain chain = new();
        using IDisposable subscription = _source.ServeTo(chain).Subscribe(_seen.Add);

        Send(At(Main[2].Point), Forward(3), Forward(4), Back(3), Back(2), Forward(3));

        Assert.Equal([Main[3].Point], chain.HeadersAfter(Point.Origin).Select(static header => header.Point));
    }

    [Fact]
    public void IsNotPaced_WhenTheSourceIsNot() => Assert.IsNotAssignableFrom<IPacedObservable<ChainEvent<Block>>>(_source.ServeTo(_chain));

    [Fact]
    public void RefusesNull_WhenCalled()
    {
        Assert.Throws<ArgumentNullException>(() => _source.ServeTo(null!));
        Assert.Throws<ArgumentNullException>(() => ((IObservable<ChainEvent<Block>>)null!).ServeTo(_chain));
    }

    private static ChainEvent<Block> Forward(int index) => new(ChainEventKind.RollForward, Main[index].Point, Main[index], default);

    private static ChainEvent<Block> Back(int index) => new(ChainEventKind.RollBackward, Main[index].Point, default, default);

    private static ChainEvent<Block> At(Point point) => new(ChainEventKind.Intersected, point, default, default);

    private IDisposable Serve() => _source.ServeTo(_chain).Subscribe(_seen.Add, error => _error = error, () => _completed = true);

    private void Send(params ChainEvent<Block>[] events) => Array.ForEach(events, _source.OnNext);
}
