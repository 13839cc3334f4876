using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Pacing;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>The initiator of local chain-sync: follows the blocks of a node's chain, pipelined.</summary>
/// <remarks>
/// One user at a time: a second subscription fails with <see cref="ProtocolBusyException"/> while the first lives. After a dispose the answers that
/// were asked for are drained; a new subscription waits for that.
/// </remarks>
public sealed class LocalChainSyncClient
{
    private readonly LocalChainSyncLane _lane;

    internal LocalChainSyncClient(Multiplexer mux, LocalChainSyncOptions options, SeededRandom random)
    {
        options.Validate();
        _lane = new LocalChainSyncLane(mux, options, random);
    }

    internal Lane Lane => _lane;

    /// <summary>Follows the node's chain from the first of <paramref name="points"/> that is on it.</summary>
    /// <param name="points">Most preferred first. Origin is on every chain; without any point nothing is found.</param>
    /// <remarks>
    /// Per-subscription: each finds its own intersection; the first element is <see cref="ChainEventKind.Intersected"/>, and the roll back with which a
    /// node confirms it is not repeated. Observers are called on this mini-protocol's strand. A block owns its memory: keep it as long as you like,
    /// dispose it to have the memory reused. Never completes by itself. Fails with <see cref="IntersectionNotFoundException"/>, with the cause of the
    /// connection's end, or with <see cref="ProtocolBusyException"/>. Disposing stops delivery at once and drains what was asked for; the connection
    /// stays open. Behind <see cref="IObservable{T}"/> stands an <see cref="IPacedObservable{T}"/>: a request is sent for each event that was consumed.
    /// </remarks>
    public IObservable<LocalChainSyncEvent> Follow(params IReadOnlyList<Point> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        return new FollowObservable(_lane, [.. points]);
    }

    /// <summary>Asks for the node's tip.</summary>
    /// <remarks>
    /// Per-subscription: each asks, by looking for an intersection with no point. The observer is called on this mini-protocol's strand. The element
    /// is a value. Completes after it. Fails as <see cref="Follow"/> does. Disposing ends the delivery; the answer is drained.
    /// </remarks>
    public IObservable<Tip> FindTip() => System.Reactive.Linq.Observable.Create<Tip>(observer =>
    {
        var use = new LocalChainSyncLane.TipUse(observer);
        _lane.Attach(use);
        return Disposable.Create((_lane, use), static x => x._lane.Detach(x.use));
    });

    private sealed class FollowObservable(LocalChainSyncLane lane, Point[] points) : IPacedObservable<LocalChainSyncEvent>
    {
        public IDisposable Subscribe(IObserver<LocalChainSyncEvent> observer)
        {
            ArgumentNullException.ThrowIfNull(observer);
            return Start(new LocalChainSyncLane.FollowUse(lane, points, observer, null));
        }

        public IDisposable Subscribe(IPacedObserver<LocalChainSyncEvent> observer)
        {
            ArgumentNullException.ThrowIfNull(observer);
            return Start(new LocalChainSyncLane.FollowUse(lane, points, null, observer));
        }

        private IDisposable Start(LocalChainSyncLane.FollowUse use)
        {
            lane.Attach(use);
            return Disposable.Create((lane, use), static x => x.lane.Detach(x.use));
        }
    }
}
