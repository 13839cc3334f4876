using System.Reactive.Disposables;
using Reactive.Network.Internal;

namespace Reactive.Network.Multiplexing;

/// <summary>
/// All deadlines of one connection on one timer. A deadline is a number in a slot: moving it later costs a write, the timer finds out when it
/// fires. Only an earlier deadline than the one the timer stands on re-arms it.
/// </summary>
internal sealed class DeadlineTimer : IDisposable
{
    /// <summary>No deadline.</summary>
    public const long Never = long.MaxValue;

    private readonly Lock _gate = new();
    private readonly NetworkClock _clock;
    private readonly Action<int> _expired;
    private readonly SerialDisposable _timer = new();
    private long[] _slots;
    private long _armed = Never;
    private bool _used;
    private bool _disposed;

    /// <param name="clock">Whose time.</param>
    /// <param name="slots">How many deadlines there are, unless <see cref="Reserve"/> adds some.</param>
    /// <param name="expired">
    /// Called with a slot whose time has come, on the scheduler, without a lock. The slot is cleared before. Runs no user code.
    /// </param>
    public DeadlineTimer(NetworkClock clock, int slots, Action<int> expired)
    {
        _clock = clock;
        _expired = expired;
        _slots = new long[slots];
        Array.Fill(_slots, Never);
    }

    /// <summary>Makes room for this many deadlines. Before the first is set, by who makes the connection: later a write could go to the array that was left.</summary>
    public void Reserve(int slots)
    {
        int old = _slots.Length;
        if (slots <= old)
        {
            return;
        }

        if (Volatile.Read(ref _used))
        {
            throw new InvalidOperationException("A deadline was set already.");
        }

        Array.Resize(ref _slots, Math.Max(slots, 2 * old));
        _slots.AsSpan(old).Fill(Never);
    }

    /// <summary>The deadline in a slot, in ticks of the clock.</summary>
    public long this[int slot] => Volatile.Read(ref _slots[slot]);

    /// <summary>Sets a deadline, any thread.</summary>
    public void Set(int slot, long due)
    {
        if (due == Never)
        {
            Clear(slot);
            return;
        }

        Volatile.Write(ref _used, true);
        Volatile.Write(ref _slots[slot], due);
        // The full fence pairs with the one in Fire: either that sees this slot, or this sees what the timer was re-armed to.
        Interlocked.MemoryBarrier();
        if (due < Volatile.Read(ref _armed))
        {
            lock (_gate)
            {
                ArmFor(due);
            }
        }
    }

    /// <summary>Removes a deadline, any thread.</summary>
    public void Clear(int slot) => Volatile.Write(ref _slots[slot], Never);

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        _timer.Dispose();
    }

    private void ArmFor(long due)
    {
        if (_disposed || due >= _armed)
        {
            return;
        }

        _armed = due;
        // Rx's pool schedulers run a delay below their resolution in place, which is under the lock here.
        long least = Strand.IsThreadPool(_clock.Scheduler) ? TimeSpan.TicksPerMillisecond : 0;
        TimeSpan wait = TimeSpan.FromTicks(Math.Max(least, due - _clock.Now));
        _timer.Disposable = _clock.Scheduler.Schedule(this, wait, static (_, self) =>
        {
            self.Fire();
            return Disposable.Empty;
        });
    }

    private void Fire()
    {
        lock (_gate)
        {
            _armed = Never;
        }

        Interlocked.MemoryBarrier();
        long now = _clock.Now;
        for (int slot = 0; slot < _slots.Length; slot++)
        {
            long due = Volatile.Read(ref _slots[slot]);
            if (due <= now && Interlocked.CompareExchange(ref _slots[slot], Never, due) == due)
            {
                _expired(slot);
            }
        }

        long next = Never;
        foreach (ref long slot in _slots.AsSpan())
        {
            next = Math.Min(next, Volatile.Read(ref slot));
        }

        if (next != Never)
        {
            lock (_gate)
            {
                ArmFor(next);
            }
        }
    }
}
