using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Fetches the blocks from <paramref name="first"/> to <paramref name="last"/>, both included, of which only the ends are known.</summary>
    /// <param name="client">The peer's headers, which tell the points in between and the sizes.</param>
    /// <param name="blocks">The blocks of the same peer.</param>
    /// <param name="first">The first block.</param>
    /// <param name="last">The last block: <paramref name="first"/>, or one that stands on it.</param>
    /// <param name="scheduler">Where the observer is called. <see langword="null"/>: the thread pool.</param>
    /// <exception cref="ArgumentException">An end is origin, which is no block, or they are the wrong way round.</exception>
    /// <remarks>
    /// Per-subscription; takes the client of chain-sync for as long as it runs. Observers are called on <paramref name="scheduler"/> (the first block on the
    /// strand of block-fetch), one block at a time, in chain order, links checked. A block owns its memory: keep it as long as you like, dispose it to have
    /// the memory reused. Completes behind the last block. Fails with <see cref="BlocksUnavailableException"/> if not both ends are on the peer's chain, or
    /// no longer, which may show only behind the first blocks; else as <see cref="FollowHeaders"/> and <see cref="FetchBlocks"/> do. Disposing leaves both clients;
    /// what was asked for is drained. Paced.
    /// <code>
    /// fetch    a
    /// headers  --I(a)--F(b)--F(c)--F(d)
    /// result   a--------b------c|          (to c)
    /// </code>
    /// </remarks>
    public static IObservable<Block> FetchRange(
        this ChainSyncClient client, BlockFetchClient blocks, Point first, Point last, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(blocks);
        if (first.IsOrigin || last.IsOrigin)
        {
            throw new ArgumentException("Origin is no block.", first.IsOrigin ? nameof(first) : nameof(last));
        }

        if (first.Slot > last.Slot)
        {
            throw new ArgumentException($"{last} is before {first}.", nameof(last));
        }

        // The size of the first block is not known: its header comes before the point that can be intersected with.
        IObservable<Block> head = blocks.Fetch([new BlockRequest(first, AnnouncedBytes: 0)]);
        if (first == last)
        {
            return head;
        }

        IObservable<ChainEvent<Header>> headers = new PacedPipe<ChainEvent<Header>>(observer =>
        {
            var upstream = new SingleAssignmentDisposable();
            upstream.Disposable = Paced.Subscribe(client.FollowHeaders(first), new RangeHeaders(observer, upstream, first, last));
            return upstream;
        });
        IObservable<ChainEvent<Block>> rest = headers.FetchBlocks(blocks, scheduler);
        return new PacedPipe<Block>(observer =>
        {
            var current = new SerialDisposable();
            current.Disposable = Paced.Subscribe(head, new RangeHead(observer, Continue));
            return current;

            void Continue()
            {
                var tail = new SingleAssignmentDisposable();
                current.Disposable = tail;
                tail.Disposable = Paced.Subscribe(rest, new RangeTail(observer, tail, first, last));
            }
        });
    }

    /// <summary>Ends the headers at the last point, or where it is clear that they do not lead there.</summary>
    private sealed class RangeHeaders(IPacedObserver<ChainEvent<Header>> observer, IDisposable upstream, Point first, Point last)
        : IPacedObserver<ChainEvent<Header>>
    {
        private bool _isOver;

        public void OnNext(ChainEvent<Header> value, Credit credit)
        {
            if (_isOver)
            {
                Drop(value, credit);
                return;
            }

            // Waiting for a block that is not made yet would be waiting for ever.
            bool leadsAway = value.IsRollForward
                ? value.Point.Slot > last.Slot
                : value.Tip.Point.IsOrigin || value.Tip.Point.Slot < last.Slot;
            if (leadsAway)
            {
                Drop(value, credit);
                OnError(new BlocksUnavailableException(first, last));
                return;
            }

            observer.OnNext(value, credit);
            if (value.IsRollForward && value.Point == last)
            {
                upstream.Dispose();
                OnCompleted();
            }
        }

        public void OnError(Exception error)
        {
            if (!_isOver)
            {
                _isOver = true;
                upstream.Dispose();
                observer.OnError(error is IntersectionNotFoundException ? new BlocksUnavailableException(first, last) : error);
            }
        }

        public void OnCompleted()
        {
            if (!_isOver)
            {
                _isOver = true;
                observer.OnCompleted();
            }
        }

        private static void Drop(ChainEvent<Header> value, Credit credit)
        {
            if (value.IsRollForward)
            {
                value.Value.Dispose();
            }

            credit.Return();
        }
    }

    /// <summary>The first block, then what follows it.</summary>
    private sealed class RangeHead(IPacedObserver<Block> observer, Action then) : IPacedObserver<Block>
    {
        public void OnNext(Block value, Credit credit) => observer.OnNext(value, credit);

        public void OnError(Exception error) => observer.OnError(error);

        public void OnCompleted() => then();
    }

    /// <summary>The blocks behind the first. A roll back below what was delivered says that the range is not on the peer's chain any more.</summary>
    private sealed class RangeTail(IPacedObserver<Block> observer, IDisposable upstream, Point first, Point last) : IPacedObserver<ChainEvent<Block>>
    {
        private bool _isOver;

        public void OnNext(ChainEvent<Block> value, Credit credit)
        {
            if (_isOver)
            {
                credit.Return();
            }
            else if (value.IsRollForward)
            {
                observer.OnNext(value.Value, credit);
            }
            else
            {
                credit.Return();
                if (value.IsRollBackward)
                {
                    upstream.Dispose();
                    OnError(new BlocksUnavailableException(first, last));
                }
            }
        }

        public void OnError(Exception error)
        {
            if (!_isOver)
            {
                _isOver = true;
                observer.OnError(error);
            }
        }

        public void OnCompleted()
        {
            if (!_isOver)
            {
                _isOver = true;
                observer.OnCompleted();
            }
        }
    }
}
