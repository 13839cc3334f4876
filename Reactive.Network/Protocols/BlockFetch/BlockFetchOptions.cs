namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>What is checked of a block before it is delivered.</summary>
public enum BlockCheck
{
    /// <summary>Nothing: for those who check themselves, and to measure what checking costs.</summary>
    None,

    /// <summary>That it is the block asked for: its header hashes to the point.</summary>
    Header,

    /// <summary>Also that the body has the size and hash the header says.</summary>
    Body,
}

/// <summary>How much may be asked for ahead.</summary>
public enum FetchWindow
{
    /// <summary>
    /// Busy at the larger of the reference's high mark and 1.5 times the measured bandwidth-delay product plus one block; free again at half of that, or at the
    /// product plus one block where that is more (three quarters at most).
    /// </summary>
    Adaptive,

    /// <summary>Exactly the reference: busy at 393,216 announced bytes, free again at 196,608.</summary>
    Reference,
}

/// <summary>How block-fetch asks and what it checks.</summary>
public sealed record BlockFetchOptions
{
    /// <summary>Low mark of the reference, in bytes.</summary>
    public const long ReferenceLowMark = 196_608;

    /// <summary>High mark of the reference, in bytes.</summary>
    public const long ReferenceHighMark = 393_216;

    /// <summary>Requests in flight at most, as the reference.</summary>
    public const int MaxRequests = 100;

    /// <summary>Blocks in one request at most: amaru's server refuses more.</summary>
    internal const int MaxRangeBlocks = 1000;

    /// <summary>What is checked of a block before it is delivered; a failure ends the connection.</summary>
    /// <value><see cref="BlockCheck.Body"/> by default.</value>
    public BlockCheck Check { get; init; } = BlockCheck.Body;

    /// <summary>How the byte window is found.</summary>
    /// <value><see cref="FetchWindow.Adaptive"/> by default.</value>
    public FetchWindow Window { get; init; } = FetchWindow.Adaptive;

    /// <summary>The largest window.</summary>
    /// <value>Bytes; 16 MiB by default, below the 23,068,694 that may wait unread.</value>
    public long MaxWindowBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Fetches that may wait or run on one connection; one more fails with <see cref="ProtocolBusyException"/>.</summary>
    /// <value>1 or more; 100 by default.</value>
    public int MaxFetches { get; init; } = 100;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxWindowBytes, ReferenceHighMark);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxWindowBytes, BlockFetchProtocol.MaxIngressBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFetches, 1);
    }
}
