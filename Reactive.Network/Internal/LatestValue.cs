using System.Collections.Immutable;
using System.Reactive.Concurrency;

namespace Reactive.Network.Internal;

/// <summary>
/// State as an observable: the newest value and its changes. No queue: an observer that is slower than the changes sees the newest, not each.
/// </summary>
/// <remarks>Each observer is called on a strand of its own. Setting comes from one thread at a time and runs no user code.</remarks>
internal sealed class LatestValue<T>(IScheduler scheduler, Action<Exception> observerFaulted) : IObservable<T>
{
    private readonly Lock _gate = new();
    private ImmutableArray<Subscription> _subscriptions = [];
    private T? _value;
    private long _version;
    private bool _ended;
    private Exception? _error;

    public bool TryGet(out T value)
    {
        lock (_gate)
        {
            value = _value!;
            return _version > 0;
        }
    }

    public void Set(T value)
    {
        lock (_gate)
        {
            _value = value;
            _version++;
        }

        Wake();
    }

    public void End(Exception? error)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            _error = error;
        }

        Wake();
    }

    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var subscription = new Subscription(this, observer, scheduler);
        lock (_gate)
        {
            _subscriptions = _subscriptions.Add(subscription);
        }

        subscription.MarkReady();
        return subscription;
    }

    private void Wake()
    {
        ImmutableArray<Subscription> all;
        lock (_gate)
        {
            all = _subscriptions;
        }

        foreach (Subscription subscription in all)
        {
            subscription.MarkReady();
        }
    }

    private sealed class Subscription(LatestValue<T> state, IObserver<T> observer, IScheduler scheduler) : Strand(scheduler), IDisposable
    {
        private long _seen;
        private volatile bool _disposed;

        public void Dispose()
        {
            _disposed = true;
            lock (state._gate)
            {
                state._subscriptions = state._subscriptions.Remove(this);
            }
        }

        protected override bool RunTurn()
        {
            T? value;
            long version;
            bool ended;
            lock (state._gate)
            {
                value = state._value;
                version = state._version;
                ended = state._ended;
            }

            if (_disposed)
            {
                return false;
            }

            try
            {
                if (version > _seen)
                {
                    _seen = version;
                    observer.OnNext(value!);
                    return true;
                }

                if (ended)
                {
                    Dispose();
                    if (state._error is null)
                    {
                        observer.OnCompleted();
                    }
                    else
                    {
                        observer.OnError(state._error);
                    }
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Dispose();
                state.Report(e);
            }

            return false;
        }
    }

    private void Report(Exception error) => observerFaulted(error);
}
