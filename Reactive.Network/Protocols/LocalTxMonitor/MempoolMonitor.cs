using System.Reactive;
using System.Reactive.Linq;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalTxMonitor;

/// <summary>Shows a mempool that is offered to peers to local clients too.</summary>
public static class MempoolMonitor
{
    /// <summary>A monitor of <paramref name="mempool"/>.</summary>
    /// <param name="mempool">A snapshot lists it once, and is stale when another list would differ.</param>
    /// <param name="capacityBytes">What fits into it.</param>
    /// <param name="slot">The slot it is validated against; read with each snapshot, from any thread.</param>
    /// <param name="moreChanges">
    /// Fires when the slot has changed or a transaction was removed, of which <see cref="IMempool.Changes"/> does not tell; <see langword="null"/> if never.
    /// </param>
    public static IMempoolMonitor Of(IMempool mempool, uint capacityBytes, Func<ulong> slot, IObservable<Unit>? moreChanges = null)
    {
        ArgumentNullException.ThrowIfNull(mempool);
        ArgumentNullException.ThrowIfNull(slot);
        return new Monitor(mempool, capacityBytes, slot, moreChanges);
    }

    private sealed class Monitor(IMempool mempool, uint capacityBytes, Func<ulong> slot, IObservable<Unit>? moreChanges) : IMempoolMonitor
    {
        public uint CapacityBytes => capacityBytes;

        public IObservable<Unit> Changes => moreChanges is null ? mempool.Changes : mempool.Changes.Merge(moreChanges);

        public ulong Slot => slot();

        public IMempoolView Take() => new View(this, slot(), List());

        public List<Transaction> List()
        {
            using IMempoolCursor cursor = mempool.Follow();
            var all = new List<Transaction>();
            while (cursor.TryNext(out TransactionAnnouncement next))
            {
                if (mempool.Find(next.Id) is { } transaction)
                {
                    all.Add(transaction);
                }
            }

            return all;
        }
    }

    private sealed class View(Monitor monitor, ulong slot, List<Transaction> transactions) : IMempoolView
    {
        private readonly HashSet<TransactionId> _ids = [.. transactions.Select(transaction => transaction.Id)];
        private int _next;

        public ulong Slot => slot;

        public bool IsStale => monitor.Slot != slot || !monitor.List().Select(t => t.Id).SequenceEqual(transactions.Select(t => t.Id));

        public MempoolSizes Sizes => new(monitor.CapacityBytes, UsedBytes(0), (uint)transactions.Count);

        /// <summary>Of what was not returned yet, as in the reference.</summary>
        public MempoolMeasures Measures => new(
            (uint)(transactions.Count - _next), [new("transaction_bytes", new MempoolMeasure(UsedBytes(_next), monitor.CapacityBytes))]);

        public bool Has(TransactionId id) => _ids.Contains(id);

        public Transaction? Next() => _next < transactions.Count ? transactions[_next++] : null;

        private uint UsedBytes(int from) => (uint)Math.Min(uint.MaxValue, transactions.Skip(from).Sum(transaction => (long)transaction.Bytes.Length));
    }
}
