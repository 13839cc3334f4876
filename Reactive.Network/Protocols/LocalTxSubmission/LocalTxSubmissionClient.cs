using System.Reactive;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.LocalTxSubmission;

/// <summary>The initiator of local tx-submission: gives transactions to a node and learns its verdict on each.</summary>
/// <remarks>One transaction at a time goes to the node; up to 100 more wait in order, one more fails with <see cref="ProtocolBusyException"/>.</remarks>
public sealed class LocalTxSubmissionClient
{
    private readonly CallStrand _lane;

    internal LocalTxSubmissionClient(Multiplexer mux, SeededRandom random) => _lane = new CallStrand(mux, random);

    internal Lane Lane => _lane;

    /// <summary>Submits a transaction.</summary>
    /// <remarks>
    /// Per-subscription: each submits once. The observer is called on this mini-protocol's strand. The element says that the transaction is in the node's
    /// mempool. Completes after it. Fails with <see cref="TransactionRejectedException"/>, with <see cref="ProtocolBusyException"/>, or with the cause of
    /// the connection's end: then it is not known whether the node has it. There is no time limit: a node whose mempool is full answers when it has room.
    /// Disposing before its turn takes it back; later it only ends the delivery, and the node has it.
    /// </remarks>
    public IObservable<Unit> Submit(Transaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return Observable.Create<Unit>(observer =>
        {
            var call = new Call<LocalTxSubmissionMessage, Unit>(LocalTxSubmissionMessage.SubmitTx(transaction), Verdict, observer);
            _lane.Attach(call);
            return Disposable.Create((_lane, call), static x => x._lane.Detach(x.call));
        });
    }

    private static Unit Verdict(LocalTxSubmissionMessage answer) =>
        answer.Rejection is { } rejection ? throw new TransactionRejectedException(rejection) : Unit.Default;

    private sealed class CallStrand(Multiplexer mux, SeededRandom random)
        : CallLane<LocalTxSubmissionProtocol, LocalTxSubmissionState, LocalTxSubmissionMessageKind, LocalTxSubmissionMessage>(mux, random)
    {
        protected override (LocalTxSubmissionMessageKind Kind, LocalTxSubmissionMessage Message) Done =>
            (LocalTxSubmissionMessageKind.Done, LocalTxSubmissionMessage.Done);

        protected override LocalTxSubmissionMessage Parse(MemoryLease item) => LocalTxSubmissionCodec.Read(item.Memory);

        protected override LocalTxSubmissionMessageKind KindOf(LocalTxSubmissionMessage message) => message.Kind;

        protected override void Append(LocalTxSubmissionMessage message) => LocalTxSubmissionCodec.Write(Egress, in message);
    }
}
