using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace Reactive.Network.Operators.Internal;

/// <summary>
/// Work that runs on a scheduler, one turn at a time, whoever asks for it and however often: the serial side of an operator. On the thread pool it is
/// its own work item, queued again and again.
/// </summary>
/// <param name="scheduler">Where turns run.</param>
internal abstract class SerialWork(IScheduler scheduler) : IThreadPoolWorkItem
{
    /// <summary>Elements one turn may deliver before it yields.</summary>
    protected const int MaxPerTurn = 64;

    private readonly bool _isThreadPool = scheduler is DefaultScheduler or ThreadPoolScheduler || ReferenceEquals(scheduler, TaskPoolScheduler.Default);
    private int _asked;

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => RunTurn();

    /// <summary>Asks for a turn after this moment. Any thread; several calls may be answered by one turn.</summary>
    protected void Ask()
    {
        if (Interlocked.Increment(ref _asked) == 1)
        {
            Enqueue();
        }
    }

    /// <summary>Does a bounded amount of work. Never runs twice at a time.</summary>
    /// <returns>Whether there may be more to do.</returns>
    protected abstract bool Turn();

    private void Enqueue()
    {
        if (_isThreadPool)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            scheduler.Schedule(this, static (_, self) =>
            {
                self.RunTurn();
                return Disposable.Empty;
            });
        }
    }

    // A turn that throws is the last one: _asked stays above zero. The exception goes the scheduler's unhandled way.
    private void RunTurn()
    {
        int answered = Volatile.Read(ref _asked);
        if (Turn() || Interlocked.Add(ref _asked, -answered) != 0)
        {
            Enqueue();
        }
    }
}
