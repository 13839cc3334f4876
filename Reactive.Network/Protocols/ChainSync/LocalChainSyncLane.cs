using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>The strand of a local client's initiator: a roll forward brings a block.</summary>
internal sealed class LocalChainSyncLane(Multiplexer mux, LocalChainSyncOptions options, SeededRandom random)
    : ChainSyncClientLane<LocalChainSyncProtocol, LocalChainSyncEvent>(mux, new RequestWindow(options.LowMark, options.HighMark), random)
{
    protected override bool TryRollForward(in IngressMessage item)
    {
        if (!LocalChainSyncCodec.TryReadRollForward(item.Lease, out Block block, out Tip tip))
        {
            return false;
        }

        Received(ChainSyncMessageKind.RollForward, in item);
        OnRollForward(NumberOf(block), LocalChainSyncEvent.RollForward(block, tip), tip);
        return true;
    }

    // Every encoding of a roll forward is taken above; one with a header in it was refused there.
    protected override void OnOtherRollForward(in ChainSyncMessage message) => throw Wrong("a header where a block belongs");

    /// <summary>A block that cannot be read is still delivered: its bytes are for the user to judge.</summary>
    private static ulong? NumberOf(Block block)
    {
        try
        {
            return block.BlockNumber;
        }
        catch (CodecException)
        {
            return null;
        }
    }
}
