using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Subscribes to <paramref name="source"/> again when it has failed, after a wait that grows with each failure in a row.</summary>
    /// <typeparam name="T">The elements.</typeparam>
    /// <param name="source">What is tried.</param>
    /// <param name="backoff">How long to wait and how often. <see langword="null"/>: the defaults of <see cref="Backoff"/>.</param>
    /// <param name="scheduler">Whose time is waited in. <see langword="null"/>: the thread pool.</param>
    /// <remarks>
    /// <para>
    /// <code>
    /// source                                  a-#  b-#  c-|
    /// RetryWithBackoff(First 2, Factor 1.5)   a---b-----c-|
    /// </code>
    /// </para>
    /// <para>
    /// Per-subscription: each has a count of failures and a stream of jitter of its own, drawn from <see cref="Backoff.Seed"/>. Observers are called where the
    /// source calls; later tries are subscribed to on <paramref name="scheduler"/>. Payloads are handed on as they are. Completes when the source
    /// completes. Fails with the source's last error after <see cref="Backoff.MaxRetries"/> failures in a row, at once where <see cref="Backoff.RetryOn"/> says no,
    /// or with what that threw; an element delivered begins the count anew. Disposing leaves the source or ends the wait.
    /// </para>
    /// <para>What the source delivered before it failed is not taken back: a source that begins anew repeats itself. As paced as its source.</para>
    /// </remarks>
    public static IObservable<T> RetryWithBackoff<T>(this IObservable<T> source, Backoff? backoff = null, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        Backoff rules = backoff ?? new Backoff();
        IScheduler where = scheduler ?? DefaultScheduler.Instance;
        return Paced.Like<T, T>(source, observer => new RetrySink<T>(source, rules, observer, where).Run());
    }
}

internal sealed class RetrySink<T>(IObservable<T> source, Backoff backoff, IPacedObserver<T> observer, IScheduler scheduler) : IDisposable
{
    private readonly Random _random = new(backoff.Seed);
    private readonly SerialDisposable _wait = new();
    private readonly SerialDisposable _try = new();

    /// <summary>In a row. Touched only by the one try that runs.</summary>
    private int _failures;

    /// <summary>Which elements begin the count of failures anew.</summary>
    public Func<T, bool> BeginsAnew { get; init; } = static _ => true;

    private IPacedObserver<T> Observer => observer;

    public RetrySink<T> Run()
    {
        Attempt attempt = new(this);
        _try.Disposable = attempt;
        attempt.Begin(source);
        return this;
    }

    public void Dispose()
    {
        _wait.Dispose();
        _try.Dispose();
    }

    private void Failed(Exception error)
    {
        bool again;
        try
        {
            again = ++_failures <= backoff.MaxRetries && (backoff.RetryOn?.Invoke(error) ?? true);
        }
        catch (Exception thrown)
        {
            (again, error) = (false, thrown);
        }

        if (!again)
        {
            Dispose();
            observer.OnError(error);
            return;
        }

        // Set first, then scheduled: on a scheduler that runs at once the next try would otherwise have its own wait replaced by this one.
        SingleAssignmentDisposable wait = new();
        _wait.Disposable = wait;
        wait.Disposable = scheduler.Schedule(this, backoff.DelayAfter(_failures, _random), static (_, self) =>
        {
            // Not the sink itself: the scheduler's handle is disposed with the wait, which the next failure replaces.
            self.Run();
            return Disposable.Empty;
        });
    }

    // One subscription to the source. Only the current one is listened to.
    private sealed class Attempt(RetrySink<T> owner) : IPacedObserver<T>, IDisposable
    {
        private readonly SingleAssignmentDisposable _upstream = new();
        private bool _isOver;

        public void Begin(IObservable<T> source) => _upstream.Disposable = Paced.Subscribe(source, this);

        public void OnNext(T value, Credit credit)
        {
            if (_isOver || _upstream.IsDisposed)
            {
                return;
            }

            if (owner.BeginsAnew(value))
            {
                owner._failures = 0;
            }

            try
            {
                owner.Observer.OnNext(value, credit);
            }
            catch
            {
                owner.Dispose();
                throw;
            }
        }

        public void OnError(Exception error)
        {
            if (Finish())
            {
                owner.Failed(error);
            }
        }

        public void OnCompleted()
        {
            if (Finish())
            {
                owner.Dispose();
                owner.Observer.OnCompleted();
            }
        }

        public void Dispose() => _upstream.Dispose();

        private bool Finish()
        {
            if (_isOver || _upstream.IsDisposed)
            {
                return false;
            }

            _isOver = true;
            _upstream.Dispose();
            return true;
        }
    }
}
