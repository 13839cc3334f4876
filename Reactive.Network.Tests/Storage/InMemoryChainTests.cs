using System.Reactive;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Storage;

public sealed class InMemoryChainTests : IDisposable
{
    private static readonly Block[] Main = [.. Make(10, seed: 1)];
    private readonly InMemoryChain _chain = new();

    public void Dispose() => _chain.Dispose();

    [Fact]
    public void RollsBackToTheIntersection_WhenTheChainIsCutThere()
    {
        Append(Main);
        using IChainCursor cursor = Stand(4, read: 2);

        _chain.RollBack(Main[4].Point);

        Assert.Equal(Main[4].Point, cursor.TakeRollBack());
    }

    [Fact]
    public void RollsBackBelowTheIntersection_WhenTheChainIsCutBelow()
    {
        Append(Main);
        using IChainCursor cursor = Stand(4, read: 2);

        _chain.RollBack(Main[2].Point);
        Append(Fork(2, 5));

        Assert.Equal(Main[2].Point, cursor.TakeRollBack());
        Assert.Equal(5, cursor.TakeForward().Count);
    }

    [Fact]
    public void RollsBackToTheNewestShared_WhenTheForkChangedTwiceMeanwhile()
    {
        Append(Main);
        using IChainCursor cursor = Stand(4, read: 5);

        _chain.RollBack(Main[2].Point);
        Append(Fork(2, 5));
        _chain.RollBack(Main[2].Point);
        Append(Main[3..7]);
        Append(Fork(6, 3));

        Assert.Equal(Main[6].Point, cursor.TakeRollBack());
        Assert.Equal(3, cursor.TakeForward().Count);
    }

    [Fact]
    public void RollsBackToTheCut_WhenTheClientHadNotTakenItsRollBackYet()
    {
        Append(Main);
        using IChainCursor cursor = _chain.Follow();
        cursor.FindIntersect([Main[6].Point]);

        _chain.RollBack(Main[3].Point);

        Assert.Equal(Main[3].Point, cursor.TakeRollBack());
        Assert.False(cursor.TryNext(out _));
    }

    [Fact]
    public void SaysNothing_WhenTheSameBlocksComeBack()
    {
        Append(Main);
        using IChainCursor cursor = Stand(4, read: 5);

        _chain.RollBack(Main[1].Point);
        Append(Main[2..]);
        Append(Fork(9, 1));

        Assert.Single(cursor.TakeForward());
    }

    [Fact]
    public void FollowsOn_WhenTheChainBeganAnewAtAnotherHeight()
    {
        Append(Main);
        using IChainCursor cursor = Stand(4, read: 2);

        _chain.RollBack(Point.Origin);
        Append(Main[5..]);

        Assert.Equal([Main[7].Point, Main[8].Point, Main[9].Point], cursor.TakeForward().Select(static header => header.Point));
    }

    [Fact]
    public void RollsBackToOrigin_WhenNothingIsShared()
    {
        Append(Main);
        using IChainCursor cursor = Stand(4, read: 2);

        _chain.RollBack(Point.Origin);
        Append([.. Make(3, seed: 9)]);

        Assert.Equal(Point.Origin, cursor.TakeRollBack());
        Assert.Equal(3, cursor.TakeForward().Count);
    }

    [Fact]
    public void HoldsTheNewest_WhenItHasACapacity()
    {
        using InMemoryChain chain = new(capacity: 3);

        Append(chain, Main);

        Assert.Equal(3, chain.Count);
        Assert.Equal(Main[7..].Select(static block => block.Point), chain.HeadersAfter(Point.Origin).Select(static header => header.Point));
        Assert.Null(chain.ReadRange(Main[6].Point, Main[8].Point));
        Assert.Throws<ArgumentException>(() => chain.RollBack(Main[5].Point));
        Assert.Equal(Main[9].Point, chain.Tip.Point);
    }

    [Fact]
    public void EndsAtTheBlockThatFellOffLast_WhenRolledBackToIt()
    {
        using InMemoryChain chain = new(capacity: 3);
        Append(chain, Main);
        using IChainCursor began = chain.Follow();
        began.TakeRollBack();
        began.TakeForward();
        using IChainCursor knows = chain.Follow();
        knows.FindIntersect([Main[6].Point]);
        knows.TakeRollBack();
        knows.TakeForward();

        chain.RollBack(Main[6].Point);

        Assert.Equal((0, new Tip(Main[6].Point, 6)), (chain.Count, chain.Tip));
        Assert.Throws<ArgumentException>(() => chain.Append(Main[8]));
        chain.Append(Main[7]);
        chain.RollBack(Main[6].Point);
        Append(chain, Fork(6, 2));

        // Who began at origin, above that block, does not know it.
        Assert.Equal(Main[6].Point, knows.TakeRollBack());
        Assert.Equal(Point.Origin, began.TakeRollBack());
        Assert.Equal(2, knows.TakeForward().Count);
        Assert.Equal(2, began.TakeForward().Count);
    }

    [Fact]
    public void StandsOnABlockThatIsNotHeld_WhenToldSo()
    {
        Append(Main[..4]);
        using IChainCursor cursor = Stand(1, read: 2);

        _chain.StandOn(new Tip(Main[6].Point, 6));

        Assert.Equal((0, new Tip(Main[6].Point, 6)), (_chain.Count, _chain.Tip));
        Assert.Throws<ArgumentException>(() => _chain.Append(Main[4]));
        Append(Main[7..]);
        Assert.Equal(Point.Origin, cursor.TakeRollBack());
        Assert.Equal(3, cursor.TakeForward().Count);
        Assert.Equal(Main[6].Point, cursor.FindIntersect([Main[6].Point]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void FollowsOn_WhenTheClientsBlockFellOffButNoneIsMissing(int capacity)
    {
        using InMemoryChain chain = new(capacity);
        Append(chain, Main[..1]);
        using IChainCursor cursor = chain.Follow();
        cursor.TakeRollBack();
        cursor.TakeForward();

        Append(chain, Main[1..(1 + capacity)]);

        Assert.Equal(Main[1].Point, cursor.TakeForward(1)[0].Point);
    }

    [Fact]
    public void FollowsOn_WhenTheClientsBlockFellOffAndTheTipWasRolledBack()
    {
        using InMemoryChain chain = new(capacity: 3);
        Append(chain, Main[..5]);
        using IChainCursor cursor = chain.Follow();
        Assert.Equal(Main[1].Point, cursor.FindIntersect([Main[1].Point]));
        cursor.TakeRollBack();

        chain.RollBack(Main[3].Point);

        Assert.Equal([Main[2].Point, Main[3].Point], cursor.TakeForward().Select(static header => header.Point));
    }

    [Fact]
    public void RollsBackToTheBlockBelowTheOldest_WhenThatIsTheNewestShared()
    {
        using InMemoryChain chain = new(capacity: 2);
        Append(chain, Main[..4]);
        using IChainCursor cursor = chain.Follow();
        cursor.TakeRollBack();
        cursor.TakeForward();

        chain.RollBack(Main[2].Point);
        Append(chain, Fork(2, 2));

        Assert.Equal(Main[2].Point, cursor.TakeRollBack());
        Assert.Equal(2, cursor.TakeForward().Count);
    }

    [Fact]
    public void StartsAgainAtOrigin_WhenBlocksTheClientDoesNotHaveFellOff()
    {
        using InMemoryChain chain = new(capacity: 3);
        Append(chain, Main[..2]);
        using IChainCursor cursor = chain.Follow();
        cursor.TakeRollBack();
        cursor.TakeForward();

        Append(chain, Main[2..]);

        Assert.Equal(Point.Origin, cursor.TakeRollBack());
        Assert.Equal(Main[7].Point, cursor.TakeForward()[0].Point);
    }

    [Fact]
    public void BeginsAnywhere_WhenTheFirstBlockNamesAPredecessor()
    {
        Append(Main[5..]);

        Assert.Equal(Main[5].Point, _chain.HeadersAfter(Point.Origin)[0].Point);
    }

    [Fact]
    public void RefusesABlock_WhenItDoesNotStandOnTheTip()
    {
        Append(Main[..4]);

        Assert.Throws<ArgumentException>(() => _chain.Append(Main[5]));
        Assert.Throws<ArgumentException>(() => _chain.Append(Main[3]));

        Assert.Equal((4, Main[3].Point), (_chain.Count, _chain.Tip.Point));
    }

    [Fact]
    public void RefusesBytes_WhenTheyAreNoBlock()
    {
        Assert.Throws<CodecException>(() => _chain.Append(Block.FromMemory(new byte[] { 0x80 })));

        Assert.Equal(Tip.Origin, _chain.Tip);
    }

    [Fact]
    public void RefusesToRollBack_WhenThePointIsNotHeld()
    {
        Append(Main);

        Assert.Throws<ArgumentException>(() => _chain.RollBack(new Point(3, Main[4].Hash)));

        Assert.Equal(Main[9].Point, _chain.Tip.Point);
    }

    [Fact]
    public void EndsTheRange_WhenItLeavesTheChainWhileItIsRead()
    {
        Append(Main);
        using IBlockCursor range = _chain.ReadRange(Main[2].Point, Main[8].Point)!;
        Assert.True(range.TryNext(out _));

        _chain.RollBack(Main[7].Point);
        Append(Fork(7, 3));

        ChainSourceException gone = Assert.Throws<ChainSourceException>(() => range.TryNext(out _));
        Assert.Equal(Fault.Local, gone.Fault);
    }

    [Fact]
    public void EndsTheRange_WhenItsBlocksFallOffWhileItIsRead()
    {
        using InMemoryChain chain = new(capacity: 3);
        Append(chain, Main[..3]);
        using IBlockCursor range = chain.ReadRange(Main[0].Point, Main[2].Point)!;

        Append(chain, Main[3..4]);

        Assert.Throws<ChainSourceException>(() => range.TryNext(out _));
    }

    [Fact]
    public void ReadsOn_WhenTheRangeCameBack()
    {
        Append(Main);
        using IBlockCursor range = _chain.ReadRange(Main[2].Point, Main[8].Point)!;

        _chain.RollBack(Main[3].Point);
        Append(Main[4..]);

        int count = 0;
        while (range.TryNext(out Block block))
        {
            Assert.Equal(Main[2 + count++].Point, block.Point);
        }

        Assert.Equal(7, count);
    }

    [Fact]
    public void TellsTheTip_WhenTheChainChanged()
    {
        List<Tip> tips = [];
        using IDisposable subscription = _chain.Changes.Subscribe(tips.Add);

        Append(Main[..2]);
        _chain.RollBack(Main[0].Point);
        _chain.RollBack(Main[0].Point);
        _chain.RollBack(Point.Origin);

        Assert.Equal([Main[0].Point, Main[1].Point, Main[0].Point, Point.Origin], tips.Select(static tip => tip.Point));
    }

    [Fact]
    public void TellsEachChangeAfterTheLast_WhenAnObserverChangesTheChain()
    {
        List<string> told = [];
        using IDisposable first = _chain.Changes.Subscribe(tip =>
        {
            told.Add($"first {tip.BlockNumber}");
            if (tip.BlockNumber < 2)
            {
                _chain.Append(Main[tip.BlockNumber + 1]);
            }
        });
        using IDisposable second = _chain.Changes.Subscribe(tip => told.Add($"second {tip.BlockNumber}"));

        _chain.Append(Main[0]);

        Assert.Equal(["first 0", "second 0", "first 1", "second 1", "first 2", "second 2"], told);
    }

    [Fact]
    public void TellsTheOthers_WhenAnObserverThrows()
    {
        int throwing = 0;
        int told = 0;
        using IDisposable first = _chain.Changes.Subscribe(Observer.Create<Tip>(_ =>
        {
            throwing++;
            throw new InvalidOperationException("observer");
        }));
        using IDisposable second = _chain.Changes.Subscribe(_ => told++);

        Assert.Equal("observer", Assert.Throws<InvalidOperationException>(() => _chain.Append(Main[0])).Message);
        _chain.Append(Main[1]);

        Assert.Equal((1, 2, 1), (throwing, told, _chain.ObserverCount));
    }

    [Fact]
    public void TellsNobody_WhenTheSubscriptionWasDisposedMeanwhile()
    {
        int told = 0;
        IDisposable? second = null;
        using IDisposable first = _chain.Changes.Subscribe(_ => second!.Dispose());
        second = _chain.Changes.Subscribe(_ => told++);

        Append(Main);

        Assert.Equal((0, 1), (told, _chain.ObserverCount));
    }

    [Fact]
    public void CompletesOnce_WhenDisposed()
    {
        Append(Main);
        List<string> told = [];
        using IDisposable early = _chain.Changes.Subscribe(_ => { }, () => told.Add("early"));

        _chain.Dispose();
        _chain.Dispose();
        using IDisposable late = _chain.Changes.Subscribe(_ => { }, () => told.Add("late"));

        Assert.Equal(["early", "late"], told);
        Assert.Equal(0, _chain.ObserverCount);
        Assert.Throws<ObjectDisposedException>(() => _chain.RollBack(Main[0].Point));
        Assert.Throws<ObjectDisposedException>(() => _chain.Append(Main[0]));
        Assert.Equal(10, _chain.HeadersAfter(Point.Origin).Count);
    }

    [Fact]
    public void RefusesACapacityOfNothing()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new InMemoryChain(0));
    }

    internal static IEnumerable<Block> Make(int count, int seed, Tip? parent = null) =>
        new ChainGenerator(new ChainGeneratorOptions { Seed = seed, BodyBytes = 300, Parent = parent ?? Tip.Origin }).Take(count);

    private static Block[] Fork(int above, int count) =>
        [.. Make(count, seed: 100 + above, new Tip(Main[above].Point, Main[above].BlockNumber))];

    private static void Append(InMemoryChain chain, IEnumerable<Block> blocks)
    {
        foreach (Block block in blocks)
        {
            chain.Append(block);
        }
    }

    private void Append(IEnumerable<Block> blocks) => Append(_chain, blocks);

    /// <summary>A client that intersected at a block of the main chain and was sent some more.</summary>
    private IChainCursor Stand(int at, int read)
    {
        IChainCursor cursor = _chain.Follow();
        Assert.Equal(Main[at].Point, cursor.FindIntersect([Main[at].Point]));
        Assert.Equal(Main[at].Point, cursor.TakeRollBack());
        Assert.Equal(read, cursor.TakeForward(read).Count);
        return cursor;
    }
}
