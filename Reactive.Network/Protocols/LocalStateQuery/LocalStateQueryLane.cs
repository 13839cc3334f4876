using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>The strand of a local state query initiator.</summary>
internal sealed class LocalStateQueryLane(Multiplexer mux, SeededRandom random)
    : SessionLane<LocalStateQueryProtocol, LocalStateQueryState, LocalStateQueryMessageKind, LocalStateQueryMessage>(mux, random)
{
    protected override (LocalStateQueryMessageKind Kind, LocalStateQueryMessage Message) Done =>
        (LocalStateQueryMessageKind.Done, LocalStateQueryMessage.Done);

    protected override (LocalStateQueryMessageKind Kind, LocalStateQueryMessage Message) Release =>
        (LocalStateQueryMessageKind.Release, LocalStateQueryMessage.Release);

    protected override LocalStateQueryMessage Parse(MemoryLease item) => LocalStateQueryCodec.Read(item.Memory);

    protected override LocalStateQueryMessageKind KindOf(LocalStateQueryMessage message) => message.Kind;

    protected override void Append(LocalStateQueryMessage message) => LocalStateQueryCodec.Write(Egress, in message);

    protected override NetworkException? RefusalOf(LocalStateQueryMessage answer) =>
        answer.Kind == LocalStateQueryMessageKind.Failure ? new LedgerAcquireException(answer.Why) : null;
}
