using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalTxMonitor;

namespace Reactive.Network.Operators.Internal;

/// <summary>
/// One subscription that tracks a transaction: a chain, a mempool and a submission on threads of their own, one observer on a scheduler.
/// </summary>
/// <remarks>Queue: progress that was not told yet; bound 16, owner this, policy: the newest takes the place of the one before it.</remarks>
internal sealed class TransactionTracking(TransactionId id, int depth, IObserver<TransactionProgress> observer, IScheduler scheduler)
    : SerialWork(scheduler), IDisposable
{
    private const int MaxWaiting = 16;

    private readonly Lock _gate = new();
    private readonly LinkedList<TransactionProgress> _waiting = new();
    private readonly TransactionTracker _tracker = new(id, depth);
    private readonly CompositeDisposable _upstream = [];
    private bool _isSettled;
    private Exception? _error;
    private bool _isOver;
    private bool _hasBegun;
    private volatile bool _isDisposed;

    /// <summary>Subscribes: first to the chain, and, once that is followed, to the submission, so that no block is missed.</summary>
    public TransactionTracking Run(IObservable<ChainEvent<Block>> chain, IObservable<MempoolDifference> mempool, IObservable<Unit>? submission)
    {
        _upstream.Add(mempool.SubscribeSafe(Observer.Create<MempoolDifference>(OnMempool, OnError, static () => { })));
        _upstream.Add(chain.SubscribeSafe(Observer.Create<ChainEvent<Block>>(change => OnChain(change, submission), OnError, OnCompleted)));
        return this;
    }

    public void Dispose()
    {
        _isDisposed = true;
        _upstream.Dispose();
    }

    protected override bool Turn()
    {
        for (int i = 0; i < MaxPerTurn; i++)
        {
            if (_isDisposed)
            {
                return false;
            }

            if (!TryTake(out TransactionProgress progress))
            {
                End();
                return false;
            }

            try
            {
                observer.OnNext(progress);
            }
            catch
            {
                Dispose();
                throw;
            }

            if (progress.Stage == TransactionStage.Confirmed && !_isDisposed)
            {
                Dispose();
                observer.OnCompleted();
                return false;
            }
        }

        return true;
    }

    private void OnMempool(MempoolDifference difference)
    {
        lock (_gate)
        {
            if (_tracker.Apply(difference, out TransactionProgress progress))
            {
                Add(progress);
            }
        }

        Ask();
    }

    private void OnChain(ChainEvent<Block> change, IObservable<Unit>? submission)
    {
        try
        {
            lock (_gate)
            {
                if (_tracker.Apply(in change, out TransactionProgress progress))
                {
                    Add(progress);
                }
            }
        }
        catch (NetworkException error)
        {
            OnError(error);
            return;
        }

        if (!_hasBegun && submission is not null)
        {
            _upstream.Add(submission.SubscribeSafe(Observer.Create<Unit>(_ => OnAccepted(), OnError, static () => { })));
        }

        _hasBegun = true;
        Ask();
    }

    private void OnAccepted()
    {
        lock (_gate)
        {
            if (_tracker.Accepted(out TransactionProgress progress))
            {
                Add(progress);
            }
        }

        Ask();
    }

    private void OnError(Exception error)
    {
        lock (_gate)
        {
            _error ??= error;
        }

        OnCompleted();
    }

    private void OnCompleted()
    {
        lock (_gate)
        {
            _isOver = true;
        }

        Ask();
    }

    /// <summary>Under the gate.</summary>
    private void Add(TransactionProgress progress)
    {
        if (_isSettled)
        {
            return;
        }

        if (_waiting.Count == MaxWaiting)
        {
            _waiting.RemoveLast();
        }

        _waiting.AddLast(progress);
        _isSettled = progress.Stage == TransactionStage.Confirmed;
    }

    private bool TryTake(out TransactionProgress progress)
    {
        lock (_gate)
        {
            if (_waiting.First is not { } first)
            {
                progress = default;
                return false;
            }

            progress = first.Value;
            _waiting.RemoveFirst();
            return true;
        }
    }

    private void End()
    {
        Exception? error;
        lock (_gate)
        {
            if (!_isOver)
            {
                return;
            }

            error = _error;
        }

        Dispose();
        if (error is null)
        {
            observer.OnCompleted();
        }
        else
        {
            observer.OnError(error);
        }
    }
}
