using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;

namespace Rxnet.Following;

/// <summary>Follows one chain over the failures of its peers: checked, nothing lost, nothing twice.</summary>
/// <param name="plan">Whom, from where, and what.</param>
/// <param name="dial">How to reach a peer.</param>
/// <param name="scheduler">Where everything runs and whose time counts.</param>
internal sealed class Follower(FollowPlan plan, Dial dial, IScheduler scheduler)
{
    /// <summary>Waits after each round of failures, doubling from half a second.</summary>
    private readonly Backoff _backoff = new() { First = TimeSpan.FromSeconds(0.5), Max = TimeSpan.FromSeconds(30), Alternatives = plan.Peers.Count };

    /// <summary>Follows until disposed, or until no peer is left that is worth a try: then it fails with the last one's cause.</summary>
    public IObservable<FollowEvent> Follow() => Observable.Create<FollowEvent>(observer =>
    {
        // Chain events, connections and pings come on strands of their own.
        IObserver<FollowEvent> told = Observer.Synchronize(observer);
        PeerRing ring = new(plan.Peers);
        return Try(ring, told, [])
            .ResumeWithBackoff(
                points => Try(ring, told, points),
                _backoff with { RetryOn = _ => ring.MayTryAgain },
                maxRollBack: int.MaxValue,
                scheduler)
            .Select(Told)
            .Where(static one => one is not null)
            .Select(static one => one!)
            .Subscribe(told);

        FollowEvent? Told(ChainEvent<BlockFacts> followed, int index) => followed.Kind switch
        {
            ChainEventKind.RollForward => new FollowEvent.RollForward(followed.Point, followed.Value, followed.Tip),
            ChainEventKind.RollBackward => new FollowEvent.RollBackward(followed.Point, followed.Tip),
            ChainEventKind.Intersected when index == 0 => new FollowEvent.Intersect(followed.Point, followed.Tip),
            _ => null,
        };
    });

    /// <summary>One peer, from connecting to it to its end.</summary>
    private IObservable<ChainEvent<BlockFacts>> Try(PeerRing ring, IObserver<FollowEvent> told, IReadOnlyList<Point> points) => Observable.Defer(() =>
    {
        (PeerAddress peer, Exception? dropped) = ring.Next();
        if (dropped is not null)
        {
            return Observable.Throw<ChainEvent<BlockFacts>>(dropped);
        }

        var followed =
            from connection in dial(peer).Do(_ => ring.Up()).Do(_ => told.OnNext(new FollowEvent.PeerUp(peer)))
            from step in Observable.Using(() => Pings(connection, peer, told), _ => Steps(connection, peer, points))
            select step;
        return followed.Do(_ => ring.Begin(), error => told.OnNext(new FollowEvent.PeerDown(peer, error, ring.Failed(error))));
    });

    private IObservable<ChainEvent<BlockFacts>> Steps(PeerConnection connection, PeerAddress peer, IReadOnlyList<Point> points)
    {
        IObservable<ChainEvent<Header>> headers = (points, plan.From) switch
        {
            ({ Count: > 0 }, _) => connection.ChainSync.FollowHeaders(points),
            (_, { } start) => connection.ChainSync.FollowHeaders(start),
            _ => connection.ChainSync.FollowHeadersFromTip(),
        };
        IObservable<ChainEvent<BlockFacts>> steps = plan.HeadersOnly
            ? headers.Select(header => BlockFacts.Of(header, peer))
            : headers.FetchBlocks(connection.BlockFetch, scheduler).Select(block => BlockFacts.Of(block, peer));

        // An end by agreement is an end too: the next one takes over.
        return steps.Concat(Observable.Defer(() =>
            Observable.Throw<ChainEvent<BlockFacts>>(new ConnectionClosedException($"{peer} ended the connection"))));
    }

    /// <summary>The end of a connection is told by its chain events, behind what they still have to tell.</summary>
    private static IDisposable Pings(PeerConnection connection, PeerAddress peer, IObserver<FollowEvent> told) =>
        connection.KeepAlive.RoundTrips.Subscribe(time => told.OnNext(new FollowEvent.RoundTrip(peer, time)), static _ => { });
}
