using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Tests.Peers.Governance;

public class GovernorRandomTests
{
    [Fact]
    public void DrawsTheSame_WhenCopied()
    {
        GovernorRandom one = GovernorRandom.FromSeed(7);
        one.NextDouble();
        GovernorRandom other = one;

        Assert.Equal(one.NextDouble(), other.NextDouble());
        Assert.True(one == other);
        Assert.NotEqual(GovernorRandom.FromSeed(7), one);
    }

    [Fact]
    public void IsSpreadEvenly_WhenDrawnOften()
    {
        GovernorRandom random = GovernorRandom.FromSeed(8);
        int[] tenths = new int[10];
        for (int i = 0; i < 100_000; i++)
        {
            tenths[(int)(random.NextBetween(0, 10))]++;
        }

        Assert.All(tenths, static count => Assert.InRange(count, 9_500, 10_500));
    }
}
