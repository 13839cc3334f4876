using Reactive.Network.Chain;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Storage;

/// <summary>The chain in memory on top of ten blocks that do not change: blocks 0 to 9 are below, those from 10 on above the border.</summary>
public sealed class LayeredChainTests : IDisposable
{
    private static readonly Block[] Main = [.. InMemoryChainTests.Make(30, seed: 1)];
    private readonly InMemoryChain _below = new();
    private readonly LayeredChain _chain;

    public LayeredChainTests()
    {
        foreach (Block block in Main[..10])
        {
            _below.Append(block);
        }

        _chain = new LayeredChain(capacity: 5, _below);
    }

    public void Dispose()
    {
        _chain.Dispose();
        _below.Dispose();
    }

    [Fact]
    public void EndsAtTheBorder_WhenNothingIsInMemory()
    {
        Assert.Equal((_below.Tip, 0, true), (_chain.Tip, _chain.Count, _chain.ReachesImmutable));
    }

    [Fact]
    public void GoesOnInMemory_WhenTheClientIntersectedBelow()
    {
        Append(Main[10..13]);
        using IChainCursor cursor = Stand(7, read: 0);

        Assert.Equal(Points(Main[8..13]), Points(cursor.TakeForward()));
    }

    [Fact]
    public void GoesOn_WhenTheClientWaitedAtTheBorder()
    {
        using IChainCursor cursor = Stand(7, read: 2);
        Assert.False(cursor.TryNext(out _));

        Append(Main[10..12]);

        Assert.Equal(Points(Main[10..12]), Points(cursor.TakeForward()));
    }

    [Fact]
    public void RollsBackToTheBorder_WhenAllInMemoryGoes()
    {
        Append(Main[10..13]);
        using IChainCursor cursor = Stand(11, read: 1);

        _chain.RollBack(Main[9].Point);
        Append(Fork(9, 2));

        Assert.Equal(Main[9].Point, cursor.TakeRollBack());
        Assert.Equal(2, cursor.TakeForward().Count);
    }

    [Fact]
    public void RollsBackBelowTheBorder_WhenTheImmutablePartIsCut()
    {
        Append(Main[10..13]);
        using IChainCursor inMemory = Stand(11, read: 1);
        using IChainCursor above = Stand(5, read: 3);
        using IChainCursor at = Stand(5, read: 1);
        using IChainCursor under = Stand(2, read: 1);

        _chain.RollBack(Main[6].Point);

        Assert.Equal((Main[6].Point, 6UL), (_chain.Tip.Point, _chain.Tip.BlockNumber));
        Append(Fork(6, 3));
        Assert.Equal(Main[6].Point, inMemory.TakeRollBack());
        Assert.Equal(Main[6].Point, above.TakeRollBack());
        Assert.Equal(3, inMemory.TakeForward().Count);
        Assert.Equal(3, above.TakeForward().Count);
        Assert.Equal(3, at.TakeForward().Count);
        Assert.Equal([.. Points(Main[4..7]), .. Points(Fork(6, 3))], Points(under.TakeForward()));
        Assert.Equal(10, _below.Count);
    }

    [Fact]
    public void GoesBackFurther_WhenItIsCutTwiceBeforeTheClientAsks()
    {
        using IChainCursor cursor = Stand(5, read: 3);

        _chain.RollBack(Main[6].Point);
        _chain.RollBack(Main[3].Point);

        Assert.Equal(Main[3].Point, cursor.TakeRollBack());
        Assert.False(cursor.TryNext(out _));
    }

    [Fact]
    public void DoesNotServeWhatWasCut_WhenItIsAskedForByPoint()
    {
        _chain.RollBack(Main[6].Point);
        using IChainCursor cursor = _chain.Follow();

        Assert.Null(cursor.FindIntersect([Main[7].Point]));
        Assert.Null(_chain.ReadRange(Main[5].Point, Main[7].Point));
        Assert.Equal(Points(Main[5..7]), _chain.Blocks(Main[5].Point, Main[6].Point).Select(static block => block.Point));
    }

    [Fact]
    public void BeginsAnew_WhenRolledBackToOrigin()
    {
        Append(Main[10..12]);
        using IChainCursor inMemory = Stand(10, read: 1);
        using IChainCursor below = Stand(2, read: 1);

        _chain.RollBack(Point.Origin);
        Block[] other = [.. InMemoryChainTests.Make(3, seed: 9)];
        Append(other);

        foreach (IChainCursor cursor in new[] { inMemory, below })
        {
            Assert.Equal(Point.Origin, cursor.TakeRollBack());
            Assert.Equal(Points(other), Points(cursor.TakeForward()));
        }
    }

    [Fact]
    public void ReadsAcrossTheBorder_WhenTheRangeLiesOnBothSides()
    {
        Append(Main[10..13]);

        List<Block> blocks = _chain.Blocks(Main[4].Point, Main[11].Point);

        Assert.Equal(Main[4..12].Bytes(), blocks.Bytes());
    }

    [Fact]
    public void EndsTheRange_WhenItLeavesTheChainBeforeTheBorderIsReached()
    {
        Append(Main[10..13]);
        using IBlockCursor range = _chain.ReadRange(Main[8].Point, Main[12].Point)!;
        Assert.True(range.TryNext(out _));

        _chain.RollBack(Main[11].Point);

        Assert.True(range.TryNext(out _));
        Assert.Throws<ChainSourceException>(() => range.TryNext(out _));
    }

    [Fact]
    public void HoldsNoMoreThanItsCapacity_WhenItGrows()
    {
        for (int i = 10; i < 30; i++)
        {
            Append(Main[i..(i + 1)]);
            Assert.InRange(_chain.Count, 1, 5);
        }

        Assert.Equal(Main[29].Point, _chain.Tip.Point);
        Assert.Null(_chain.ReadRange(Main[24].Point, Main[24].Point));
    }

    [Fact]
    public void StartsAgainAtTheOldest_WhenAGapOpensAboveTheClient()
    {
        using IChainCursor cursor = Stand(7, read: 1);

        Append(Main[10..16]);

        Assert.False(_chain.ReachesImmutable);
        Assert.Equal(Point.Origin, cursor.TakeRollBack());
        Assert.Equal(Points(Main[11..16]), Points(cursor.TakeForward()));
    }

    [Fact]
    public void FollowsOn_WhenAGapOpensBelowTheClient()
    {
        Append(Main[10..15]);
        using IChainCursor cursor = Stand(10, read: 0);

        Append(Main[15..16]);

        Assert.Equal(Points(Main[11..16]), Points(cursor.TakeForward()));
    }

    [Fact]
    public void FindsNothingBelowTheGap_ButReadsThere()
    {
        Append(Main[10..16]);
        using IChainCursor cursor = _chain.Follow();

        Assert.Null(cursor.FindIntersect([Main[9].Point, Main[3].Point]));
        Assert.Equal(Main[10].Point, cursor.FindIntersect([Main[10].Point]));
        Assert.Null(_chain.ReadRange(Main[9].Point, Main[12].Point));
        Assert.Equal(4, _chain.Blocks(Main[3].Point, Main[6].Point).Count);
    }

    [Fact]
    public void RollsBackOverTheGap_WhenTheClientHadAllBelowIt()
    {
        Append(Main[10..12]);
        using IChainCursor cursor = Stand(8, read: 3);
        Append(Main[12..16]);

        _chain.RollBack(Main[8].Point);
        Append(Fork(8, 2));

        Assert.True(_chain.ReachesImmutable);
        Assert.Equal(Main[8].Point, cursor.TakeRollBack());
        Assert.Equal(2, cursor.TakeForward().Count);
    }

    [Fact]
    public void SendsTheWholeChain_WhenTheGapClosesUnderAClientThatBeganAboveIt()
    {
        Append(Main[10..16]);
        using IChainCursor waiting = _chain.Follow();
        using IChainCursor began = _chain.Follow();
        Assert.Equal(Point.Origin, began.TakeRollBack());
        began.TakeForward(2);

        _chain.RollBack(Main[8].Point);

        foreach (IChainCursor cursor in new[] { waiting, began })
        {
            Assert.Equal(Point.Origin, cursor.TakeRollBack());
            Assert.Equal(Points(Main[..9]), Points(cursor.TakeForward()));
        }
    }

    [Fact]
    public void RefusesABlock_WhenItDoesNotStandOnTheBorder()
    {
        Assert.Throws<ArgumentException>(() => _chain.Append(Main[11]));

        Assert.Equal(Main[9].Point, _chain.Tip.Point);
    }

    [Fact]
    public void RefusesToRollBack_WhenThePointIsInTheGapOrNowhere()
    {
        Append(Main[10..20]);

        Assert.Throws<ArgumentException>(() => _chain.RollBack(Main[12].Point));
        Assert.Throws<ArgumentException>(() => _chain.RollBack(Main[25].Point));

        Assert.Equal(Main[19].Point, _chain.Tip.Point);
    }

    [Fact]
    public void RollsBackToTheBlockThatFellOffLast_WhenThatIsAsDeepAsItHolds()
    {
        Append(Main[10..20]);
        using IChainCursor cursor = Stand(16, read: 1);

        _chain.RollBack(Main[14].Point);

        Assert.Equal((0, Main[14].Point, 14UL), (_chain.Count, _chain.Tip.Point, _chain.Tip.BlockNumber));
        Append(Fork(14, 2));
        Assert.Equal(Main[14].Point, cursor.TakeRollBack());
        Assert.Equal(2, cursor.TakeForward().Count);
    }

    [Fact]
    public void EndsTheClient_WhenTheImmutablePartLosesBlocksAllTheSame()
    {
        using IChainCursor cursor = Stand(5, read: 1);

        _below.RollBack(Main[6].Point);

        Assert.Throws<ChainSourceException>(() => cursor.TakeForward());
    }

    [Fact]
    public void TellsTheTip_WhenTheChainChanged()
    {
        List<Point> told = [];
        bool completed = false;
        using IDisposable subscription = _chain.Changes.Subscribe(tip => told.Add(tip.Point), () => completed = true);

        Append(Main[10..12]);
        _chain.RollBack(Main[10].Point);
        _chain.RollBack(Main[4].Point);
        _chain.Dispose();

        Assert.Equal(Points([Main[10], Main[11], Main[10], Main[4]]), told);
        Assert.True(completed);
        Assert.Throws<ObjectDisposedException>(() => _chain.RollBack(Main[2].Point));
        Assert.Equal(Main[4].Point, _chain.Tip.Point);
    }

    [Fact]
    public void BeginsAnywhere_WhenThereIsNothingBelow()
    {
        using LayeredChain chain = new(capacity: 5);
        chain.StandOn(new Tip(Main[19].Point, 19));
        using IChainCursor cursor = chain.Follow();

        Assert.Equal(Main[19].Point, chain.Tip.Point);
        Assert.Throws<ArgumentException>(() => chain.Append(Main[5]));
        chain.Append(Main[20]);

        Assert.Equal(Point.Origin, cursor.TakeRollBack());
        Assert.Equal(Points(Main[20..21]), Points(cursor.TakeForward()));
        Assert.Equal(Main[19].Point, cursor.FindIntersect([Main[19].Point]));
        Assert.False(chain.ReachesImmutable);
    }

    private static Block[] Fork(int above, int count) =>
        [.. InMemoryChainTests.Make(count, seed: 100 + above, new Tip(Main[above].Point, Main[above].BlockNumber))];

    private static Point[] Points(IEnumerable<Block> blocks) => [.. blocks.Select(static block => block.Point)];

    private static Point[] Points(IEnumerable<Header> headers) => [.. headers.Select(static header => header.Point)];

    private void Append(IEnumerable<Block> blocks)
    {
        foreach (Block block in blocks)
        {
            _chain.Append(block);
        }
    }

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
