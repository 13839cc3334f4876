using System.Reactive.Concurrency;
using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Follows a chain over failures: again from where it was, after a wait that grows with each failure in a row.</summary>
    /// <typeparam name="T">What a roll forward brings.</typeparam>
    /// <param name="source">Follows from the start, wherever that is. Subscribed to until it has found its intersection once.</param>
    /// <param name="resume">
    /// Follows from the first of the points given that is on the chain: the newest delivered, then older ones, in steps that grow. Called for each try.
    /// </param>
    /// <param name="backoff">How long to wait and how often. <see langword="null"/>: the defaults of <see cref="Backoff"/>.</param>
    /// <param name="maxRollBack">Blocks that resuming may go back: only points so near to the last one are offered. 1 or more.</param>
    /// <param name="scheduler">Whose time is waited in. <see langword="null"/>: the thread pool.</param>
    /// <remarks>
    /// Per-subscription. Observers are called where the source calls; later tries are subscribed to on <paramref name="scheduler"/>. Payloads are handed on as
    /// they are. Completes when the source does. Fails with the source's last error where <paramref name="backoff"/> says so; a roll forward or roll back
    /// delivered begins the count of failures anew, an intersection does not, so that a peer which agrees on a point and fails is not asked in a loop.
    /// Disposing leaves the source or ends the wait. As paced as <paramref name="source"/>; what <paramref name="resume"/> returns should be alike.
    /// <para>Folding the events gives one chain: nothing is lost or repeated. Resumed at the last point, <see cref="ChainEventKind.Intersected"/> is passed
    /// on, which changes nothing; if that point is gone, a roll back to the intersection found takes its place.</para>
    /// <code>
    /// source            I(o)--F(a)--F(b)-#
    /// resume(b, a, o)                       I(b)--F(c)-#
    /// resume(c, b, o)                                     I(b)--F(d)
    /// result            I(o)--F(a)--F(b)----I(b)--F(c)----B(b)--F(d)
    /// </code>
    /// </remarks>
    public static IObservable<ChainEvent<T>> ResumeWithBackoff<T>(
        this IObservable<ChainEvent<T>> source,
        Func<IReadOnlyList<Point>, IObservable<ChainEvent<T>>> resume,
        Backoff? backoff = null,
        int maxRollBack = ChainTrail.Dense,
        IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(resume);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRollBack, 1);
        Backoff rules = backoff ?? new Backoff();
        IScheduler where = scheduler ?? DefaultScheduler.Instance;
        return Paced.Like<ChainEvent<T>, ChainEvent<T>>(source, observer =>
        {
            ChainTrail trail = new();
            IObservable<ChainEvent<T>> tries = Paced.Like<ChainEvent<T>, ChainEvent<T>>(
                source,
                resumed => Paced.Subscribe(trail.IsEmpty ? source : resume(trail.Offer(maxRollBack)), new TrailKeeper<T>(trail, resumed)));
            return new RetrySink<ChainEvent<T>>(tries, rules, observer, where)
            {
                BeginsAnew = static value => value.Kind != ChainEventKind.Intersected,
            }.Run();
        });
    }

    /// <summary>Writes down where the follower is, and makes of a later intersection what it means for one that has been somewhere.</summary>
    private sealed class TrailKeeper<T>(ChainTrail trail, IPacedObserver<ChainEvent<T>> observer) : IPacedObserver<ChainEvent<T>>
    {
        public void OnNext(ChainEvent<T> value, Credit credit)
        {
            switch (value.Kind)
            {
                case ChainEventKind.Intersected when trail.IsEmpty:
                    trail.Start(value.Point);
                    break;
                case ChainEventKind.Intersected when trail.Last != value.Point:
                    value = value with { Kind = ChainEventKind.RollBackward };
                    trail.RollBack(value.Point);
                    break;
                case ChainEventKind.RollForward:
                    trail.Add(value.Point);
                    break;
                case ChainEventKind.RollBackward:
                    trail.RollBack(value.Point);
                    break;
                default:
                    break;
            }

            observer.OnNext(value, credit);
        }

        public void OnError(Exception error) => observer.OnError(error);

        public void OnCompleted() => observer.OnCompleted();
    }
}
