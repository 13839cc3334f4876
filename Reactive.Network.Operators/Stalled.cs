using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Operators.Internal;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Tells when <paramref name="source"/> has been silent for too long, and when it speaks again.</summary>
    /// <typeparam name="T">The elements.</typeparam>
    /// <param name="source">What is watched.</param>
    /// <param name="after">Silence that counts as a stall, from the subscription or the last element on. More than zero.</param>
    /// <param name="scheduler">Whose time is measured, and where the observer is called. <see langword="null"/>: the thread pool.</param>
    /// <returns><see langword="true"/> when a stall begins, <see langword="false"/> with the element that ends it; nothing while all is well.</returns>
    /// <remarks>
    /// <para>
    /// <code>
    /// source            --a-------b--|
    /// Stalled(4)        ------T---F--|
    /// </code>
    /// </para>
    /// <para>
    /// Per-subscription. Observers are called on <paramref name="scheduler"/>, one element at a time; a change that was taken back before the observer could be
    /// called is not reported. Elements carry no payload: those of the source are consumed as they come, and left to the garbage collector. Completes and
    /// fails as the source does. Disposing leaves the source and the timer. There is no tick: one timer at most, set anew only when it has come and
    /// an element came meanwhile.
    /// </para>
    /// </remarks>
    public static IObservable<bool> Stalled<T>(this IObservable<T> source, TimeSpan after, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(after, TimeSpan.Zero);
        IScheduler where = scheduler ?? DefaultScheduler.Instance;
        return new StalledObservable<T>(source, after, where);
    }
}

internal sealed class StalledObservable<T>(IObservable<T> source, TimeSpan after, IScheduler scheduler) : ObservableBase<bool>
{
    /// <inheritdoc/>
    protected override IDisposable SubscribeCore(IObserver<bool> observer) => new Sink(observer, after, scheduler).Run(source);

    // State, not a queue: the source's side and the timer set what is so, and a turn tells what changed.
    private sealed class Sink(IObserver<bool> observer, TimeSpan after, IScheduler scheduler) : SerialWork(scheduler), IObserver<T>, IDisposable
    {
        private readonly Lock _gate = new();
        private readonly IScheduler _scheduler = scheduler;
        private readonly SingleAssignmentDisposable _upstream = new();
        private readonly SerialDisposable _timer = new();
        private readonly IStopwatch _clock = scheduler.StartStopwatch();
        private TimeSpan _last;
        private bool _isStalled;
        private bool _isEnding;
        private bool _isOver;
        private Exception? _error;

        /// <summary>What the observer was told last. Touched in turns only.</summary>
        private bool _told;

        public Sink Run(IObservable<T> source)
        {
            Arm(after);
            _upstream.Disposable = source.SubscribeSafe(this);
            return this;
        }

        public void OnNext(T value)
        {
            TimeSpan now = _clock.Elapsed;
            lock (_gate)
            {
                _last = now;
                if (!_isStalled)
                {
                    return;
                }

                _isStalled = false;
            }

            Arm(after);
            Ask();
        }

        public void OnError(Exception error) => End(error);

        public void OnCompleted() => End(null);

        public void Dispose()
        {
            lock (_gate)
            {
                _isOver = true;
            }

            _timer.Dispose();
            _upstream.Dispose();
        }

        protected override bool Turn()
        {
            bool isStalled;
            bool isEnding;
            lock (_gate)
            {
                if (_isOver)
                {
                    return false;
                }

                (isStalled, isEnding) = (_isStalled, _isEnding);
            }

            if (isEnding)
            {
                Finish();
            }
            else if (isStalled != _told)
            {
                _told = isStalled;
                observer.OnNext(isStalled);
            }

            return false;
        }

        private void Arm(TimeSpan wait)
        {
            SingleAssignmentDisposable timer = new();
            _timer.Disposable = timer;
            timer.Disposable = _scheduler.Schedule(this, wait, static (_, self) =>
            {
                self.Elapsed();
                return Disposable.Empty;
            });
        }

        private void Elapsed()
        {
            TimeSpan silence;
            TimeSpan now = _clock.Elapsed;
            lock (_gate)
            {
                silence = now - _last;
                _isStalled = silence >= after;
            }

            if (silence >= after)
            {
                Ask();
            }
            else
            {
                Arm(after - silence);
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

            _timer.Dispose();
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
