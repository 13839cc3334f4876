using System.Diagnostics;
using Reactive.Network.Tests.Bearers;

namespace Reactive.Network.Tests.Loopback;

/// <summary>The contract where things happen on other threads: in real time, which is bounded.</summary>
[Trait("Category", "Loopback")]
public abstract class RealTimeBearerContractTests : BearerContractTests
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    protected override void WaitUntil(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        lock (Changed)
        {
            while (!condition())
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"never came: {what}");

                // Sinks pulse; a buffer that goes back to its pool does not, so look again now and then.
                Monitor.Wait(Changed, TimeSpan.FromMilliseconds(20));
            }
        }
    }
}
