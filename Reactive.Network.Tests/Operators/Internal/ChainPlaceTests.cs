using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators.Internal;

public class ChainPlaceTests
{
    [Fact]
    public void HoldsABoundedPartOfTheChain_WhenItIsLong()
    {
        ChainPlace place = ChainPlace.At(Point.Origin);
        for (int i = 1; i <= 20_000; i++)
        {
            place = place.Grow(ChainEvents.At(i));
        }

        int[] known = [.. Enumerable.Range(1, 20_000).Where(i => place.Knows(ChainEvents.At(i)))];

        Assert.InRange(known.Length, ChainPlace.Kept, (2 * ChainPlace.Kept) + 66);
        Assert.Equal(Enumerable.Range(20_001 - ChainPlace.Kept, ChainPlace.Kept), known[^ChainPlace.Kept..]);
        Assert.True(place.Knows(Point.Origin));
    }

    [Fact]
    public void StandsOnTheNextLowerPlace_WhenRolledBackToAnUnknownOne()
    {
        ChainPlace place = ChainPlace.At(ChainEvents.At(10)).Grow(ChainEvents.At(20)).Grow(ChainEvents.At(30));

        ChainPlace back = place.RollBack(ChainEvents.At(25));

        Assert.Equal([ChainEvents.At(25), ChainEvents.At(20), ChainEvents.At(10)], back.Offer());
    }

    [Fact]
    public void KnowsNothingElse_WhenRolledBackBelowEverything() =>
        Assert.Equal([ChainEvents.At(5)], ChainPlace.At(ChainEvents.At(10)).RollBack(ChainEvents.At(5)).Offer());
}
