using System.Reactive.Concurrency;

namespace Reactive.Network.Internal;

/// <summary>Monotonic time of a scheduler, in ticks of 100 ns since the clock was made.</summary>
internal sealed class NetworkClock
{
    private readonly IScheduler _scheduler;
    private readonly IStopwatch? _stopwatch;
    private readonly DateTimeOffset _start;

    public NetworkClock(IScheduler scheduler)
    {
        _scheduler = scheduler;
        _stopwatch = (scheduler as IServiceProvider)?.GetService(typeof(IStopwatchProvider)) is IStopwatchProvider provider
            ? provider.StartStopwatch()
            : null;
        _start = scheduler.Now;
    }

    /// <summary>The scheduler whose time this is.</summary>
    public IScheduler Scheduler => _scheduler;

    /// <summary>Ticks since the start. Wall-clock changes do not show where the scheduler has a stopwatch.</summary>
    public long Now => _stopwatch is null ? (_scheduler.Now - _start).Ticks : _stopwatch.Elapsed.Ticks;

    /// <summary>The low 32 bits of the clock in microseconds: the time stamp of an SDU header.</summary>
    public uint Microseconds => unchecked((uint)(Now / TimeSpan.TicksPerMicrosecond));
}
