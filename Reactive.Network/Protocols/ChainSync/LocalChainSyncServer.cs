using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>The responder of local chain-sync: a roll forward brings a block, sent from where the chain source has it.</summary>
/// <remarks>
/// A client that catches up is read one range after the other, from its place to the tip, so that the source reads ahead as far as its cursors do. The range is
/// dropped when the client has all there is, so that one that waits holds nothing of the source but its place.
/// </remarks>
internal sealed class LocalChainSyncServer(Multiplexer mux, SeededRandom random) : ChainSyncServerLane<LocalChainSyncProtocol>(mux, random)
{
    /// <summary>The blocks behind the one that was sent last; <see langword="null"/> where they are not being read.</summary>
    private IBlockCursor? _range;

    protected override bool TryRollForward(IChainSource source, in ChainStep step)
    {
        Block block;
        using (Header header = step.RollForward!.Value)
        {
            if (!TryTake(header, out block) && !TryOpen(source, header, step.Tip, out block))
            {
                return false;
            }
        }

        Sending(ChainSyncMessageKind.RollForward);
        ReadOnlyMemory<byte> bytes = block.Memory;
        LocalChainSyncCodec.WriteBlockPrefix(Egress, bytes.Length);
        Egress.WriteReference(bytes, block.Lease);
        var writer = new CborSpanWriter(Egress);
        TipCodec.Write(ref writer, step.Tip);
        return true;
    }

    protected override void OnAside()
    {
        _range?.Dispose();
        _range = null;
    }

    /// <summary>The next block of the range, if it is the one of <paramref name="header"/>; else the range is of no use any more.</summary>
    private bool TryTake(Header header, out Block block)
    {
        block = default;
        try
        {
            if (_range is not null && _range.TryNext(out block))
            {
                if (block.Header.Span.SequenceEqual(header.Span))
                {
                    return true;
                }

                block.Dispose();
            }
        }
        catch (NetworkException error) when (error is ChainSourceException or CodecException)
        {
            // The chain has left the range, or a block in it cannot be read: the block alone will show which.
            block.Lease.ReleaseIfHeld();
        }

        OnAside();
        return false;
    }

    /// <summary>Begins at the block of <paramref name="header"/>: with all behind it, or, where the tip is on another chain by now, with it alone.</summary>
    private bool TryOpen(IChainSource source, Header header, Tip tip, out Block block)
    {
        Point point = header.Point;
        _range = source.ReadRange(point, tip.Point);
        if (TryTake(header, out block))
        {
            return true;
        }

        using IBlockCursor? alone = source.ReadRange(point, point);
        return alone is not null && alone.TryNext(out block);
    }
}
