using System.Reactive;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalTxMonitor;

/// <summary>A mempool that local clients may look into.</summary>
/// <remarks>Asked on the strand of the client that asks, by many strands at once. Calls must not wait for anything.</remarks>
public interface IMempoolMonitor
{
    /// <summary>
    /// Fires after the mempool, or the slot it was validated against, has changed. Shared; called on the thread that changed it, so an observer must return at
    /// once and must not call back.
    /// </summary>
    IObservable<Unit> Changes { get; }

    /// <summary>The mempool at this moment.</summary>
    IMempoolView Take();
}

/// <summary>A mempool at one moment. One thread at a time.</summary>
public interface IMempoolView
{
    /// <summary>The slot it was validated against.</summary>
    ulong Slot { get; }

    /// <summary>Whether the mempool, or its slot, is another by now.</summary>
    bool IsStale { get; }

    /// <summary>How full it is.</summary>
    MempoolSizes Sizes { get; }

    /// <summary>How full it is, by every measure.</summary>
    MempoolMeasures Measures { get; }

    /// <summary>Whether it has a transaction.</summary>
    bool Has(TransactionId id);

    /// <summary>The next transaction, in mempool order.</summary>
    /// <returns><see langword="null"/> behind the last one, however often it is asked for.</returns>
    Transaction? Next();
}
