using System.Collections.Immutable;
using System.Reactive.Disposables;
using System.Runtime.ExceptionServices;
using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>Tells observers that a chain has changed: the tip as it is when they are told, one call at a time.</summary>
/// <remarks>
/// State, not a queue: changes that come while observers are being told are told as one. A change made by an observer, or by another thread meanwhile,
/// is told by the thread that tells already. An observer that throws loses its subscription; the others are told, then its exception surfaces.
/// </remarks>
/// <param name="read">The tip now.</param>
internal sealed class ChangeSignal(Func<Tip> read) : IObservable<Tip>
{
    private readonly Lock _gate = new();
    private ImmutableArray<Subscription> _subscriptions = [];
    private bool _isTelling;
    private bool _hasChanged;
    private bool _isCompleted;

    /// <summary>Subscriptions that were not disposed of.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _subscriptions.Length;
            }
        }
    }

    public IDisposable Subscribe(IObserver<Tip> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        Subscription subscription = new(this, observer);
        lock (_gate)
        {
            if (!_isCompleted)
            {
                _subscriptions = _subscriptions.Add(subscription);
                return subscription;
            }
        }

        observer.OnCompleted();
        return Disposable.Empty;
    }

    /// <summary>The chain has changed. Not to be called under its lock.</summary>
    public void Raise() => Tell(completes: false);

    /// <summary>The chain will not change any more. Idempotent.</summary>
    public void Complete() => Tell(completes: true);

    private void Tell(bool completes)
    {
        lock (_gate)
        {
            _hasChanged |= !completes;
            _isCompleted |= completes;
            if (_isTelling)
            {
                return;
            }

            _isTelling = true;
        }

        Exception? fault = null;
        while (TryTakeWork(out ImmutableArray<Subscription> subscriptions, out bool isChange))
        {
            Tip tip = isChange ? read() : default;
            foreach (Subscription subscription in subscriptions)
            {
                fault = subscription.Tell(isChange, tip) ?? fault;
            }
        }

        if (fault is not null)
        {
            ExceptionDispatchInfo.Throw(fault);
        }
    }

    private bool TryTakeWork(out ImmutableArray<Subscription> subscriptions, out bool isChange)
    {
        lock (_gate)
        {
            isChange = _hasChanged;
            _hasChanged = false;
            subscriptions = _subscriptions;
            if (isChange)
            {
                return true;
            }

            if (_isCompleted && !_subscriptions.IsEmpty)
            {
                _subscriptions = [];
                return true;
            }

            _isTelling = false;
            return false;
        }
    }

    private void Remove(Subscription subscription)
    {
        lock (_gate)
        {
            _subscriptions = _subscriptions.Remove(subscription);
        }
    }

    private sealed class Subscription(ChangeSignal signal, IObserver<Tip> observer) : IDisposable
    {
        private volatile bool _isDisposed;

        public Exception? Tell(bool isChange, Tip tip)
        {
            if (_isDisposed)
            {
                return null;
            }

            try
            {
                if (isChange)
                {
                    observer.OnNext(tip);
                }
                else
                {
                    observer.OnCompleted();
                }

                return null;
            }
#pragma warning disable CA1031 // it surfaces once the others were told: a client that is not told waits for ever
            catch (Exception error)
#pragma warning restore CA1031
            {
                Dispose();
                return error;
            }
        }

        public void Dispose()
        {
            _isDisposed = true;
            signal.Remove(this);
        }
    }
}
