using Reactive.Network.Peers;

namespace Reactive.Network.Tests.Peers;

public class AcceptLimitsTests
{
    [Fact]
    public void AreTheReferences_ByDefault()
    {
        AcceptLimits limits = new();

        Assert.Equal((384, 512, TimeSpan.FromSeconds(5)), (limits.SoftLimit, limits.HardLimit, limits.Delay));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(383, 0)]
    [InlineData(384, 0)]
    [InlineData(385, 390_625)]
    [InlineData(448, 25_000_000)]
    [InlineData(511, 49_609_375)]
    [InlineData(512, 50_000_000)]
    [InlineData(600, 50_000_000)]
    public void DelayGrowsFromSoftToHard(int connections, long ticks) => Assert.Equal(ticks, new AcceptLimits().DelayAt(connections).Ticks);

    [Fact]
    public void ThereIsNothingBetween_WhenTheLimitsAreEqual()
    {
        AcceptLimits limits = new() { SoftLimit = 10, HardLimit = 10 };

        Assert.Equal((TimeSpan.Zero, limits.Delay), (limits.DelayAt(9), limits.DelayAt(10)));
    }

    [Theory]
    [InlineData(-1, 512, 5)]
    [InlineData(0, 0, 5)]
    [InlineData(513, 512, 5)]
    [InlineData(384, 512, -1)]
    public void AreRefused_WhenOutOfRange(int soft, int hard, int seconds)
    {
        AcceptLimits limits = new() { SoftLimit = soft, HardLimit = hard, Delay = TimeSpan.FromSeconds(seconds) };

        Assert.Throws<ArgumentOutOfRangeException>(limits.Validate);
    }
}
