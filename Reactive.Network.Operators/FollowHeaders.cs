using System.Reactive.Disposables;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Follows one peer's headers and checks that each stands on the one before it.</summary>
    /// <param name="client">The peer.</param>
    /// <param name="points">Where to begin: the first of them that is on the peer's chain. Most preferred first.</param>
    /// <remarks>
    /// Per-subscription: each finds its own intersection; one at a time per client. Observers are called on the strand of chain-sync. A header owns its
    /// memory: keep it as long as you like, dispose it to have the memory reused. Never completes by itself. Fails with
    /// <see cref="BrokenLinkException"/> or <see cref="CodecException"/> when a header does not stand on the one before it or is none, which says that
    /// the peer should be left, and as <see cref="ChainSyncClient.Follow"/> does. Disposing stops at once; the connection stays open. Paced: behind
    /// <see cref="IObservable{T}"/> stands an <see cref="IPacedObservable{T}"/>.
    /// <para>The first event is <see cref="ChainEventKind.Intersected"/>. Behind origin a first header may name any predecessor: the genesis is not
    /// known.</para>
    /// <code>
    /// client   --I(p)--F(a)--F(b)--B(a)--F(c)--F(x)
    /// result   --I(p)--F(a)--F(b)--B(a)--F(c)--#       (x does not stand on c)
    /// </code>
    /// </remarks>
    public static IObservable<ChainEvent<Header>> FollowHeaders(this ChainSyncClient client, params IReadOnlyList<Point> points)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(points);
        IObservable<ChainSyncEvent> source = client.Follow(points);
        return new PacedPipe<ChainEvent<Header>>(observer =>
        {
            var upstream = new SingleAssignmentDisposable();
            upstream.Disposable = Paced.Subscribe(source, new LinkChecker(observer, upstream));
            return upstream;
        });
    }

    private sealed class LinkChecker(IPacedObserver<ChainEvent<Header>> observer, IDisposable upstream) : IPacedObserver<ChainSyncEvent>
    {
        private Point _last;
        private bool _failed;

        public void OnNext(ChainSyncEvent value, Credit credit)
        {
            if (_failed)
            {
                value.Dispose();
                return;
            }

            if (value.Kind != ChainEventKind.RollForward)
            {
                _last = value.Point;
                observer.OnNext(new ChainEvent<Header>(value.Kind, _last, default, value.Tip), credit);
                return;
            }

            Point point;
            try
            {
                HeaderFields fields = value.Header.ReadFields();
                point = new Point(fields.Slot, value.Header.Hash);
                if (!_last.IsOrigin && fields.PreviousHash != _last.Hash)
                {
                    throw new BrokenLinkException(point, _last.Hash, fields.PreviousHash);
                }
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
            observer.OnNext(new ChainEvent<Header>(ChainEventKind.RollForward, point, value.Header, value.Tip), credit);
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
    }
}
