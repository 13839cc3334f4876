using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.LocalTxSubmission;

/// <summary>The responder of local tx-submission: one transaction at a time, decided on by an acceptor.</summary>
internal sealed class LocalTxSubmissionServer(Multiplexer mux, ITransactionAcceptor acceptor, SeededRandom random)
    : ProtocolLane<LocalTxSubmissionProtocol, LocalTxSubmissionState, LocalTxSubmissionMessageKind>(mux, SduSender.Responder, random)
{
    private PendingAnswer<TransactionRejection?>? _pending;

    protected override bool CanTake => !HasAgency && (!HasEgress || Egress.HasRoom);

    protected override void OnMessage(in IngressMessage item)
    {
        LocalTxSubmissionMessage message = LocalTxSubmissionCodec.Read(item.Lease.Memory);
        Received(message.Kind, in item);
        item.Lease.Release();
        if (message.Kind == LocalTxSubmissionMessageKind.Done)
        {
            Restart();
            return;
        }

        _pending = new PendingAnswer<TransactionRejection?>(this);
        _pending.Ask(acceptor.Submit(message.Transaction!));
    }

    protected override bool OnTurn()
    {
        if (_pending is not null && _pending.TryTake(out TransactionRejection? rejection))
        {
            _pending.Cancel();
            _pending = null;
            LocalTxSubmissionMessage answer =
                rejection is null ? LocalTxSubmissionMessage.AcceptTx : LocalTxSubmissionMessage.RejectTx(rejection);
            Sending(answer.Kind);
            LocalTxSubmissionCodec.Write(Egress, in answer);
            Flush();
        }

        return CanTake && HasIngress && !Ingress.IsEmpty;
    }

    protected override void OnClosed(NetworkException? cause) => _pending?.Cancel();
}
