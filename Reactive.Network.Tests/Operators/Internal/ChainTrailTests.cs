using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;

namespace Reactive.Network.Tests.Operators.Internal;

public class ChainTrailTests
{
    [Fact]
    public void OffersFewPointsOverTheWholeWay_WhenItIsLong()
    {
        var trail = Along(100_000);

        IReadOnlyList<Point> offered = trail.Offer(int.MaxValue);

        Assert.Equal(100_000UL, offered[0].Slot);
        Assert.Equal(99_999UL, offered[1].Slot);
        Assert.True(offered[^1].IsOrigin);
        Assert.InRange(offered.Count, ChainTrail.Exact, ChainTrail.Exact + 20);
        Assert.Equal(offered.Select(static p => p.Slot).OrderDescending(), offered.Select(static p => p.Slot));
    }

    [Fact]
    public void OffersEachRecentPoint_WhenARollBackIsToBeMetExactly()
    {
        Assert.Equal(
            Enumerable.Range(0, ChainTrail.Exact).Select(static back => 100_000UL - (ulong)back),
            Along(100_000).Offer(int.MaxValue).Take(ChainTrail.Exact).Select(static p => p.Slot));
    }

    [Fact]
    public void OffersTheOldestWithinReach_WhenThereIsALimit()
    {
        Assert.Equal(100_000UL - ChainTrail.Dense, Along(100_000).Offer(ChainTrail.Dense)[^1].Slot);
    }

    [Fact]
    public void GoesBackToAnyRecentPoint_WhenRolledBack()
    {
        for (ulong back = 0; back < ChainTrail.Dense; back += 7)
        {
            var trail = Along(10_000);

            trail.RollBack(At(10_000 - back));

            Assert.Equal(10_000 - back, trail.Offer(int.MaxValue)[0].Slot);
        }
    }

    [Fact]
    public void KeepsTheStart_WhenRolledBackToAPointNotKept()
    {
        var trail = Along(10_000);

        trail.RollBack(At(1_234));

        Assert.Equal(1_234UL, trail.Last.Slot);
        Assert.True(trail.Offer(int.MaxValue)[^1].IsOrigin);
    }

    [Fact]
    public void StandsOnOrigin_WhenRolledBackBelowItsStart()
    {
        var trail = new ChainTrail();
        trail.Start(At(100));
        trail.Add(At(110));

        trail.RollBack(Point.Origin);

        Assert.Equal([Point.Origin], trail.Offer(int.MaxValue));
    }

    [Fact]
    public void TellsABoundaryBlockFromTheBlockInItsSlot_WhenRolledBack()
    {
        var trail = new ChainTrail();
        trail.Start(Point.Origin);
        Point boundary = new(100, BlockHash.Parse(new string('1', 64)));
        trail.Add(boundary);
        trail.Add(new Point(100, BlockHash.Parse(new string('2', 64))));

        trail.RollBack(boundary);

        Assert.Equal([boundary, Point.Origin], trail.Offer(int.MaxValue));
    }

    private static Point At(ulong slot) => new(slot, default);

    private static ChainTrail Along(ulong blocks)
    {
        var trail = new ChainTrail();
        trail.Start(Point.Origin);
        for (ulong slot = 1; slot <= blocks; slot++)
        {
            trail.Add(At(slot));
        }

        return trail;
    }
}
