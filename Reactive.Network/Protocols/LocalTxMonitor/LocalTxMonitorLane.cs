using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.LocalTxMonitor;

/// <summary>The strand of a local tx-monitor initiator.</summary>
internal sealed class LocalTxMonitorLane(Multiplexer mux, SeededRandom random)
    : SessionLane<LocalTxMonitorProtocol, LocalTxMonitorState, LocalTxMonitorMessageKind, LocalTxMonitorMessage>(mux, random)
{
    protected override (LocalTxMonitorMessageKind Kind, LocalTxMonitorMessage Message) Done =>
        (LocalTxMonitorMessageKind.Done, LocalTxMonitorMessage.Done);

    protected override (LocalTxMonitorMessageKind Kind, LocalTxMonitorMessage Message) Release =>
        (LocalTxMonitorMessageKind.Release, LocalTxMonitorMessage.Release);

    protected override LocalTxMonitorMessage Parse(MemoryLease item) => LocalTxMonitorCodec.Read(item.Memory);

    protected override LocalTxMonitorMessageKind KindOf(LocalTxMonitorMessage message) => message.Kind;

    protected override void Append(LocalTxMonitorMessage message) => LocalTxMonitorCodec.Write(Egress, in message);
}
