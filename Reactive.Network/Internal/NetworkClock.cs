using System.Reactive.Concurrency;

namespace Reactive.Network.Internal;

/// <summary>Monotonic time of a scheduler, in ticks of 100 ns since the clock was made.</summary>
internal sealed class NetworkClock
{
    /// <summary>More than the coarse clock of any system is behind.</summary>
    private const int TickMilliseconds = 20;

    private readonly IScheduler _scheduler;
    private readonly IStopwatch? _stopwatch;
    private readonly DateTimeOffset _start;
    private readonly bool _hasCoarse;
    private long _coarseOffset;

    public NetworkClock(IScheduler scheduler)
    {
        _scheduler = scheduler;
        _stopwatch = (scheduler as IServiceProvider)?.GetService(typeof(IStopwatchProvider)) is IStopwatchProvider provider
            ? provider.StartStopwatch()
            : null;
        _start = scheduler.Now;
        _hasCoarse = Strand.IsThreadPool(scheduler);
        _ = Now;
    }

    /// <summary>The scheduler whose time this is.</summary>
    public IScheduler Scheduler => _scheduler;

    /// <summary>Ticks since the start. Wall-clock changes do not show where the scheduler has a stopwatch.</summary>
    public long Now
    {
        get
        {
            long now = _stopwatch is null ? (_scheduler.Now - _start).Ticks : _stopwatch.Elapsed.Ticks;
            if (_hasCoarse)
            {
                // Each time, as the two clocks may drift apart: bytes are stamped with this one as they come.
                Volatile.Write(ref _coarseOffset, now - CoarseTicks);
            }

            return now;
        }
    }

    /// <summary>
    /// The same, or up to 40 ms ahead, for limits of seconds that begin with each message: reading the system's fine clock takes as long as handling a small
    /// message does. A limit that is counted from here is never short. Exact in virtual time.
    /// </summary>
    public long CoarseNow => _hasCoarse ? CoarseTicks + Volatile.Read(ref _coarseOffset) + (TickMilliseconds * TimeSpan.TicksPerMillisecond) : Now;

    private static long CoarseTicks => Environment.TickCount64 * TimeSpan.TicksPerMillisecond;

    /// <summary>The low 32 bits of the clock in microseconds: the time stamp of an SDU header.</summary>
    public uint Microseconds => unchecked((uint)(Now / TimeSpan.TicksPerMicrosecond));
}
