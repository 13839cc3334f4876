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
    /// <param name="bytes">How many.</param>
    /// <param name="force">Whether to take them where there is no room.</param>
    /// <param name="wake">
    /// Called once when bytes are given back, where they could not be taken: noted in one step with the refusal, so that no return is missed. At most one
    /// entry per connection.
    /// </param>
    public bool TryTake(long bytes, bool force, Action? wake = null)
    {
        lock (_gate)
        {
            if (!force && _taken + bytes > maxBytes)
            {
                if (wake is not null && !_waiting.Contains(wake))
                {
                    _waiting.Add(wake);
                }

                return false;
            }

            _taken += bytes;
            return true;
        }
    }

    /// <summary>Waits no more.</summary>
    public void Forget(Action wake)
    {
        lock (_gate)
        {
            _waiting.Remove(wake);
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
}
