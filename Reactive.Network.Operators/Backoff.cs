namespace Reactive.Network.Operators;

/// <summary>How long to wait before trying again: longer after each failure, up to a limit, and never quite the same.</summary>
public sealed record Backoff
{
    private readonly TimeSpan _first = TimeSpan.FromSeconds(1);
    private readonly TimeSpan _max = TimeSpan.FromSeconds(60);
    private readonly double _factor = 2;
    private readonly double _jitter = 0.25;
    private readonly int _maxRetries = int.MaxValue;
    private readonly int _alternatives = 1;

    /// <summary>The wait after the first failure.</summary>
    /// <value>More than zero. Default: 1 s.</value>
    public TimeSpan First
    {
        get => _first;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            _first = value;
        }
    }

    /// <summary>The longest wait, before jitter.</summary>
    /// <value>More than zero. Default: 60 s.</value>
    public TimeSpan Max
    {
        get => _max;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            _max = value;
        }
    }

    /// <summary>What each further failure in a row multiplies the wait by.</summary>
    /// <value>1 or more. Default: 2.</value>
    public double Factor
    {
        get => _factor;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfNotEqual(double.IsFinite(value), true, nameof(Factor));
            _factor = value;
        }
    }

    /// <summary>How far a wait may differ from the computed one, either way, as a part of it: so that many who failed together do not come back together.</summary>
    /// <value>0 to 1. Default: 0.25.</value>
    public double Jitter
    {
        get => _jitter;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1);
            _jitter = value;
        }
    }

    /// <summary>Failures in a row that are answered by another try; the next one is final.</summary>
    /// <value>0 or more. Default: no limit.</value>
    public int MaxRetries
    {
        get => _maxRetries;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _maxRetries = value;
        }
    }

    /// <summary>
    /// How many sources the tries take in turn: a failure is answered by the next source at once, and only a whole round of failures is waited after. What
    /// is tried must do the turning.
    /// </summary>
    /// <value>1 or more. Default: 1, every failure is waited after.</value>
    public int Alternatives
    {
        get => _alternatives;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _alternatives = value;
        }
    }

    /// <summary>What the jitter is drawn from. Give each component a seed of its own: equal seeds wait equally long.</summary>
    /// <value>Any number. Default: 0.</value>
    public int Seed { get; init; }

    /// <summary>Which errors are worth another try.</summary>
    /// <value>Default: <see langword="null"/>, all of them.</value>
    public Func<Exception, bool>? RetryOn { get; init; }

    /// <summary>The wait after so many failures in a row: none within a round of <see cref="Alternatives"/>.</summary>
    /// <param name="failures">1 or more.</param>
    /// <param name="random">What the jitter is drawn from: at most one draw.</param>
    public TimeSpan DelayAfter(int failures, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(failures, 1);
        ArgumentNullException.ThrowIfNull(random);

        (int rounds, int within) = Math.DivRem(failures, Alternatives);
        if (within != 0)
        {
            return TimeSpan.Zero;
        }

        // Power overflows to infinity, which Min brings back to the limit.
        double ticks = Math.Min(First.Ticks * Math.Pow(Factor, rounds - 1), Max.Ticks);
        double spread = 1 + (Jitter * ((2 * random.NextDouble()) - 1));
        return TimeSpan.FromTicks((long)Math.Min(ticks * spread, TimeSpan.MaxValue.Ticks / 2));
    }
}
