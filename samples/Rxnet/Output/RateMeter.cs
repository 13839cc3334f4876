using System.Reactive.Concurrency;

namespace Rxnet.Output;

/// <summary>How much a second, over the last five. One thread at a time.</summary>
internal sealed class RateMeter(IScheduler scheduler)
{
    private const int WindowSeconds = 5;

    private readonly IStopwatch _clock = scheduler.StartStopwatch();
    private readonly long[] _buckets = new long[WindowSeconds + 1];
    private long _newest;

    /// <summary>What it comes to a second: over the last five seconds, or since the start where that is later.</summary>
    public double PerSecond
    {
        get
        {
            double elapsed = Move();
            double seconds = Math.Min(elapsed, WindowSeconds + (elapsed - Math.Floor(elapsed)));
            return seconds > 0 ? _buckets.Sum() / seconds : 0;
        }
    }

    public void Add(long amount)
    {
        Move();
        _buckets[_newest % _buckets.Length] += amount;
    }

    /// <summary>Empties the seconds that have passed; the newest is under way.</summary>
    private double Move()
    {
        double elapsed = _clock.Elapsed.TotalSeconds;
        long now = (long)elapsed;
        for (long second = Math.Max(_newest + 1, now - WindowSeconds); second <= now; second++)
        {
            _buckets[second % _buckets.Length] = 0;
        }

        _newest = now;
        return elapsed;
    }
}
