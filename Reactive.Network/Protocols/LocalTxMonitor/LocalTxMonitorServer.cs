using System.Reactive;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.LocalTxMonitor;

/// <summary>The responder of local tx-monitor: one client's view of a mempool.</summary>
internal sealed class LocalTxMonitorServer(Multiplexer mux, IMempoolMonitor mempool, SeededRandom random)
    : ProtocolLane<LocalTxMonitorProtocol, LocalTxMonitorState, LocalTxMonitorMessageKind>(mux, SduSender.Responder, random), IObserver<Unit>
{
    private IMempoolView? _view;
    private IDisposable? _changes;

    protected override bool CanTake => !HasAgency && (!HasEgress || Egress.HasRoom);

    void IObserver<Unit>.OnNext(Unit value) => MarkReady();

    void IObserver<Unit>.OnError(Exception error) => MarkReady();

    void IObserver<Unit>.OnCompleted()
    {
    }

    protected override void OnMessage(in IngressMessage item)
    {
        LocalTxMonitorMessage message = LocalTxMonitorCodec.Read(item.Lease.Memory);
        Received(message.Kind, in item);
        item.Lease.Release();
        switch (message.Kind)
        {
            case LocalTxMonitorMessageKind.Acquire:
                // Before the look, so that no change falls between the two.
                _changes ??= mempool.Changes.Subscribe(this);
                TryAcquire();
                break;
            case LocalTxMonitorMessageKind.Release:
                LetGo();
                break;
            case LocalTxMonitorMessageKind.NextTx:
                Say(LocalTxMonitorMessage.ReplyNextTx(_view!.Next()));
                break;
            case LocalTxMonitorMessageKind.HasTx:
                Say(LocalTxMonitorMessage.ReplyHasTx(_view!.Has(message.Id)));
                break;
            case LocalTxMonitorMessageKind.GetSizes:
                Say(LocalTxMonitorMessage.ReplyGetSizes(_view!.Sizes));
                break;
            case LocalTxMonitorMessageKind.GetMeasures:
                Say(LocalTxMonitorMessage.ReplyGetMeasures(_view!.Measures));
                break;
            default:
                LetGo();
                Restart();
                break;
        }
    }

    protected override bool OnTurn()
    {
        if (State == LocalTxMonitorState.Acquiring)
        {
            TryAcquire();
        }

        return CanTake && HasIngress && !Ingress.IsEmpty;
    }

    protected override void OnClosed(NetworkException? cause) => LetGo();

    /// <summary>The first snapshot at once, another one when it differs.</summary>
    private void TryAcquire()
    {
        if (_view is null or { IsStale: true })
        {
            _view = mempool.Take();
            Say(LocalTxMonitorMessage.Acquired(_view.Slot));
        }
    }

    private void Say(in LocalTxMonitorMessage answer)
    {
        Sending(answer.Kind);
        LocalTxMonitorCodec.Write(Egress, in answer);
        Flush();
    }

    private void LetGo()
    {
        _changes?.Dispose();
        _changes = null;
        _view = null;
    }
}
