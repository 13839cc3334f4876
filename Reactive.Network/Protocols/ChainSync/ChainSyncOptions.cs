namespace Reactive.Network.Protocols.ChainSync;

/// <summary>How far chain-sync asks ahead.</summary>
public sealed record ChainSyncOptions
{
    /// <summary>When this many requests are unanswered or unconsumed, no more are sent until <see cref="LowMark"/> is reached.</summary>
    /// <value>1 to 300; 300 by default, as the reference: 300 headers of 1,400 bytes are what may wait unread.</value>
    public int HighMark { get; init; } = 300;

    /// <summary>When no more than this many are left, requests are sent again.</summary>
    /// <value>0 to <see cref="HighMark"/>; 200 by default, as the reference.</value>
    public int LowMark { get; init; } = 200;

    /// <summary>Whether the peer may leave a request unanswered for ever while its chain does not change.</summary>
    /// <value><see langword="false"/> by default: 601 to 911 s, drawn at random. The reference waits for ever for trustable local roots.</value>
    public bool TrustPeer { get; init; }

    /// <summary>
    /// Whether the hashes of the headers that came together are computed side by side before they are delivered, which costs a quarter of what
    /// computing each one when it is asked for costs.
    /// </summary>
    /// <value><see langword="true"/> by default. For those who need no hash (nor <c>Header.Point</c>) of most headers it is wasted.</value>
    public bool HashHeaders { get; init; } = true;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(HighMark, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(HighMark, 300);
        ArgumentOutOfRangeException.ThrowIfNegative(LowMark);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LowMark, HighMark);
    }
}
