using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <inheritdoc cref="BoundedBuffer{T}(IObservable{T}, long, Overflow, Func{T, long}?, Action{T}?, IScheduler?)"/>
    public static IObservable<T> BoundedBuffer<T>(this IObservable<T> source, long capacity, Overflow overflow, IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        return source.BoundedBuffer(capacity, overflow, null, null, scheduler);
    }

    /// <summary>
    /// Puts a queue between <paramref name="source"/> and an observer that may be slower. A paced source is slowed and loses nothing; for any other
    /// <paramref name="overflow"/> says what happens when the queue is full.
    /// </summary>
    /// <typeparam name="T">The elements.</typeparam>
    /// <param name="source">What is buffered.</param>
    /// <param name="capacity">
    /// What may wait at most, 1 or more: elements, or weight where <paramref name="weigh"/> is given. Of a paced source it does not limit what waits,
    /// see the remarks.
    /// </param>
    /// <param name="overflow">What a full queue does with one element more, where the source is not paced.</param>
    /// <param name="weigh">
    /// What an element counts for, for example its bytes; less than 1 counts as 1. An element heavier than the whole capacity passes when nothing else
    /// waits. Where it throws the stream fails. <see langword="null"/>: each counts as 1.
    /// </param>
    /// <param name="onDropped">
    /// Called with each dropped element where the source runs, before the source's <c>OnNext</c> returns. The callee owns the element: pass
    /// <c>static block =&gt; block.Dispose()</c> where this subscription is its single owner; without a callback the garbage collector has it. Where it
    /// throws the stream fails.
    /// </param>
    /// <param name="scheduler">Where the observer is called. <see langword="null"/>: the thread pool.</param>
    /// <remarks>
    /// <para>
    /// <code>
    /// source                          --(abc)--d--|
    /// BoundedBuffer(2, DropOldest)    --(bc)---d--|
    /// </code>
    /// </para>
    /// <para>
    /// Per-subscription: each has a queue of its own. Observers are called on <paramref name="scheduler"/>, one element at a time, never under a lock and
    /// never inside the source's <c>OnNext</c> (unless the scheduler itself runs work at once). Payloads are handed on as they are: whoever owns them
    /// still does, and what waits when the subscription ends is left to the garbage collector. Completes after the last waiting element. Fails after the
    /// waiting elements with the source's error, with <see cref="QueueOverflowException"/>, or with what a callback threw. Disposing stops delivery at
    /// once, forgets what waits and leaves the source.
    /// </para>
    /// <para>
    /// Where the source is an <see cref="IPacedObservable{T}"/> the credit of an element is returned when the element has been consumed: when the observer's
    /// <c>OnNext</c> returned, or, where the observer is itself an <see cref="IPacedObserver{T}"/>, when that returns it. So an observer that takes nothing
    /// stops demand within the source's own window, and that window is the bound of the queue: what was asked for before is kept even beyond
    /// <paramref name="capacity"/>, and <paramref name="overflow"/>, <paramref name="weigh"/> and <paramref name="onDropped"/> are not used. An Rx operator in
    /// between (<c>Where</c>, <c>Select</c>) hides the pacing: put the buffer right behind the source and the query behind the buffer.
    /// </para>
    /// <para>
    /// The result is paced whatever the source is. An <see cref="IPacedObserver{T}"/> on a source that is not paced is given at most
    /// <paramref name="capacity"/> that it has not returned; more than that waits here, and only what waits here can be dropped.
    /// Each drop is counted by <c>reactive_network.queue.dropped</c> of the meter <c>Reactive.Network.Operators</c>.
    /// </para>
    /// </remarks>
    public static IObservable<T> BoundedBuffer<T>(
        this IObservable<T> source,
        long capacity,
        Overflow overflow = Overflow.Fail,
        Func<T, long>? weigh = null,
        Action<T>? onDropped = null,
        IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Check(overflow);
        return new BoundedBufferObservable<T>(source, new(capacity, overflow, weigh, onDropped), scheduler ?? DefaultScheduler.Instance);
    }

    private static void Check(Overflow overflow)
    {
        if (!Enum.IsDefined(overflow))
        {
            throw new ArgumentOutOfRangeException(nameof(overflow), overflow, null);
        }
    }
}

internal sealed record BufferRules<T>(long Capacity, Overflow Overflow, Func<T, long>? Weigh, Action<T>? OnDropped);

internal sealed class BoundedBufferObservable<T> : PacedPipe<T>, IWindowedObservable<T>
{
    private readonly Func<IPacedObserver<T>, long, IDisposable> _subscribe;

    internal BoundedBufferObservable(IObservable<T> source, BufferRules<T> rules, IScheduler scheduler)
        : base(observer => new Sink(source, rules, observer, long.MaxValue, scheduler).Run()) =>
        _subscribe = (observer, window) => new Sink(source, rules, observer, window, scheduler).Run();

    /// <inheritdoc/>
    public IDisposable Subscribe(IPacedObserver<T> observer, long window) => _subscribe(observer, window);

    // The source's side (OnNext ...) and the scheduler's side (Turn) meet in the queue, under the gate; callbacks run outside it.
    private sealed class Sink(IObservable<T> source, BufferRules<T> rules, IPacedObserver<T> observer, long window, IScheduler scheduler)
        : SerialWork(scheduler), IObserver<T>, IPacedObserver<T>, ICreditSource, IDisposable
    {
        private const string Name = nameof(NetworkObservable.BoundedBuffer);

        private readonly Lock _gate = new();
        private readonly BoundedQueue<T> _queue = new(Name, rules.Capacity, rules.Overflow);
        private readonly bool _isPaced = source is IPacedObservable<T>;
        private readonly SingleAssignmentDisposable _upstream = new();

        /// <summary>Touched by the source's side only.</summary>
        private readonly List<T> _dropped = [];

        private long _outside;
        private long _outsideWeight;
        private bool _awaitsCredit;
        private bool _isEnding;
        private bool _isOver;
        private Exception? _error;

        public Sink Run()
        {
            _upstream.Disposable = _isPaced ? Paced.Subscribe(source, this, window) : source.SubscribeSafe(this);
            return this;
        }

        public void OnNext(T value, Credit credit)
        {
            bool taken;
            lock (_gate)
            {
                taken = !_isEnding && !_isOver;
                if (taken)
                {
                    _queue.Add(value, credit);
                }
            }

            if (!taken)
            {
                credit.Return();
                return;
            }

            Ask();
        }

        public void OnNext(T value)
        {
            try
            {
                long weight = rules.Weigh is { } weigh ? Math.Max(1, weigh(value)) : 1;
                QueueOverflowException? overflow;
                lock (_gate)
                {
                    if (_isEnding || _isOver)
                    {
                        return;
                    }

                    overflow = _queue.Offer(value, new Credit(this, weight), _dropped);
                }

                if (_dropped.Count > 0)
                {
                    ReportDropped();
                }

                if (overflow is not null)
                {
                    End(overflow);
                }
                else
                {
                    Ask();
                }
            }
            catch (Exception error)
            {
                End(error);
            }
        }

        public void OnError(Exception error) => End(error);

        public void OnCompleted() => End(null);

        public void Return(long weight)
        {
            bool resume;
            lock (_gate)
            {
                _outside--;
                _outsideWeight -= weight;
                resume = _awaitsCredit;
                _awaitsCredit = false;
            }

            if (resume)
            {
                Ask();
            }
        }

        public void Dispose()
        {
            Credit[] owed;
            lock (_gate)
            {
                _isOver = true;
                owed = _queue.Clear();
            }

            _upstream.Dispose();
            if (_isPaced)
            {
                foreach (Credit credit in owed)
                {
                    credit.Return();
                }
            }
        }

        protected override bool Turn()
        {
            try
            {
                for (int i = 0; i < MaxPerTurn; i++)
                {
                    if (!TryTake(out BoundedQueue<T>.Entry next, out bool isLast))
                    {
                        return false;
                    }

                    if (isLast)
                    {
                        Finish();
                        return false;
                    }

                    observer.OnNext(next.Value, next.Credit);
                }

                return true;
            }
            catch
            {
                // The observer threw: its subscription ends, and the exception goes the scheduler's way.
                Dispose();
                throw;
            }
        }

        private bool TryTake(out BoundedQueue<T>.Entry next, out bool isLast)
        {
            lock (_gate)
            {
                isLast = _isEnding && _queue.Count == 0;
                if (_isOver || (!isLast && !MayTake()))
                {
                    next = default;
                    return false;
                }

                if (_queue.TryTake(out next) && !_isPaced)
                {
                    _outside++;
                    _outsideWeight += next.Credit.Weight;
                }

                return true;
            }
        }

        private bool MayTake()
        {
            if (!_queue.TryPeek(out BoundedQueue<T>.Entry next))
            {
                return false;
            }

            _awaitsCredit = !_isPaced && _outside > 0
                && (_outside >= window || next.Credit.Weight > rules.Capacity - _outsideWeight);
            return !_awaitsCredit;
        }

        private void ReportDropped()
        {
            Drops.Count(_dropped.Count, Name, rules.Overflow);
            try
            {
                foreach (T value in _dropped)
                {
                    rules.OnDropped?.Invoke(value);
                }
            }
            finally
            {
                _dropped.Clear();
            }
        }

        // The source is over, or is left: what waits is still delivered, then the end.
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

            _upstream.Dispose();
            Ask();
        }

        private void Finish()
        {
            Dispose();
            if (_error is { } error)
            {
                observer.OnError(error);
            }
            else
            {
                observer.OnCompleted();
            }
        }
    }
}
