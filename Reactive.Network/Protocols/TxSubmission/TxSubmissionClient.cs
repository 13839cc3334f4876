using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.TxSubmission;

/// <summary>The initiator of tx-submission: offers transactions. The peer asks, this side answers.</summary>
/// <remarks>One mempool at a time: a second subscription fails with <see cref="ProtocolBusyException"/> while the first lives.</remarks>
public sealed class TxSubmissionClient
{
    private readonly TxSubmissionClientLane _lane;

    internal TxSubmissionClient(Multiplexer mux, SeededRandom random) => _lane = new TxSubmissionClientLane(mux, random);

    internal Lane Lane => _lane;

    /// <summary>Offers the transactions of a mempool to the peer, each once, for as long as there is a subscription.</summary>
    /// <param name="mempool">
    /// Asked when the peer asks. Transactions of more than 65,540 bytes on the wire are not offered: no peer would take them. Where its size is not the
    /// one announced the connection ends, with <see cref="HandlerException"/>, before the peer can blame us.
    /// </param>
    /// <remarks>
    /// Per-subscription: each starts with the oldest transaction; its elements are the ids of transactions sent to the peer, which says nothing of
    /// whether it took them. Observers are called on this mini-protocol's strand. The elements are values. Never completes by itself. Fails with
    /// <see cref="ProtocolBusyException"/>, with <see cref="RoleNotAgreedException"/>, or with the cause of the connection's end. Disposing stops the
    /// offer at once; the protocol ends when the peer next waits for ids, and a new subscription waits for that.
    /// </remarks>
    public IObservable<TransactionId> Offer(IMempool mempool)
    {
        ArgumentNullException.ThrowIfNull(mempool);
        return Observable.Create<TransactionId>(observer =>
        {
            var use = new TxSubmissionClientLane.Use(mempool, observer);
            _lane.Attach(use);
            return Disposable.Create((_lane, use), static x => x._lane.Detach(x.use));
        });
    }
}
