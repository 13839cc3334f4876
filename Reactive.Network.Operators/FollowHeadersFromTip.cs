using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Follows one peer's headers from its tip on: what is new from now.</summary>
    /// <param name="client">The peer.</param>
    /// <remarks>
    /// As <see cref="FollowHeaders"/> from the peer's tip. The tip is asked for, then intersected with; where a roll back took it away in between, both
    /// again, up to ten times. The first event is <see cref="ChainEventKind.Intersected"/> with the tip.
    /// <code>
    /// tip asked    p-------q
    /// intersect    --gone----found
    /// result       ----------I(q)--F(a)--F(b)
    /// </code>
    /// </remarks>
    public static IObservable<ChainEvent<Header>> FollowHeadersFromTip(this ChainSyncClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new PacedPipe<ChainEvent<Header>>(observer => new TipFollower(client, observer).Run());
    }

    private sealed class TipFollower(ChainSyncClient client, IPacedObserver<ChainEvent<Header>> observer) : IPacedObserver<ChainEvent<Header>>, IDisposable
    {
        private const int MaxTries = 10;

        private readonly SerialDisposable _step = new();
        private int _tries;
        private Tip _tip;

        public TipFollower Run()
        {
            SingleAssignmentDisposable asking = new();
            _step.Disposable = asking;
            asking.Disposable = client.FindTip().Subscribe(tip => _tip = tip, observer.OnError, Follow);
            return this;
        }

        public void Dispose() => _step.Dispose();

        public void OnNext(ChainEvent<Header> value, Credit credit) => observer.OnNext(value, credit);

        public void OnError(Exception error)
        {
            if (error is IntersectionNotFoundException && ++_tries < MaxTries)
            {
                Run();
            }
            else
            {
                observer.OnError(error);
            }
        }

        public void OnCompleted() => observer.OnCompleted();

        private void Follow()
        {
            SingleAssignmentDisposable following = new();
            _step.Disposable = following;
            following.Disposable = Paced.Subscribe(client.FollowHeaders(_tip.Point), this);
        }
    }
}
