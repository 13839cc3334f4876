namespace Reactive.Network.Peers.Governance;

/// <summary>How long a peer that could not be connected to, or whose connection failed, is left alone: twice as long each time, a tenth more or less.</summary>
public sealed record PeerBackoff
{
    /// <summary>After the first failure.</summary>
    /// <value>More than zero; half a second by default.</value>
    public TimeSpan First { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>No wait is longer.</summary>
    /// <value><see cref="First"/> or more; 30 s by default.</value>
    public TimeSpan Max { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait after so many failures in a row.</summary>
    /// <param name="failures">1 or more.</param>
    public TimeSpan After(int failures)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(failures, 1);
        double wait = First.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 62));
        return wait < Max.TotalSeconds ? TimeSpan.FromSeconds(wait) : Max;
    }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(First, TimeSpan.Zero, nameof(First));
        ArgumentOutOfRangeException.ThrowIfLessThan(Max, First, nameof(Max));
    }
}
