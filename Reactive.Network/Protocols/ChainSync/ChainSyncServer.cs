using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>The responder of chain-sync between nodes: a roll forward brings a header.</summary>
internal sealed class ChainSyncServer(Multiplexer mux, SeededRandom random) : ChainSyncServerLane<ChainSyncProtocol>(mux, random)
{
    protected override bool TryRollForward(IChainSource source, in ChainStep step)
    {
        Header header = step.RollForward!.Value;
        Sending(ChainSyncMessageKind.RollForward);
        ChainSyncCodec.WriteRollForward(Egress, in header, step.Tip);
        header.Dispose();
        return true;
    }
}
