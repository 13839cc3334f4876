using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalTxMonitor;

namespace Reactive.Network.Operators.Internal;

/// <summary>Where one transaction is, from what a chain, a mempool and a submission say, in whatever order. One thread at a time; no time.</summary>
/// <param name="id">Which. Eras are not compared: a node may relabel what it forwards.</param>
/// <param name="depth">Blocks that must stand on its block at the end.</param>
internal sealed class TransactionTracker(TransactionId id, int depth)
{
    /// <summary>The blocks on top of the one that it is in: as many as are asked for, then it is over.</summary>
    private readonly List<Point> _above = [];

    private TransactionProgress? _told;
    private Point? _block;
    private bool _isValid = true;
    private bool _accepted;
    private bool _inMempool;
    private bool _wasSeen;

    /// <summary>The first slot that the followed chain has not come to.</summary>
    private ulong _next;

    /// <summary>What <see cref="_next"/> must be before a mempool that has it no more means that it is gone: until then its block may be on the way.</summary>
    private ulong _goneFrom;

    /// <summary>The node took it.</summary>
    public bool Accepted(out TransactionProgress progress)
    {
        _accepted = true;
        return Tell(out progress);
    }

    /// <summary>The mempool has changed.</summary>
    public bool Apply(MempoolDifference difference, out TransactionProgress progress)
    {
        if (difference.Removed.Any(IsIt))
        {
            _inMempool = false;
            _goneFrom = difference.Slot;
        }

        if (difference.Added.Any(IsIt))
        {
            _inMempool = _wasSeen = true;
        }

        return Tell(out progress);
    }

    /// <summary>The chain has changed.</summary>
    /// <exception cref="OpaqueBlockException">Nothing can be said of what is in the block.</exception>
    /// <exception cref="Cbor.CodecException">The block is none.</exception>
    public bool Apply(in ChainEvent<Block> change, out TransactionProgress progress)
    {
        switch (change.Kind)
        {
            case ChainEventKind.RollForward when _block is null:
                Look(change.Value, change.Point);
                break;
            case ChainEventKind.RollForward:
                _above.Add(change.Point);
                break;
            case ChainEventKind.RollBackward:
                RollBack(change.Point);
                break;
            default:
                break;
        }

        _next = change.Point.IsOrigin ? 0 : change.Point.Slot + 1;
        return Tell(out progress);
    }

    private bool IsIt(Transaction transaction) => transaction.TryGetId(out TransactionId other) && other.Hash == id.Hash;

    private void Look(Block block, Point point)
    {
        BlockTransactions transactions = block.Transactions;
        if (transactions.IsOpaque)
        {
            throw new OpaqueBlockException(point, transactions.Era);
        }

        TransactionId[] ids = transactions.ReadIds();
        int index = Array.FindIndex(ids, other => other.Hash == id.Hash);
        if (index < 0)
        {
            return;
        }

        foreach (BlockTransaction transaction in transactions)
        {
            if (transaction.Index == index)
            {
                _isValid = transaction.IsValid;
            }
        }

        _block = point;
        _wasSeen = true;
    }

    private void RollBack(Point point)
    {
        while (_above.Count > 0 && _above[^1] != point)
        {
            _above.RemoveAt(_above.Count - 1);
        }

        if (_above.Count == 0 && _block != point)
        {
            _block = null;
            _isValid = true;
            _goneFrom = 0;
        }
    }

    private bool Tell(out TransactionProgress progress)
    {
        TransactionStage? stage = _block is not null ? (_above.Count < depth ? TransactionStage.InBlock : TransactionStage.Confirmed)
            : _inMempool ? TransactionStage.InMempool
            : _wasSeen && _next >= _goneFrom ? TransactionStage.Gone
            : _wasSeen ? _told?.Stage
            : _accepted ? TransactionStage.Submitted
            : null;
        progress = new TransactionProgress(id, stage ?? default, _block ?? Point.Origin, _above.Count, _isValid);
        if (stage is null || progress == _told)
        {
            return false;
        }

        _told = progress;
        return true;
    }
}
