using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>
    /// Turns each element into a result by a task, several at a time, and delivers the results in the order of the elements. Replaces Rx's
    /// <c>SelectMany</c> with tasks, which starts as many as come.
    /// </summary>
    /// <typeparam name="TSource">The elements.</typeparam>
    /// <typeparam name="TResult">The results.</typeparam>
    /// <param name="source">The elements.</param>
    /// <param name="maxConcurrency">Tasks started whose results are not yet delivered, 1 or more.</param>
    /// <param name="selector">Starts the task of one element. Called on <paramref name="scheduler"/>, one element at a time.</param>
    /// <param name="scheduler">Where the selector and the observer are called. <see langword="null"/>: the thread pool.</param>
    /// <remarks>
    /// <para>
    /// <code>
    /// source                        -a-b------|
    /// a takes 5, b takes 1
    /// SelectAsync(2, ...)           ------(AB)|
    /// </code>
    /// </para>
    /// <para>
    /// Per-subscription: each starts tasks of its own. Selector and observer are called on <paramref name="scheduler"/>, one at a time, never under a lock.
    /// Elements are handed to the selector, results to the observer: each owns what it is given. Completes after the last result. Fails after the
    /// results that come before it with the error of a task (<see cref="OperationCanceledException"/> where it was cancelled), with what the selector threw,
    /// or with the source's error. Failing and disposing cancel the tasks that still run, by the token they were given, and leave the source; their results
    /// are not seen.
    /// </para>
    /// <para>
    /// An element's credit goes on with its result, so a paced source is slowed by slow tasks and by a slow observer, and what waits to be started is
    /// bounded by the source's window. A source that is not paced is put behind a <c>BoundedBuffer</c> of <paramref name="maxConcurrency"/> elements that
    /// fails when it is full: put one with another capacity and policy in front. One result that is late holds up those behind it, which take up their
    /// places meanwhile: nothing is reordered.
    /// </para>
    /// </remarks>
    public static IObservable<TResult> SelectAsync<TSource, TResult>(
        this IObservable<TSource> source,
        int maxConcurrency,
        Func<TSource, CancellationToken, Task<TResult>> selector,
        IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);
        ArgumentNullException.ThrowIfNull(selector);
        IScheduler where = scheduler ?? DefaultScheduler.Instance;
        IObservable<TSource> paced = source is IPacedObservable<TSource> ? source : source.BoundedBuffer(maxConcurrency, Overflow.Fail, where);
        return new PacedPipe<TResult>(observer => new SelectAsyncSink<TSource, TResult>(maxConcurrency, selector, observer, where).Run(paced));
    }
}

/// <summary>The source's side only queues; starting tasks and delivering results are turns on the scheduler.</summary>
internal sealed class SelectAsyncSink<TSource, TResult> : SerialWork, IPacedObserver<TSource>, IDisposable
{
    private readonly Lock _gate = new();
    private readonly int _maxConcurrency;
    private readonly Func<TSource, CancellationToken, Task<TResult>> _selector;
    private readonly IPacedObserver<TResult> _observer;
    private readonly SingleAssignmentDisposable _upstream = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Action _askAgain;

    /// <summary>Elements that wait to be started: no more than the source's window. Under the gate.</summary>
    private readonly Queue<(TSource Value, Credit Credit)> _waiting = new();

    /// <summary>Tasks in the order of their elements, <c>maxConcurrency</c> at most. Touched in turns only.</summary>
    private readonly Queue<(Task<TResult> Task, Credit Credit)> _started = new();

    private bool _isEnding;
    private bool _isOver;
    private Exception? _error;

    internal SelectAsyncSink(
        int maxConcurrency, Func<TSource, CancellationToken, Task<TResult>> selector, IPacedObserver<TResult> observer, IScheduler scheduler)
        : base(scheduler)
    {
        (_maxConcurrency, _selector, _observer) = (maxConcurrency, selector, observer);
        _askAgain = Ask;
    }

    public void OnNext(TSource value, Credit credit)
    {
        bool taken;
        lock (_gate)
        {
            taken = !_isEnding && !_isOver;
            if (taken)
            {
                _waiting.Enqueue((value, credit));
            }
        }

        if (!taken)
        {
            credit.Return();
            return;
        }

        Ask();
    }

    public void OnError(Exception error) => End(error);

    public void OnCompleted() => End(null);

    public void Dispose()
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
        }

        _upstream.Dispose();
        _stop.Cancel();
        // The next turn gives back what is owed for what waits and for what was started.
        Ask();
    }

    internal SelectAsyncSink<TSource, TResult> Run(IObservable<TSource> source)
    {
        _upstream.Disposable = Paced.Subscribe(source, this, _maxConcurrency);
        return this;
    }

    protected override bool Turn()
    {
        try
        {
            for (int i = 0; i < MaxPerTurn; i++)
            {
                while (!IsOver() && _started.Count < _maxConcurrency && TryTakeWaiting(out (TSource Value, Credit Credit) next))
                {
                    _started.Enqueue((Start(next.Value), next.Credit));
                }

                if (IsOver())
                {
                    GiveBackAll();
                    return false;
                }

                if (!_started.TryPeek(out (Task<TResult> Task, Credit Credit) head))
                {
                    FinishIfEnding();
                    return false;
                }

                if (!head.Task.IsCompleted)
                {
                    return false;
                }

                _started.Dequeue();
                if (!head.Task.IsCompletedSuccessfully)
                {
                    Finish(ErrorOf(head.Task));
                    return false;
                }

                _observer.OnNext(head.Task.Result, head.Credit);
            }

            return true;
        }
        catch
        {
            // The observer threw: its subscription ends, and the exception goes the scheduler's way.
            Dispose();
            GiveBackAll();
            throw;
        }
    }

    private static Exception ErrorOf(Task<TResult> task) => task.Exception?.InnerException ?? new TaskCanceledException(task);

    private Task<TResult> Start(TSource value)
    {
        Task<TResult> task;
        try
        {
            task = _selector(value, _stop.Token)
                ?? Task.FromException<TResult>(new InvalidOperationException("The selector returned no task."));
        }
        catch (Exception error)
        {
            // Fails in its place: the results before it are delivered first.
            return Task.FromException<TResult>(error);
        }

        if (!task.IsCompleted)
        {
            task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_askAgain);
        }

        return task;
    }

    private void GiveBackAll()
    {
        while (TryTakeWaiting(out (TSource Value, Credit Credit) waiting))
        {
            waiting.Credit.Return();
        }

        while (_started.TryDequeue(out (Task<TResult> Task, Credit Credit) started))
        {
            started.Credit.Return();
        }
    }

    private bool TryTakeWaiting(out (TSource Value, Credit Credit) next)
    {
        lock (_gate)
        {
            return _waiting.TryDequeue(out next);
        }
    }

    private bool IsOver()
    {
        lock (_gate)
        {
            return _isOver;
        }
    }

    private void End(Exception? error)
    {
        lock (_gate)
        {
            if (_isEnding || _isOver)
            {
                return;
            }

            (_isEnding, _error) = (true, error);
        }

        Ask();
    }

    private void FinishIfEnding()
    {
        lock (_gate)
        {
            if (!_isEnding || _waiting.Count > 0)
            {
                return;
            }
        }

        Finish(_error);
    }

    private void Finish(Exception? error)
    {
        Dispose();
        if (error is null)
        {
            _observer.OnCompleted();
        }
        else
        {
            _observer.OnError(error);
        }
    }
}
