using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>The responder of local state query: one client's state of the ledger, and one query at a time.</summary>
internal sealed class LocalStateQueryServer(Multiplexer mux, ILedgerStates ledger, SeededRandom random)
    : ProtocolLane<LocalStateQueryProtocol, LocalStateQueryState, LocalStateQueryMessageKind>(mux, SduSender.Responder, random)
{
    private ILedgerState? _held;
    private PendingAnswer<ReadOnlyMemory<byte>>? _pending;

    protected override bool CanTake => !HasAgency && (!HasEgress || Egress.HasRoom);

    protected override void OnMessage(in IngressMessage item)
    {
        LocalStateQueryMessage message = LocalStateQueryCodec.Read(item.Lease.Memory);
        Received(message.Kind, in item);
        item.Lease.Release();
        switch (message.Kind)
        {
            case LocalStateQueryMessageKind.Acquire or LocalStateQueryMessageKind.ReAcquire:
                Acquire(message.Target);
                break;
            case LocalStateQueryMessageKind.Query:
                LedgerRequest request = LedgerRequest.Parse(message.Content);
                _pending = new PendingAnswer<ReadOnlyMemory<byte>>(this);
                _pending.Ask(_held!.Answer(request));
                break;
            case LocalStateQueryMessageKind.Release:
                LetGo();
                break;
            default:
                LetGo();
                Restart();
                break;
        }
    }

    protected override bool OnTurn()
    {
        if (_pending is not null && _pending.TryTake(out ReadOnlyMemory<byte> result))
        {
            _pending.Cancel();
            _pending = null;
            Sending(LocalStateQueryMessageKind.Result);
            LocalStateQueryCodec.WriteResultStart(Egress);
            Egress.WriteReference(result, MemoryLease.Unowned(result));
            Flush();
        }

        return CanTake && HasIngress && !Ingress.IsEmpty;
    }

    protected override void OnClosed(NetworkException? cause) => LetGo();

    private void Acquire(LedgerTarget target)
    {
        LetGo();
        _held = ledger.TryAcquire(target, out LedgerAcquireFailure failure);
        LocalStateQueryMessage answer = _held is null ? LocalStateQueryMessage.Failure(failure) : LocalStateQueryMessage.Acquired;
        Sending(answer.Kind);
        LocalStateQueryCodec.Write(Egress, in answer);
        Flush();
    }

    private void LetGo()
    {
        _pending?.Cancel();
        _pending = null;
        _held?.Dispose();
        _held = null;
    }
}
