using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Storage;

/// <summary>What every chain source does, whatever it keeps its blocks in.</summary>
public abstract class ChainSourceContractTests
{
    private static readonly Point Elsewhere = new(17, Blake2b256.Hash("elsewhere"u8));

    internal static IReadOnlyList<Block> Blocks => BoundaryChain.Blocks;

    /// <summary>The source under test, with <see cref="BoundaryChain.Blocks"/>.</summary>
    protected abstract IChainSource Source { get; }

    [Fact]
    public void RollsBackToOriginFirst_WhenNoIntersectionWasAskedFor()
    {
        using IChainCursor cursor = Source.Follow();

        Assert.True(cursor.TryNext(out ChainStep first));

        Assert.Null(first.RollForward);
        Assert.Equal(Point.Origin, first.Point);
        Assert.Equal(new Tip(PointAt(^1), Blocks[^1].BlockNumber), first.Tip);
    }

    [Fact]
    public void SendsEveryHeaderInOrder_WhenFollowedFromOrigin()
    {
        List<Header> headers = Source.HeadersAfter(Point.Origin);

        Assert.Equal(Blocks.Select(static block => Describe(block.Header)), headers.Select(Describe));
    }

    [Fact]
    public void SendsWhatComesAfter_WhenFollowedFromAnyPoint()
    {
        for (int i = 0; i < Blocks.Count; i++)
        {
            List<Header> headers = Source.HeadersAfter(PointAt(i));

            Assert.Equal(Blocks.Skip(i + 1).Select(static block => block.Hash), headers.Select(static header => header.Hash));
        }
    }

    [Fact]
    public void TellsItsTipWithEveryStep_WhenFollowed()
    {
        using IChainCursor cursor = Source.Follow();
        List<Tip> tips = [];

        while (cursor.TryNext(out ChainStep step))
        {
            tips.Add(step.Tip);
            step.RollForward?.Dispose();
        }

        Assert.Equal(Enumerable.Repeat(Source.Tip, Blocks.Count + 1), tips);
        Assert.Equal(PointAt(^1), Source.Tip.Point);
    }

    [Fact]
    public void FindsTheFirstInTheOrderGiven_WhenSeveralAreOnTheChain()
    {
        using IChainCursor cursor = Source.Follow();

        Point? found = cursor.FindIntersect([Elsewhere, PointAt(3), PointAt(^1), Point.Origin]);

        Assert.Equal(PointAt(3), found);
        Assert.Equal(PointAt(3), cursor.TakeRollBack());
        Assert.Equal(PointAt(4), cursor.TakeForward(1)[0].Point);
    }

    [Fact]
    public void FindsOrigin_WhenNothingElseIsThere()
    {
        using IChainCursor cursor = Source.Follow();

        Assert.Equal(Point.Origin, cursor.FindIntersect([Elsewhere, Point.Origin, PointAt(0)]));
    }

    [Fact]
    public void TellsThemApart_WhenBoundaryAndMainBlockShareASlot()
    {
        int boundary = Blocks.Index().First(static item => item.Index > 0 && item.Item.Era == Era.ByronBoundary).Index;
        Assert.Equal(Blocks[boundary].Slot, Blocks[boundary + 1].Slot);

        Assert.Equal(PointAt(boundary + 1), Source.HeadersAfter(PointAt(boundary))[0].Point);
        Assert.Equal(PointAt(boundary + 2), Source.HeadersAfter(PointAt(boundary + 1))[0].Point);
        Assert.Equal([PointAt(boundary)], Source.Blocks(PointAt(boundary), PointAt(boundary)).Select(static block => block.Point));
        Assert.Equal([PointAt(boundary + 1)], Source.Blocks(PointAt(boundary + 1), PointAt(boundary + 1)).Select(static block => block.Point));
        Assert.Equal(2, Source.Blocks(PointAt(boundary), PointAt(boundary + 1)).Count);
    }

    [Fact]
    public void FindsNothing_WhenSlotAndHashAreNotOfOneBlock()
    {
        using IChainCursor cursor = Source.Follow();

        Assert.Null(cursor.FindIntersect([
            new Point(PointAt(3).Slot, PointAt(4).Hash),
            new Point(PointAt(3).Slot + 1, PointAt(3).Hash),
            new Point(0, PointAt(3).Hash),
            new Point(ulong.MaxValue, PointAt(3).Hash),
        ]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public void GoesOnAsItWas_WhenNoPointIsFound(int stepsBefore)
    {
        using IChainCursor cursor = Source.Follow();
        int sent = 0;
        for (; sent < stepsBefore && cursor.TryNext(out ChainStep step); sent++)
        {
            step.RollForward?.Dispose();
        }

        Assert.Null(cursor.FindIntersect([Elsewhere]));
        Assert.Null(cursor.FindIntersect([]));

        if (stepsBefore == 0)
        {
            Assert.Equal(Point.Origin, cursor.TakeRollBack());
        }

        Assert.Equal(PointAt(Math.Max(0, stepsBefore - 1)), cursor.TakeForward(1)[0].Point);
    }

    [Fact]
    public void RollsBackToTheIntersection_WhenItStandsThereAlready()
    {
        using IChainCursor cursor = Source.Follow();
        cursor.TakeRollBack();
        cursor.TakeForward(4);

        Assert.Equal(PointAt(3), cursor.FindIntersect([PointAt(3)]));

        Assert.Equal(PointAt(3), cursor.TakeRollBack());
        Assert.Equal(PointAt(4), cursor.TakeForward(1)[0].Point);
    }

    [Fact]
    public void HasNothing_WhenTheClientIsAtTheTip()
    {
        using IChainCursor cursor = Source.Follow();
        cursor.FindIntersect([PointAt(^1)]);
        cursor.TakeRollBack();

        Assert.False(cursor.TryNext(out _));
        Assert.False(cursor.TryNext(out _));
    }

    [Fact]
    public void GoesBack_WhenAskedAfterTheTipWasReached()
    {
        using IChainCursor cursor = Source.Follow();
        cursor.TakeRollBack();
        cursor.TakeForward();

        cursor.FindIntersect([PointAt(1)]);

        Assert.Equal(PointAt(1), cursor.TakeRollBack());
        Assert.Equal(Blocks.Count - 2, cursor.TakeForward().Count);
    }

    [Fact]
    public void FollowsEachOnItsOwn_WhenTwoClientsTakeTurns()
    {
        using IChainCursor one = Source.Follow();
        using IChainCursor other = Source.Follow();
        one.TakeRollBack();
        other.FindIntersect([PointAt(5)]);
        other.TakeRollBack();

        for (int i = 6; i < Blocks.Count; i++)
        {
            Assert.Equal(PointAt(i - 6), one.TakeForward(1)[0].Point);
            Assert.Equal(PointAt(i), other.TakeForward(1)[0].Point);
        }
    }

    [Fact]
    public void ReadsExactlyTheRange_WhenBothEndsAreOnTheChain()
    {
        for (int first = 0; first < Blocks.Count; first += 3)
        {
            for (int last = first; last < Blocks.Count; last += 2)
            {
                byte[] bytes = Source.Blocks(PointAt(first), PointAt(last)).Bytes();

                Assert.True(bytes.AsSpan().SequenceEqual(Blocks.Skip(first).Take(last - first + 1).Bytes()), $"{first} to {last}");
            }
        }
    }

    [Fact]
    public void HasNoRange_WhenItIsNotOnTheChain()
    {
        Assert.Null(Source.ReadRange(PointAt(4), PointAt(3)));
        Assert.Null(Source.ReadRange(Elsewhere, PointAt(3)));
        Assert.Null(Source.ReadRange(PointAt(3), Elsewhere));
        Assert.Null(Source.ReadRange(PointAt(3), new Point(ulong.MaxValue, PointAt(4).Hash)));
        Assert.Null(Source.ReadRange(Point.Origin, PointAt(3)));
        Assert.Null(Source.ReadRange(PointAt(3), Point.Origin));
    }

    [Fact]
    public void EndsForGood_WhenTheRangeWasRead()
    {
        using IBlockCursor cursor = Source.ReadRange(PointAt(0), PointAt(0))!;

        Assert.True(cursor.TryNext(out Block block));
        block.Dispose();

        Assert.False(cursor.TryNext(out _));
        Assert.False(cursor.TryNext(out _));
    }

    [Fact]
    public void EndsEarly_WhenACursorIsDisposed()
    {
        IChainCursor headers = Source.Follow();
        headers.TakeRollBack();
        headers.TakeForward(2);
        IBlockCursor blocks = Source.ReadRange(PointAt(0), PointAt(^1))!;
        Assert.True(blocks.TryNext(out Block block));
        block.Dispose();

        headers.Dispose();
        blocks.Dispose();
        headers.Dispose();
        blocks.Dispose();

        Assert.False(blocks.TryNext(out _));
    }

    private static Point PointAt(Index index) => Blocks[index].Point;

    private static string Describe(Header header) => $"{header.Era} {header.ByronSizeHint} {Convert.ToHexStringLower(header.Span)}";
}
