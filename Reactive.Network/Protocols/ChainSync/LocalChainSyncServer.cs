using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>The responder of local chain-sync: a roll forward brings a block, sent from where the chain source has it.</summary>
internal sealed class LocalChainSyncServer(Multiplexer mux, SeededRandom random) : ChainSyncServerLane<LocalChainSyncProtocol>(mux, random)
{
    protected override bool TryRollForward(IChainSource source, in ChainStep step)
    {
        Header header = step.RollForward!.Value;
        Point point = header.Point;
        header.Dispose();
        using IBlockCursor? range = source.ReadRange(point, point);
        if (range is null || !range.TryNext(out Block block))
        {
            return false;
        }

        Sending(ChainSyncMessageKind.RollForward);
        ReadOnlyMemory<byte> bytes = block.Memory;
        LocalChainSyncCodec.WriteBlockPrefix(Egress, bytes.Length);
        Egress.WriteReference(bytes, block.Lease);
        var writer = new CborSpanWriter(Egress);
        TipCodec.Write(ref writer, step.Tip);
        return true;
    }
}
