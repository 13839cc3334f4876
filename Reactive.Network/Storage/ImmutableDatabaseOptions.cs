namespace Reactive.Network.Storage;

/// <summary>How an <see cref="ImmutableDatabase"/> is opened.</summary>
public sealed record ImmutableDatabaseOptions
{
    /// <summary>
    /// Slots in one chunk (ten times the security parameter of the Byron genesis), for a directory that does not say it itself: one
    /// without a finished chunk. What the index of a finished chunk says goes first. <see langword="null"/> (default): not known.
    /// </summary>
    public int? SlotsPerChunk { get; init; }

    /// <summary>
    /// Chunk files up to this many bytes together are verified whole on opening; of a larger directory only the end is. In bytes, 0 or
    /// more; default 64 MiB.
    /// </summary>
    public long VerifyWholeUpToBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>
    /// Whether blocks are read where the system has the file in memory (mapped), instead of being copied: half as much again is served a second. A file that
    /// another process cuts in place while its blocks are looked at then ends the process, which nothing can catch, and so does a device that fails to read; a node only
    /// appends. <see langword="true"/> by default; <see langword="false"/> for directories that are overwritten while they are served, and for network mounts. What cannot be
    /// mapped is copied.
    /// </summary>
    public bool MapFiles { get; init; } = true;

    internal void Validate()
    {
        if (SlotsPerChunk is { } slots)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1, nameof(SlotsPerChunk));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(VerifyWholeUpToBytes);
    }
}
