namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>
/// Measures what the byte window needs: the shortest time from a request to its first answer, and the rate at which batches come in.
/// </summary>
internal sealed class DeliveryMeter
{
    private double _bytesPerTick;
    private long _delay = long.MaxValue;

    /// <summary>Bytes per second of the recent batches; 0 before the first.</summary>
    public double BytesPerSecond => _bytesPerTick * TimeSpan.TicksPerSecond;

    /// <summary>The shortest time to a first answer; <see langword="null"/> before one was measured.</summary>
    public TimeSpan? Delay => Volatile.Read(ref _delay) is var delay && delay == long.MaxValue ? null : TimeSpan.FromTicks(delay);

    /// <summary>The bandwidth-delay product: the bytes that are under way when none are missing; 0 before anything is measured.</summary>
    public long Product => _delay == long.MaxValue ? 0 : (long)Math.Min(long.MaxValue / 4, _bytesPerTick * _delay);

    /// <summary>1.5 times the bandwidth-delay product plus one block, in bytes; 0 before anything is measured.</summary>
    public long Window(long blockBytes) => Product is > 0 and var product ? product + (product / 2) + blockBytes : 0;

    /// <summary>The answer to a request that found the peer idle has begun.</summary>
    public void OnFirstAnswer(long ticks) => _delay = Math.Min(_delay, Math.Max(1, ticks));

    /// <summary>A batch is complete: its bytes came over the time since the one before, or since its first byte.</summary>
    public void OnBatch(long bytes, long ticks)
    {
        if (ticks <= 0)
        {
            return;
        }

        double rate = (double)bytes / ticks;
        // Rises at once, falls slowly: a consumer that pauses must not shrink the window that the path needs.
        _bytesPerTick = rate > _bytesPerTick ? rate : (_bytesPerTick * 0.95) + (rate * 0.05);
    }
}
