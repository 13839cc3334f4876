using System.Reactive.Disposables;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalTxMonitor;

/// <summary>
/// Reads snapshot after snapshot and tells what has changed. All of it runs on the strand of the mini-protocol: the next question is asked when the observer
/// has returned, so that one which is slow sees fewer and larger differences.
/// </summary>
internal sealed class MempoolWatch(IObserver<MempoolDifference> observer) : IObserver<MempoolSnapshot>, IObserver<Transaction?>, IObserver<ulong>
{
    private readonly Dictionary<object, Transaction> _before = [];
    private readonly List<(object Key, Transaction Transaction)> _now = [];
    private List<object> _order = [];
    private MempoolSnapshot? _snapshot;
    private bool _told;

    void IObserver<MempoolSnapshot>.OnNext(MempoolSnapshot value)
    {
        _snapshot = value;
        value.AskNext(this);
    }

    void IObserver<ulong>.OnNext(ulong value)
    {
        _now.Clear();
        _snapshot!.AskNext(this);
    }

    void IObserver<Transaction?>.OnNext(Transaction? value)
    {
        if (value is not null)
        {
            _now.Add((KeyOf(value), value));
            _snapshot!.AskNext(this);
            return;
        }

        Compare();
        _snapshot!.AskChange(this);
    }

    void IObserver<MempoolSnapshot>.OnError(Exception error) => observer.OnError(error);

    // The subscription to the snapshot fails with the same error.
    void IObserver<Transaction?>.OnError(Exception error)
    {
    }

    void IObserver<ulong>.OnError(Exception error)
    {
    }

    void IObserver<MempoolSnapshot>.OnCompleted()
    {
    }

    void IObserver<Transaction?>.OnCompleted()
    {
    }

    void IObserver<ulong>.OnCompleted()
    {
    }

    /// <summary>Subscribes a watch.</summary>
    public static IDisposable Start(IObservable<MempoolSnapshot> acquire, IObserver<MempoolDifference> observer)
    {
        var watch = new MempoolWatch(observer);
        var subscription = new SingleAssignmentDisposable();
        subscription.Disposable = acquire.Subscribe(watch);
        return subscription;
    }

    // One without an id, a Byron delegation for example, is known by its bytes.
    private static object KeyOf(Transaction transaction) =>
        transaction.TryGetId(out TransactionId id) ? id : Blake2b256.Hash(transaction.Bytes.Span);

    private void Compare()
    {
        var added = new List<Transaction>();
        var kept = new HashSet<object>();
        foreach ((object key, Transaction transaction) in _now)
        {
            if (kept.Add(key) && !_before.ContainsKey(key))
            {
                added.Add(transaction);
            }
        }

        List<Transaction> removed = [.. _order.Where(key => !kept.Contains(key)).Select(key => _before[key])];
        _order = [.. _now.Select(x => x.Key).Distinct()];
        _before.Clear();
        foreach ((object key, Transaction transaction) in _now)
        {
            _before[key] = transaction;
        }

        if (!_told || added.Count > 0 || removed.Count > 0)
        {
            _told = true;
            observer.OnNext(new MempoolDifference(_snapshot!.Slot, added.AsReadOnly(), removed.AsReadOnly()));
        }
    }
}
