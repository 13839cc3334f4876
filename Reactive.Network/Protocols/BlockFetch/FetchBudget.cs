namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>
/// Announced bytes that all connections together may have asked for and not consumed: what keeps honest peers from filling the memory.
/// </summary>
/// <remarks>
/// A connection with nothing in flight may always ask for one block, so that none starves; the bound is therefore exceeded by at most one block per
/// connection. Beyond that they take turns: while one waits, nobody takes what it waits for, one range each. Any thread.
/// </remarks>
internal sealed class FetchBudget(long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private long _taken;

    /// <summary>Bytes asked for and not consumed.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Takes <paramref name="bytes"/> if there is room and nobody waits longer, or if <paramref name="force"/>.</summary>
    /// <param name="waiter">Whose bytes.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="force">Whether to take them where there is no room.</param>
    /// <param name="mayWait">Whether to be woken when it is worth asking again: noted in one step with the refusal, so that no return is missed.</param>
    public bool TryTake(Waiter waiter, long bytes, bool force, bool mayWait)
    {
        Waiter? next = null;
        lock (_gate)
        {
            bool isNext = _waiting.First is not { } first || first.Value == waiter;
            if (!force && (!isNext || _taken + bytes > maxBytes))
            {
                if (mayWait && !waiter.IsWaiting)
                {
                    waiter.IsWaiting = true;
                    _waiting.AddLast(waiter);
                }

                return false;
            }

            _taken += bytes;
            if (waiter.IsWaiting)
            {
                next = Remove(waiter);
            }
        }

        next?.Wake();
        return true;
    }

    /// <summary>Gives bytes back, and wakes who waits longest.</summary>
    public void Give(long bytes)
    {
        Waiter? next;
        lock (_gate)
        {
            _taken -= bytes;
            next = _waiting.First?.Value;
        }

        next?.Wake();
    }

    /// <summary>Waits no more: the turn is the next one's.</summary>
    public void Leave(Waiter waiter)
    {
        Waiter? next;
        lock (_gate)
        {
            next = waiter.IsWaiting ? Remove(waiter) : null;
        }

        next?.Wake();
    }

    private Waiter? Remove(Waiter waiter)
    {
        waiter.IsWaiting = false;
        _waiting.Remove(waiter);
        return _waiting.First?.Value;
    }

    /// <summary>One connection.</summary>
    /// <param name="wake">Called when it may be worth asking again. Any thread; must return at once.</param>
    public sealed class Waiter(Action wake)
    {
        /// <summary>Whether it stands in the queue. The budget's.</summary>
        internal bool IsWaiting { get; set; }

        internal void Wake() => wake();
    }
}
