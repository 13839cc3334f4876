using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>The strand of the initiator between nodes: a roll forward brings a header.</summary>
internal sealed class ChainSyncHeaderLane(Multiplexer mux, ChainSyncOptions options, SeededRandom random)
    : ChainSyncClientLane<ChainSyncProtocol, ChainSyncEvent>(mux, new RequestWindow(options.LowMark, options.HighMark), random)
{
    private UnhashedHeaders? _unhashed;

    /// <summary>The hash of a header stands behind its message.</summary>
    protected override int TrailerBytes => options.HashHeaders ? BlockHash.Size : 0;

    protected override bool IsUnlimited(ChainSyncState state) => options.TrustPeer && state == ChainSyncState.MustReply;

    protected override bool TryRollForward(in IngressMessage item)
    {
        if (!ChainSyncCodec.TryReadRollForward(item.Lease, out Header header, out Tip tip))
        {
            return false;
        }

        Received(ChainSyncMessageKind.RollForward, in item);
        if (!options.HashHeaders || header.Era <= Era.Byron)
        {
            OnTaken();
            Roll(header, tip);
            return true;
        }

        _unhashed ??= UnhashedHeaders.Take();
        if (_unhashed.Add(header, tip))
        {
            OnTaken();
        }

        return true;
    }

    /// <summary>Headers are hashed together, as many as came for this turn, and then delivered.</summary>
    protected override void OnTaken()
    {
        if (_unhashed is not { } headers)
        {
            return;
        }

        _unhashed = null;
        int delivered = 0;
        try
        {
            headers.Hash();
            for (; delivered < headers.Count; delivered++)
            {
                (Header header, Tip tip) = headers[delivered];
                Roll(header, tip);
            }
        }
        finally
        {
            headers.GiveBack(delivered);
        }
    }

    protected override void OnOtherRollForward(in ChainSyncMessage message) => Roll(message.Header, message.Tip);

    private void Roll(Header header, Tip tip) =>
        OnRollForward(header.TryReadBlockNumber(out ulong number) ? number : null, ChainSyncEvent.RollForward(header, tip), tip);
}
