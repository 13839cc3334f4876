using System.Reactive.Concurrency;
using Microsoft.Reactive.Testing;
using Reactive.Network.Internal;

namespace Reactive.Network.Tests.Internal;

public class NetworkClockTests
{
    [Fact]
    public void CountsFromWhereItWasMade()
    {
        var time = new TestScheduler();
        time.AdvanceTo(1_000);
        var clock = new NetworkClock(time);
        time.AdvanceBy(25);

        Assert.Equal(25, clock.Now);
        Assert.Equal(2u, clock.Microseconds);
    }

    [Fact]
    public void IsExact_InVirtualTime_AlsoWhereItMayBeCoarse()
    {
        var time = new TestScheduler();
        var clock = new NetworkClock(time);
        time.AdvanceBy(1);

        Assert.Equal((1, 1), (clock.Now, clock.CoarseNow));
    }

    [Fact]
    public void IsNeverBehind_WhereItIsCoarse()
    {
        var clock = new NetworkClock(TaskPoolScheduler.Default);
        for (int i = 0; i < 100_000; i++)
        {
            long fine = clock.Now;

            Assert.InRange(clock.CoarseNow, fine, long.MaxValue);
        }
    }

    [Fact]
    public void WrapsItsMicroseconds_WhenTheyOutgrow32Bits()
    {
        var time = new TestScheduler();
        var clock = new NetworkClock(time);

        time.AdvanceBy((((1L << 32) + 5) * TimeSpan.TicksPerMicrosecond) + 9);

        Assert.Equal(5u, clock.Microseconds);
    }
}
