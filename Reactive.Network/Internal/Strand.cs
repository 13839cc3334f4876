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

    void IThreadPoolWorkItem.Execute() => Turn();

    /// <summary>One bounded turn.</summary>
    /// <returns>Whether there is more to do: another turn is scheduled behind whatever else is ready.</returns>
    protected abstract bool RunTurn();

    /// <summary>Whether work on <paramref name="scheduler"/> is queued to the thread pool, which a strand does more cheaply itself.</summary>
    internal static bool IsThreadPool(IScheduler scheduler) =>
        ReferenceEquals(scheduler, DefaultScheduler.Instance)
        || ReferenceEquals(scheduler, TaskPoolScheduler.Default)
        || ReferenceEquals(scheduler, ThreadPoolScheduler.Instance);

    private void Turn()
    {
        // A full fence: see MarkReady.
        Interlocked.Exchange(ref _state, Running);
        bool more = false;
        try
        {
            more = RunTurn();
        }
        finally
        {
            // Also behind a turn that threw: the exception is the scheduler's, but the strand must not be stuck for ever.
            if (more || Interlocked.CompareExchange(ref _state, Idle, Running) != Running)
            {
                Volatile.Write(ref _state, Ready);
                Dispatch();
            }
        }
    }

    private void Dispatch()
    {
        if (_scheduler is null)
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
