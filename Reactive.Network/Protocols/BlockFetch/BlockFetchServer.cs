using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>The responder of block-fetch: streams ranges of a chain source, one at a time, as fast as the bearer takes them.</summary>
internal sealed class BlockFetchServer(Multiplexer mux, SeededRandom random)
    : ProtocolLane<BlockFetchProtocol, BlockFetchState, BlockFetchMessageKind>(mux, SduSender.Responder, random)
{
    private const int BlocksPerTurn = 64;

    private readonly HandlerSlot<IChainSource> _source = new();
    private IBlockCursor? _batch;

    /// <summary>Who answers. Without one, requests wait as bytes within the budget.</summary>
    public IChainSource? Source
    {
        set
        {
            _source.Value = value;
            MarkReady();
        }
    }

    protected override bool CanTake => _source.Value is not null && !HasAgency && (!HasEgress || Egress.HasRoom);

    internal override void OnWake() => Mux.Close(Unanswered(BlockFetchProtocol.LimitsIn(BlockFetchState.Busy).MaxWait));

    protected override void OnMessage(in IngressMessage item)
    {
        BlockFetchMessage message = BlockFetchCodec.Read(item.Lease);
        Received(message.Kind, in item);
        item.Lease.Release();
        if (message.Kind == BlockFetchMessageKind.ClientDone)
        {
            Restart();
            return;
        }

        CheckBounds(message.First, message.Last);
        long due = BeginAnswer();
        _batch = _source.Value!.ReadRange(message.First, message.Last);
        EndAnswer(due);
        if (_batch is null)
        {
            Sending(BlockFetchMessageKind.NoBlocks);
            BlockFetchCodec.Write(Egress, BlockFetchMessage.NoBlocks);
            Flush();
            return;
        }

        Sending(BlockFetchMessageKind.StartBatch);
        BlockFetchCodec.Write(Egress, BlockFetchMessage.StartBatch);
        Stream();
    }

    protected override bool OnTurn()
    {
        if (_batch is not null)
        {
            Stream();
        }

        WatchDetached(_source.Value is null && _batch is null, BlockFetchProtocol.LimitsIn(BlockFetchState.Busy).MaxWait);
        return HasEgress && Egress.HasRoom && (_batch is not null || (CanTake && !Ingress.IsEmpty));
    }

    protected override void OnClosed(NetworkException? cause)
    {
        _batch?.Dispose();
        _batch = null;
    }

    private void CheckBounds(Point first, Point last)
    {
        if (first.IsOrigin || last.IsOrigin || first.Slot > last.Slot)
        {
            throw Wrong($"the range from {first} to {last} is none");
        }
    }

    private void Stream()
    {
        for (int sent = 0; sent < BlocksPerTurn && Egress.HasRoom; sent++)
        {
            long due = BeginAnswer();
            bool there = _batch!.TryNext(out Block block);
            EndAnswer(due);
            if (!there)
            {
                _batch.Dispose();
                _batch = null;
                Sending(BlockFetchMessageKind.BatchDone);
                BlockFetchCodec.Write(Egress, BlockFetchMessage.BatchDone);
                break;
            }

            Sending(BlockFetchMessageKind.Block);
            ReadOnlyMemory<byte> bytes = block.Memory;
            BlockFetchCodec.WriteBlockPrefix(Egress, bytes.Length);
            Egress.WriteReference(bytes, block.Lease);
        }

        Flush();
    }
}
