namespace Reactive.Network.Protocols.ChainSync;

/// <summary>How far a local client asks ahead. The reference leaves it to the client.</summary>
public sealed record LocalChainSyncOptions
{
    /// <summary>When this many requests are unanswered or unconsumed, no more are sent until <see cref="LowMark"/> is reached.</summary>
    /// <value>1 to 1,000; 50 by default: as many ordinary blocks of at most 90,112 bytes take half of what may wait unread.</value>
    public int HighMark { get; init; } = 50;

    /// <summary>When no more than this many are left, requests are sent again.</summary>
    /// <value>0 to <see cref="HighMark"/>; 30 by default.</value>
    public int LowMark { get; init; } = 30;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(HighMark, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(HighMark, 1000);
        ArgumentOutOfRangeException.ThrowIfNegative(LowMark);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LowMark, HighMark);
    }
}
