namespace Reactive.Network.Peers.Candidates;

/// <summary>How much of the peers' chains is held.</summary>
public sealed record CandidateOptions
{
    /// <summary>The deepest roll back that is followed: so many headers are kept below the place where the first reader is.</summary>
    /// <value>1 or more; 2,160 by default, the security parameter k of mainnet.</value>
    public int MaxRollback { get; init; } = 2160;

    /// <summary>How many headers ahead of the first reader are asked for.</summary>
    /// <value>1 or more; 2,000 by default.</value>
    public int MaxAhead { get; init; } = 2000;

    /// <summary>Bytes of headers on one peer's chain; a peer that announces more is left.</summary>
    /// <value>8 MiB by default; 4,160 headers of 1,000 bytes take 4 MiB.</value>
    public long MaxBytesPerPeer { get; init; } = 8 * 1024 * 1024;

    /// <summary>Checks of headers beyond links and hashes.</summary>
    /// <value>None by default.</value>
    public IHeaderValidator? Validator { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRollback, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAhead, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBytesPerPeer, 65_535);
    }
}
