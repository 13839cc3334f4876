using System.Reactive;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>Transactions in memory, in the order they were added, to be offered to peers. Any thread.</summary>
/// <remarks>Bounded: a transaction that does not fit is refused, and nobody else's is dropped for it.</remarks>
/// <param name="maxBytes">Bytes on the wire of all of it, at most; from 1.</param>
public sealed class InMemoryMempool(long maxBytes = InMemoryMempool.DefaultMaxBytes) : IMempool, IDisposable
{
    private const long DefaultMaxBytes = 16L * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly long _maxBytes = maxBytes >= 1 ? maxBytes : throw new ArgumentOutOfRangeException(nameof(maxBytes), maxBytes, "From 1.");
    private readonly Dictionary<TransactionId, long> _tickets = [];
    private readonly SortedList<long, Transaction> _transactions = [];
    private readonly Subject<Unit> _changes = new();
    private readonly Lock _announcing = new();
    private long _lastTicket;
    private long _bytes;

    /// <summary>Transactions in it.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _transactions.Count;
            }
        }
    }

    /// <inheritdoc/>
    public IObservable<Unit> Changes => _changes.AsObservable();

    /// <summary>Adds a transaction behind the others.</summary>
    /// <returns><see langword="false"/> if it is there already, if it does not fit, or if it has no id.</returns>
    public bool TryAdd(Transaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (!transaction.TryGetId(out TransactionId id))
        {
            return false;
        }

        lock (_gate)
        {
            if (_bytes + transaction.WireSize > _maxBytes || !_tickets.TryAdd(id, _lastTicket + 1))
            {
                return false;
            }

            _bytes += transaction.WireSize;
            _transactions.Add(++_lastTicket, transaction);
        }

        // Not under the lock of the contents: an observer only marks its strand ready, but calls stay one at a time.
        lock (_announcing)
        {
            _changes.OnNext(Unit.Default);
        }

        return true;
    }

    /// <summary>Removes a transaction: it is in a block, or no longer valid.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(TransactionId id)
    {
        lock (_gate)
        {
            if (!_tickets.Remove(id, out long ticket))
            {
                return false;
            }

            _bytes -= _transactions[ticket].WireSize;
            return _transactions.Remove(ticket);
        }
    }

    /// <inheritdoc/>
    public Transaction? Find(TransactionId id)
    {
        lock (_gate)
        {
            return _tickets.TryGetValue(id, out long ticket) ? _transactions[ticket] : null;
        }
    }

    /// <inheritdoc/>
    public IMempoolCursor Follow() => new Cursor(this);

    /// <summary>Nothing is added any more: <see cref="Changes"/> completes.</summary>
    public void Dispose() => _changes.OnCompleted();

    private bool TryNext(ref long ticket, out TransactionAnnouncement next)
    {
        lock (_gate)
        {
            IList<long> tickets = _transactions.Keys;
            int low = 0;
            int high = tickets.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                (low, high) = tickets[middle] <= ticket ? (middle + 1, high) : (low, middle);
            }

            if (low == tickets.Count)
            {
                next = default;
                return false;
            }

            ticket = tickets[low];
            Transaction transaction = _transactions.Values[low];
            next = new TransactionAnnouncement(transaction.Id, transaction.WireSize);
            return true;
        }
    }

    private sealed class Cursor(InMemoryMempool mempool) : IMempoolCursor
    {
        private long _ticket;

        public bool TryNext(out TransactionAnnouncement next) => mempool.TryNext(ref _ticket, out next);

        public void Dispose()
        {
        }
    }
}
