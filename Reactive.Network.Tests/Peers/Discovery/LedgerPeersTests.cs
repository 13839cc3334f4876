using System.Collections.Immutable;
using Reactive.Network.Peers.Discovery;

namespace Reactive.Network.Tests.Peers.Discovery;

public class LedgerPeersTests
{
    private static readonly ImmutableArray<LedgerPool> Pools =
    [
        new LedgerPool(0.64, 0.64, [new AccessPoint("large.example", 1)]),
        new LedgerPool(0.80, 0.16, [new AccessPoint("middle.example", 1)]),
        new LedgerPool(0.84, 0.04, [new AccessPoint("small.example", 1)]),
        new LedgerPool(0.84, 0, [new AccessPoint("none.example", 1)]),
        new LedgerPool(0.90, 0.06, []),
    ];

    [Theory]
    [InlineData(false, 0.762, 0.190)]
    [InlineData(true, 0.571, 0.286)]
    public void PicksByStake_WhenOneIsWanted(bool bySquareRoot, double large, double middle)
    {
        Random random = new(1);
        string[] picked = [.. Enumerable.Range(0, 20_000).Select(_ => LedgerPeers.Pick(Pools, 1, bySquareRoot, random.NextDouble).Single().Address)];

        Assert.InRange(picked.Count(static name => name == "large.example") / 20_000.0, large - 0.015, large + 0.015);
        Assert.InRange(picked.Count(static name => name == "middle.example") / 20_000.0, middle - 0.015, middle + 0.015);
        Assert.DoesNotContain("none.example", picked);
    }

    [Fact]
    public void PicksEachOnce_WhenMoreAreWantedThanThereAre()
    {
        ImmutableArray<AccessPoint> picked = LedgerPeers.Pick(Pools, 100, bySquareRoot: false, new Random(1).NextDouble);

        Assert.Equal(["large.example", "middle.example", "small.example"], picked.Select(static point => point.Address).Order());
    }

    [Fact]
    public void PicksTheSame_WhenTheSeedIsTheSame()
    {
        Assert.Equal(
            LedgerPeers.Pick(Pools, 2, bySquareRoot: true, new Random(5).NextDouble), LedgerPeers.Pick(Pools, 2, bySquareRoot: true, new Random(5).NextDouble));
    }
}
