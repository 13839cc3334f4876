using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>The strand of the initiator between nodes: a roll forward brings a header.</summary>
internal sealed class ChainSyncHeaderLane(Multiplexer mux, ChainSyncOptions options, SeededRandom random)
    : ChainSyncClientLane<ChainSyncProtocol, ChainSyncEvent>(mux, new RequestWindow(options.LowMark, options.HighMark), random)
{
    protected override bool IsUnlimited(ChainSyncState state) => options.TrustPeer && state == ChainSyncState.MustReply;

    protected override bool TryRollForward(in IngressMessage item)
    {
        if (!ChainSyncCodec.TryReadRollForward(item.Lease, out Header header, out Tip tip))
        {
            return false;
        }

        Received(ChainSyncMessageKind.RollForward, in item);
        Roll(header, tip);
        return true;
    }

    protected override void OnOtherRollForward(in ChainSyncMessage message) => Roll(message.Header, message.Tip);

    private void Roll(Header header, Tip tip) =>
        OnRollForward(header.TryReadBlockNumber(out ulong number) ? number : null, ChainSyncEvent.RollForward(header, tip), tip);
}
