namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>
/// Announced bytes that all connections together may have asked for and not consumed: what keeps honest peers from filling the memory.
/// </summary>
/// <remarks>
/// A connection with nothing in flight may always ask for one block, so that none starves; the bound is therefore exceeded by at most one block per
/// connection. Any thread.
/// </remarks>
internal sealed class FetchBudget(long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly List<Action> _waiting = [];
    private long _taken;

    /// <summary>Bytes asked for and not consumed.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Takes <paramref name="bytes"/> if there is room, or if <paramref name="force"/>.</summary>
    public bool TryTake(long bytes, bool force)
    {
        lock (_gate)
        {
            if (!force && _taken + bytes > maxBytes)
            {
                return false;
            }

            _taken += bytes;
            return true;
        }
    }

    /// <summary>Gives bytes back, and wakes all that wait: one of them may be gone by now.</summary>
    public void Give(long bytes)
    {
        Action[] waiting;
        lock (_gate)
        {
            _taken -= bytes;
            if (_waiting.Count == 0)
            {
                return;
            }

            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (Action wake in waiting)
        {
            wake();
        }
    }

    /// <summary>Calls <paramref name="wake"/> once when bytes are given back. At most one entry per connection.</summary>
    public void WakeLater(Action wake)
    {
        lock (_gate)
        {
            _waiting.Add(wake);
        }
    }
}
