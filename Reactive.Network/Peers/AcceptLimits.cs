namespace Reactive.Network.Peers;

/// <summary>How many connections a listener takes, and how it slows down before that. The defaults are the reference's.</summary>
public sealed record AcceptLimits
{
    /// <summary>From this many connections on, each accept waits.</summary>
    /// <value>0 to <see cref="HardLimit"/>; 384 by default.</value>
    public int SoftLimit { get; init; } = 384;

    /// <summary>No more connections than this.</summary>
    /// <value>1 or more; 512 by default.</value>
    public int HardLimit { get; init; } = 512;

    /// <summary>The wait before an accept at the hard limit; between the limits it grows in proportion.</summary>
    /// <value>5 s by default.</value>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long to wait before the next accept while <paramref name="connections"/> are open. At the hard limit: at least this long.</summary>
    public TimeSpan DelayAt(int connections)
    {
        if (connections >= HardLimit)
        {
            return Delay;
        }

        return connections < SoftLimit ? TimeSpan.Zero : Delay * ((connections - SoftLimit) / (double)(HardLimit - SoftLimit));
    }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(SoftLimit);
        ArgumentOutOfRangeException.ThrowIfLessThan(HardLimit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(HardLimit, SoftLimit);
        ArgumentOutOfRangeException.ThrowIfLessThan(Delay, TimeSpan.Zero);
    }
}
