using System.Reactive.Disposables;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Follows the blocks of a local node, and checks that each is whole and stands on the one before it.</summary>
    /// <param name="client">The node.</param>
    /// <param name="points">Where to begin: the first of them that is on the node's chain. Most preferred first.</param>
    /// <remarks>
    /// Per-subscription: each finds its own intersection; one at a time per client. Observers are called on the strand of local chain-sync. A block owns its
    /// memory: keep it as long as you like, dispose it to have the memory reused. Never completes by itself. Fails with
    /// <see cref="BrokenLinkException"/>, <see cref="InvalidBlockException"/> or <see cref="CodecException"/> when a block does not stand on the one before
    /// it, is not the one its header commits to, or is none, and as <see cref="LocalChainSyncClient.Follow"/> does. Disposing stops at once; the connection
    /// stays open. Paced: behind <see cref="IObservable{T}"/> stands an <see cref="IPacedObservable{T}"/>.
    /// <para>The first event is <see cref="ChainEventKind.Intersected"/>. Behind origin a first block may name any predecessor: the genesis is not
    /// known.</para>
    /// <code>
    /// client   --I(p)--F(a)--F(b)--B(a)--F(c)--F(x)
    /// result   --I(p)--F(a)--F(b)--B(a)--F(c)--#       (x does not stand on c)
    /// </code>
    /// </remarks>
    public static IObservable<ChainEvent<Block>> FollowBlocks(this LocalChainSyncClient client, params IReadOnlyList<Point> points)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(points);
        IObservable<LocalChainSyncEvent> source = client.Follow(points);
        return new PacedPipe<ChainEvent<Block>>(observer =>
        {
            var upstream = new SingleAssignmentDisposable();
            upstream.Disposable = Paced.Subscribe(source, new BlockChecker(observer, upstream));
            return upstream;
        });
    }

    /// <summary>Follows the blocks of a local node from its tip on: what is new from now.</summary>
    /// <param name="client">The node.</param>
    /// <remarks>
    /// As <see cref="FollowBlocks"/> from the node's tip. The tip is asked for, then intersected with; where a roll back took it away in between, both
    /// again, up to ten times. The first event is <see cref="ChainEventKind.Intersected"/> with the tip.
    /// <code>
    /// tip asked    p-------q
    /// intersect    --gone----found
    /// result       ----------I(q)--F(a)--F(b)
    /// </code>
    /// </remarks>
    public static IObservable<ChainEvent<Block>> FollowBlocksFromTip(this LocalChainSyncClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new PacedPipe<ChainEvent<Block>>(observer =>
            new TipFollower<ChainEvent<Block>>(client.FindTip(), point => client.FollowBlocks(point), observer).Run());
    }

    private sealed class BlockChecker(IPacedObserver<ChainEvent<Block>> observer, IDisposable upstream) : IPacedObserver<LocalChainSyncEvent>
    {
        private Point _last;
        private bool _failed;

        public void OnNext(LocalChainSyncEvent value, Credit credit)
        {
            if (_failed)
            {
                value.Dispose();
                return;
            }

            if (value.Kind != ChainEventKind.RollForward)
            {
                _last = value.Point;
                observer.OnNext(new ChainEvent<Block>(value.Kind, _last, default, value.Tip), credit);
                return;
            }

            Point point;
            try
            {
                point = Check(value.Block);
            }
            catch (NetworkException error)
            {
                _failed = true;
                upstream.Dispose();
                value.Dispose();
                observer.OnError(error);
                return;
            }

            _last = point;
            observer.OnNext(new ChainEvent<Block>(ChainEventKind.RollForward, point, value.Block, value.Tip), credit);
        }

        public void OnError(Exception error)
        {
            if (!_failed)
            {
                observer.OnError(error);
            }
        }

        public void OnCompleted()
        {
            if (!_failed)
            {
                observer.OnCompleted();
            }
        }

        private Point Check(Block block)
        {
            Header header = block.Header;
            HeaderFields fields = header.ReadFields();
            var point = new Point(fields.Slot, header.Hash);
            if (!_last.IsOrigin && fields.PreviousHash != _last.Hash)
            {
                throw new BrokenLinkException(point, _last.Hash, fields.PreviousHash);
            }

            BlockDefect defect = BlockVerifier.Verify(block, point);
            return defect == BlockDefect.None ? point : throw new InvalidBlockException(point, defect);
        }
    }
}
