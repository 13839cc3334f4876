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
    public void WrapsItsMicroseconds_WhenTheyOutgrow32Bits()
    {
        var time = new TestScheduler();
        var clock = new NetworkClock(time);

        time.AdvanceBy((((1L << 32) + 5) * TimeSpan.TicksPerMicrosecond) + 9);

        Assert.Equal(5u, clock.Microseconds);
    }
}
