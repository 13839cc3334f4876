using System.Reactive;

namespace Reactive.Network.Chain;

/// <summary>Transactions that can be offered to peers.</summary>
/// <remarks>
/// Pulled: a peer is told of as many as it asks for, so an implementation needs no queue per peer. Used by many strands at once, a cursor by one at a
/// time. Calls must not wait for anything: they run on the strand of the peer that asks.
/// </remarks>
public interface IMempool
{
    /// <summary>
    /// Fires after a transaction was added. Shared; called on the thread that added it, so an observer must return at once and must not call back.
    /// Completes when nothing can be added any more.
    /// </summary>
    IObservable<Unit> Changes { get; }

    /// <summary>A new reader, in front of the oldest transaction.</summary>
    IMempoolCursor Follow();

    /// <summary>A transaction, or <see langword="null"/> if it is not there any more.</summary>
    Transaction? Find(TransactionId id);
}

/// <summary>One peer's place in a mempool. One thread at a time.</summary>
public interface IMempoolCursor : IDisposable
{
    /// <summary>The next transaction in the order they were added, each once.</summary>
    /// <returns><see langword="false"/> where there is none now: ask again after <see cref="IMempool.Changes"/>.</returns>
    bool TryNext(out TransactionAnnouncement next);
}
