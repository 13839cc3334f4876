using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Protocols.LocalTxSubmission;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Follows a transaction: in the mempool, in a block, and how deep, over roll backs.</summary>
    /// <param name="source">The chain, from before the transaction can be in a block.</param>
    /// <param name="id">Which. Its era does not count.</param>
    /// <param name="mempool">The node's mempool: <see cref="LocalTxMonitorClient.Watch"/>.</param>
    /// <param name="depth">How many blocks must stand on its block at the end, 1 or more.</param>
    /// <param name="scheduler">Where the observer is called. <see langword="null"/>: the thread pool.</param>
    /// <remarks>
    /// <code>
    /// mempool               --+t--------------t---------------
    /// source                ------a--b(t)--c------B(a)--d(t)--e--f
    /// TrackTransaction(2)   --M------0-----1------G-----0-----1--C|
    ///                       (M in mempool, 0 and 1 in a block so deep, G gone, C confirmed)
    /// </code>
    /// <para>
    /// Per-subscription: each follows for itself. The observer is called on <paramref name="scheduler"/>. Elements are values. Blocks are looked into where the
    /// source calls, and are whose they were. Completes behind <see cref="TransactionStage.Confirmed"/>, or with the source. Fails as the source and the mempool do,
    /// with <see cref="OpaqueBlockException"/> at a block of an era that is not known here, or with <see cref="Cbor.CodecException"/> at one that is none. Disposing
    /// leaves both.
    /// </para>
    /// <para>
    /// A mempool that has it no more is no news before the chain has come to the slot that the mempool was validated against: the block that took it may be on its
    /// way. What came and went between two looks at the mempool is not seen. Of an observer that is slow up to 16 elements wait; then the newest takes the place of
    /// the one before it.
    /// </para>
    /// </remarks>
    public static IObservable<TransactionProgress> TrackTransaction(
        this IObservable<ChainEvent<Block>> source, TransactionId id, IObservable<MempoolDifference> mempool, int depth, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(mempool);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        IScheduler where = scheduler ?? DefaultScheduler.Instance;
        return Observable.Create<TransactionProgress>(observer => new TransactionTracking(id, depth, observer, where).Run(source, mempool, null));
    }

    /// <summary>Submits a transaction to a local node, and follows it into the mempool, into a block, and so deep.</summary>
    /// <param name="client">A connection to the node. Its chain-sync and its tx-monitor must not be in use.</param>
    /// <param name="transaction">What is submitted. It must have an id.</param>
    /// <param name="depth">How many blocks must stand on its block at the end, 1 or more.</param>
    /// <param name="scheduler">Where the observer is called. <see langword="null"/>: the thread pool.</param>
    /// <remarks>
    /// <code>
    /// submission           -----ok
    /// SubmitAndTrack(1)    -----S--M-----0-----C|
    /// </code>
    /// As <see cref="TrackTransaction"/> on the node's chain from its tip, which is followed before the transaction is submitted; blocks are checked as
    /// <see cref="FollowBlocks"/> does, and given back. Per-subscription: each submits. Fails with <see cref="TransactionRejectedException"/> too. Disposing takes the
    /// submission back if it was not sent yet.
    /// </remarks>
    public static IObservable<TransactionProgress> SubmitAndTrack(
        this LocalConnection client, Transaction transaction, int depth, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        if (!transaction.TryGetId(out TransactionId id))
        {
            throw new ArgumentException("It has no id to follow it by.", nameof(transaction));
        }

        IScheduler where = scheduler ?? DefaultScheduler.Instance;
        IObservable<ChainEvent<Block>> chain = client.ChainSync.FollowBlocksFromTip();
        return Observable.Create<TransactionProgress>(observer => new TransactionTracking(id, depth, observer, where).Run(
            Observable.Create<ChainEvent<Block>>(blocks => chain.Recycle(blocks)), client.TxMonitor.Watch(), client.TxSubmission.Submit(transaction)));
    }
}
