using System.Reactive.Disposables;
using System.Threading.Tasks.Sources;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>
    /// The elements of <paramref name="source"/> to be pulled by <c>await foreach</c>, with a bounded queue in between. A paced source is slowed to the pace
    /// of the pulling.
    /// </summary>
    /// <typeparam name="T">The elements.</typeparam>
    /// <param name="source">What is pulled from.</param>
    /// <param name="capacity">Elements that may wait at most, 1 or more. Of a paced source it does not limit what waits, see the remarks.</param>
    /// <param name="overflow">What a full queue does with one element more, where the source is not paced.</param>
    /// <remarks>
    /// <para>
    /// Per-subscription: each enumerator subscribes at its first <c>MoveNextAsync</c>. The code that awaits is never continued on the source's thread.
    /// Payloads are handed on as they are: whoever owns them still does, and what waits when the enumerator is disposed is left to the garbage
    /// collector. Ends after the last waiting element. Fails, after the waiting elements, with the source's error or with
    /// <see cref="QueueOverflowException"/>, thrown by <c>MoveNextAsync</c>. Disposing the enumerator, or cancelling its token, leaves the source;
    /// cancelling also ends a waiting <c>MoveNextAsync</c> with <see cref="OperationCanceledException"/>.
    /// </para>
    /// <para>
    /// Where the source is an <see cref="IPacedObservable{T}"/> an element's credit is returned when the next one is asked for: until then the loop's body may be
    /// working on it. A loop that does not pull stops demand within the source's own window, which is then the bound of the queue;
    /// <paramref name="overflow"/> is not used. For other capacities, weights and a callback for dropped elements put a <c>BoundedBuffer</c> in front. Beside
    /// the operators of <c>System.Linq.AsyncEnumerable</c> those of <c>AsyncEnumerableEx</c> (System.Interactive.Async) compose with the result:
    /// <c>Buffer</c>, <c>Merge</c>, <c>Timeout</c>, <c>Retry</c> pull no faster than they are pulled.
    /// </para>
    /// </remarks>
    public static IAsyncEnumerable<T> ToAsyncEnumerable<T>(this IObservable<T> source, long capacity, Overflow overflow = Overflow.Fail)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Check(overflow);
        return new PulledObservable<T>(source, capacity, overflow);
    }
}

internal sealed class PulledObservable<T>(IObservable<T> source, long capacity, Overflow overflow) : IAsyncEnumerable<T>
{
    /// <inheritdoc/>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Enumerator(source, capacity, overflow, cancellationToken);

    // The source's side (OnNext ...) and the loop's side (MoveNextAsync) meet in the queue, under the gate. Who clears _isAwaited answers the loop.
    private sealed class Enumerator(IObservable<T> source, long capacity, Overflow overflow, CancellationToken cancellationToken)
        : IAsyncEnumerator<T>, IValueTaskSource<bool>, IPacedObserver<T>
    {
        private const string Name = nameof(NetworkObservable.ToAsyncEnumerable);

        private readonly Lock _gate = new();
        private readonly BoundedQueue<T> _queue = new(Name, capacity, overflow);
        private readonly bool _isPaced = source is IPacedObservable<T>;
        private readonly SingleAssignmentDisposable _upstream = new();

        /// <summary>Touched by the source's side only.</summary>
        private readonly List<T> _dropped = [];

        // Mutable struct, not readonly. Continuations never run where the source calls.
        private ManualResetValueTaskSourceCore<bool> _answer = new() { RunContinuationsAsynchronously = true };
        private CancellationTokenRegistration _cancellation;
        private BoundedQueue<T>.Entry _current;
        private bool _isSubscribed;
        private bool _isAwaited;
        private bool _isEnding;
        private Exception? _error;

        public T Current => _current.Value;

        public ValueTask<bool> MoveNextAsync()
        {
            BoundedQueue<T>.Entry consumed = _current;
            _current = default;
            consumed.Credit.Return();
            if (cancellationToken.IsCancellationRequested)
            {
                Leave();
                return ValueTask.FromCanceled<bool>(cancellationToken);
            }

            SubscribeOnce();
            lock (_gate)
            {
                if (_isAwaited)
                {
                    throw new InvalidOperationException("MoveNextAsync was called before the last call was answered.");
                }

                if (_queue.TryTake(out _current))
                {
                    return ValueTask.FromResult(true);
                }

                if (!_isEnding)
                {
                    _answer.Reset();
                    _isAwaited = true;
                    return new ValueTask<bool>(this, _answer.Version);
                }
            }

            _cancellation.Unregister();
            if (cancellationToken.IsCancellationRequested)
            {
                // Cancelled since the question above: the end is not the source's.
                return ValueTask.FromCanceled<bool>(cancellationToken);
            }

            return _error is { } error ? ValueTask.FromException<bool>(error) : ValueTask.FromResult(false);
        }

        public ValueTask DisposeAsync()
        {
            Leave();
            Answer(null);
            return ValueTask.CompletedTask;
        }

        public void OnNext(T value, Credit credit)
        {
            QueueOverflowException? overflowed = null;
            bool isAnswer;
            lock (_gate)
            {
                if (_isEnding)
                {
                    credit.Return();
                    return;
                }

                isAnswer = _isAwaited;
                if (isAnswer)
                {
                    _isAwaited = false;
                    _current = new BoundedQueue<T>.Entry(value, credit);
                }
                else if (_isPaced)
                {
                    _queue.Add(value, credit);
                }
                else
                {
                    overflowed = _queue.Offer(value, new Credit(null, 1), _dropped);
                }
            }

            if (isAnswer)
            {
                _answer.SetResult(true);
            }
            else if (_dropped.Count > 0)
            {
                Drops.Count(_dropped.Count, Name, overflow);
                _dropped.Clear();
            }

            if (overflowed is not null)
            {
                OnError(overflowed);
            }
        }

        public void OnError(Exception error)
        {
            End(error);
            Answer(error);
        }

        public void OnCompleted()
        {
            End(null);
            Answer(null);
        }

        bool IValueTaskSource<bool>.GetResult(short token) => _answer.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _answer.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _answer.OnCompleted(continuation, state, token, flags);

        private void SubscribeOnce()
        {
            if (!_isSubscribed)
            {
                _isSubscribed = true;
                _upstream.Disposable = Paced.Subscribe(source, this, capacity);
                _cancellation = cancellationToken.UnsafeRegister(static self => ((Enumerator)self!).Cancel(), this);
            }
        }

        private void Cancel()
        {
            OperationCanceledException canceled = new(cancellationToken);
            Leave();
            Answer(canceled);
        }

        // No more elements: those that wait are forgotten too.
        private void Leave()
        {
            _isSubscribed = true;
            End(null);
            Credit[] owed;
            lock (_gate)
            {
                owed = _queue.Clear();
            }

            // Of a source that is not paced these are of no account.
            foreach (Credit credit in owed)
            {
                credit.Return();
            }

            _cancellation.Unregister();
        }

        private void End(Exception? error)
        {
            lock (_gate)
            {
                if (!_isEnding)
                {
                    (_isEnding, _error) = (true, error);
                }
            }

            _upstream.Dispose();
        }

        private void Answer(Exception? error)
        {
            lock (_gate)
            {
                if (!_isAwaited)
                {
                    return;
                }

                _isAwaited = false;
            }

            if (error is null)
            {
                _answer.SetResult(false);
            }
            else
            {
                _answer.SetException(error);
            }
        }
    }
}
