using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Pacing;

namespace Reactive.Network.Protocols.TxSubmission;

/// <summary>The responder of tx-submission: asks the peer for its transactions. Without a subscription it asks for nothing, which is allowed for ever.</summary>
/// <remarks>One user at a time: a second subscription fails with <see cref="ProtocolBusyException"/> while the first lives.</remarks>
public sealed class TxSubmissionServer
{
    private readonly TxSubmissionServerLane _lane;

    internal TxSubmissionServer(Multiplexer mux, TxSubmissionOptions options, SeededRandom random) =>
        _lane = new TxSubmissionServerLane(mux, options, random);

    internal Lane Lane => _lane;

    /// <summary>The peer's transactions, as it offers them.</summary>
    /// <param name="wanted">
    /// Whether to ask for one, called on the strand; without it, for each. One that is not asked for is acknowledged, and not offered again. Those above
    /// 65,540 bytes, and Byron payloads that are no transactions, are not asked for.
    /// </param>
    /// <remarks>
    /// Per-subscription, but what was offered to an earlier one does not come again. Observers are called on this mini-protocol's strand. A transaction is
    /// plain memory: keep it as long as you like. Its body hashes to the id that was asked for; whether it is valid is not checked. Completes when the
    /// peer ends the protocol. Fails with what <paramref name="wanted"/> throws, with <see cref="ProtocolBusyException"/>, with
    /// <see cref="RoleNotAgreedException"/>, or with the cause of the connection's end. Disposing stops delivery and asking at once; what was asked for is
    /// checked and discarded. Behind <see cref="IObservable{T}"/> stands an <see cref="IPacedObservable{T}"/>, whose credits weigh bytes on the wire: no
    /// more is asked for than <see cref="TxSubmissionOptions.MaxBytesInFlight"/> allows.
    /// </remarks>
    public IObservable<Transaction> Receive(Func<TransactionAnnouncement, bool>? wanted = null) => new ReceiveObservable(_lane, wanted);

    private sealed class ReceiveObservable(TxSubmissionServerLane lane, Func<TransactionAnnouncement, bool>? wanted) : IPacedObservable<Transaction>
    {
        public IDisposable Subscribe(IObserver<Transaction> observer)
        {
            ArgumentNullException.ThrowIfNull(observer);
            return Start(new TxSubmissionServerLane.Use(lane, wanted, observer, null));
        }

        public IDisposable Subscribe(IPacedObserver<Transaction> observer)
        {
            ArgumentNullException.ThrowIfNull(observer);
            return Start(new TxSubmissionServerLane.Use(lane, wanted, null, observer));
        }

        private IDisposable Start(TxSubmissionServerLane.Use use)
        {
            lane.Attach(use);
            return Disposable.Create((lane, use), static x => x.lane.Detach(x.use));
        }
    }
}
