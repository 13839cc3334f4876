using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace Reactive.Network.Internal;

/// <summary>
/// A unit of serial execution: bounded turns, at most one at a time, on the scheduler. Marking it ready is cheap, comes from any thread and
/// never runs it in place.
/// </summary>
/// <remarks>
/// On the thread pool the strand is its own work item, so that a turn costs no allocation; on any other scheduler a turn is one
/// <c>Schedule</c>, which <c>TestScheduler</c> counts as one tick.
/// </remarks>
internal abstract class Strand : IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Ready = 1;
    private const int Running = 2;
    private const int RunningAndReady = 3;

    /// <summary>Turns that follow one another on a thread for which nothing else waits.</summary>
    private const int TurnsInARow = 16;

    /// <summary>Whether this thread has promised to run a strand that it marks ready.</summary>
    [ThreadStatic]
    private static bool _defers;

    [ThreadStatic]
    private static Strand? _deferred;

    private readonly IScheduler? _scheduler;
    private int _state;

    /// <param name="scheduler">Where turns run.</param>
    protected Strand(IScheduler scheduler) => _scheduler = IsThreadPool(scheduler) ? null : scheduler;

    /// <summary>There is work: a turn will run.</summary>
    public void MarkReady()
    {
        // What the caller has just written must be seen by the turn that is under way, or the state of that turn by the caller: without the fence
        // both may read the past, and nobody looks again.
        Interlocked.MemoryBarrier();
        while (true)
        {
            switch (Volatile.Read(ref _state))
            {
                case Idle:
                    if (Interlocked.CompareExchange(ref _state, Ready, Idle) == Idle)
                    {
                        Dispatch();
                        return;
                    }

                    break;
                case Running:
                    if (Interlocked.CompareExchange(ref _state, RunningAndReady, Running) == Running)
                    {
                        return;
                    }

                    break;
                default:
                    return;
            }
        }
    }

    /// <summary>
    /// From here on the first strand that this thread of the pool marks ready waits for <see cref="RunDeferred"/> or <see cref="DispatchDeferred"/>: one
    /// of them must follow. For a thread that will have nothing else to do, so that no other need be woken.
    /// </summary>
    internal static void Defer() => _defers = true;

    /// <summary>Ends the deferring: what waits goes to the pool.</summary>
    internal static void DispatchDeferred()
    {
        _defers = false;
        if (_deferred is { } strand)
        {
            _deferred = null;
            strand.Dispatch();
        }
    }

    /// <summary>Ends the deferring: what waits runs here and now. On a thread of the system's, which user code must not keep, it goes to the pool.</summary>
    internal static void RunDeferred()
    {
        if (!Thread.CurrentThread.IsThreadPoolThread)
        {
            DispatchDeferred();
            return;
        }

        _defers = false;
        if (_deferred is { } strand)
        {
            _deferred = null;
            strand.Turn();
        }
    }

    void IThreadPoolWorkItem.Execute() => Turn();

    /// <summary>One bounded turn.</summary>
    /// <returns>Whether there is more to do: another turn follows, behind whatever else waits for a thread.</returns>
    protected abstract bool RunTurn();

    /// <summary>Whether work on <paramref name="scheduler"/> is queued to the thread pool, which a strand does more cheaply itself.</summary>
    internal static bool IsThreadPool(IScheduler scheduler) =>
        ReferenceEquals(scheduler, DefaultScheduler.Instance)
        || ReferenceEquals(scheduler, TaskPoolScheduler.Default)
        || ReferenceEquals(scheduler, ThreadPoolScheduler.Instance);

    private void Turn()
    {
        for (int left = TurnsInARow; ; left--)
        {
            // A full fence: see MarkReady.
            Interlocked.Exchange(ref _state, Running);
            bool more = false;
            bool isOver = false;
            try
            {
                more = RunTurn();
                isOver = true;
            }
            finally
            {
                // Also behind a turn that threw: the exception is the scheduler's, but the strand must not be stuck for ever.
                more = more || Interlocked.CompareExchange(ref _state, Idle, Running) != Running;
                if (more && (!isOver || !MayGoOn(left)))
                {
                    more = false;
                    Volatile.Write(ref _state, Ready);
                    Dispatch();
                }
            }

            if (!more)
            {
                return;
            }
        }
    }

    /// <summary>Whether the next turn may run here: not in place of others that wait for a thread. Being queued again would wake one of those for it.</summary>
    private bool MayGoOn(int left) => left > 1 && _scheduler is null && ThreadPool.PendingWorkItemCount == 0;

    private void Dispatch()
    {
        if (_scheduler is null && _defers && _deferred is null)
        {
            _deferred = this;
        }
        else if (_scheduler is null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            _scheduler.Schedule(this, static (_, strand) =>
            {
                strand.Turn();
                return Disposable.Empty;
            });
        }
    }
}
