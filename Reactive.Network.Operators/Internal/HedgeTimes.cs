namespace Reactive.Network.Operators.Internal;

/// <summary>How long the recent requests for single blocks took: when one is late.</summary>
internal sealed class HedgeTimes(double percentile, TimeSpan least)
{
    private const int Kept = 64;
    private const int Enough = 8;

    private static readonly TimeSpan Unknown = TimeSpan.FromSeconds(1);

    private readonly long[] _ticks = new long[Kept];
    private int _count;

    public void Add(TimeSpan took) => _ticks[_count++ % Kept] = took.Ticks;

    /// <summary>After this a request is later than most.</summary>
    public TimeSpan Late
    {
        get
        {
            int known = Math.Min(_count, Kept);
            if (known < Enough)
            {
                return Unknown > least ? Unknown : least;
            }

            Span<long> sorted = stackalloc long[Kept];
            sorted = sorted[..known];
            _ticks.AsSpan(0, known).CopyTo(sorted);
            sorted.Sort();
            var late = TimeSpan.FromTicks(sorted[Math.Min(known - 1, (int)(known * percentile))]);
            return late > least ? late : least;
        }
    }
}
