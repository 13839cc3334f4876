using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Pacing;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>The initiator of chain-sync: follows the headers of one peer, pipelined.</summary>
/// <remarks>
/// One user at a time: a second subscription fails with <see cref="ProtocolBusyException"/> while the first lives. After a dispose the answers that
/// were asked for are drained; a new subscription waits for that.
/// </remarks>
public sealed class ChainSyncClient
{
    private readonly ChainSyncHeaderLane _lane;

    internal ChainSyncClient(Multiplexer mux, ChainSyncOptions options, SeededRandom random)
    {
        options.Validate();
        _lane = new ChainSyncHeaderLane(mux, options, random);
    }

    internal Lane Lane => _lane;

    /// <summary>Whether the peer has nothing to say until its chain changes: until then a new subscription would wait for the drain of the last one.</summary>
    internal bool IsAwaitingReply => _lane.IsAwaitingReply;

    /// <summary>Follows the peer's chain from the first of <paramref name="points"/> that is on it.</summary>
    /// <param name="points">Most preferred first, at most 1,000. Origin is on every chain; without any point nothing is found.</param>
    /// <remarks>
    /// Per-subscription: each finds its own intersection; the first element is <see cref="ChainEventKind.Intersected"/>, and the roll back with which a
    /// peer confirms it is not repeated. Observers are called on this mini-protocol's strand. A header owns its memory: keep it as long as you like,
    /// dispose it to have the memory reused. Never completes by itself. Fails with <see cref="IntersectionNotFoundException"/>, with the cause of the
    /// connection's end, or with <see cref="ProtocolBusyException"/>. Disposing stops delivery at once and drains what was asked for; the connection
    /// stays open. Behind <see cref="IObservable{T}"/> stands an <see cref="IPacedObservable{T}"/>: a request is sent for each event that was consumed.
    /// </remarks>
    public IObservable<ChainSyncEvent> Follow(params IReadOnlyList<Point> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(points.Count, 1000, nameof(points));
        return new FollowObservable(_lane, [.. points], null);
    }

    /// <summary>The same, and says when it waits for a drain that ends only when the peer's chain changes.</summary>
    internal IPacedObservable<ChainSyncEvent> FollowUnlessWaiting(IReadOnlyList<Point> points, Action waits) => new FollowObservable(_lane, [.. points], waits);

    /// <summary>Asks for the peer's tip.</summary>
    /// <remarks>
    /// Per-subscription: each asks, by looking for an intersection with no point. The observer is called on this mini-protocol's strand. The element
    /// is a value. Completes after it. Fails as <see cref="Follow"/> does. Disposing ends the delivery; the answer is drained.
    /// </remarks>
    public IObservable<Tip> FindTip() => FindTipUnlessWaiting(null);

    internal IObservable<Tip> FindTipUnlessWaiting(Action? waits) => System.Reactive.Linq.Observable.Create<Tip>(observer =>
    {
        var use = new ChainSyncHeaderLane.TipUse(observer) { Waits = waits };
        _lane.Attach(use);
        return Disposable.Create((_lane, use), static x => x._lane.Detach(x.use));
    });

    private sealed class FollowObservable(ChainSyncHeaderLane lane, Point[] points, Action? waits) : IPacedObservable<ChainSyncEvent>
    {
        public IDisposable Subscribe(IObserver<ChainSyncEvent> observer)
        {
            ArgumentNullException.ThrowIfNull(observer);
            return Start(new ChainSyncHeaderLane.FollowUse(lane, points, observer, null));
        }

        public IDisposable Subscribe(IPacedObserver<ChainSyncEvent> observer)
        {
            ArgumentNullException.ThrowIfNull(observer);
            return Start(new ChainSyncHeaderLane.FollowUse(lane, points, null, observer));
        }

        private IDisposable Start(ChainSyncHeaderLane.FollowUse use)
        {
            use.Waits = waits;
            lane.Attach(use);
            return Disposable.Create((lane, use), static x => x.lane.Detach(x.use));
        }
    }
}
