using System.Reactive.Concurrency;
using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Peers.Candidates;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Follows one chain: the best of what the selected peers announce.</summary>
    /// <param name="source">The peers to follow, now and later.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="options">How to choose. <see langword="null"/>: the defaults of <see cref="FollowOptions"/>.</param>
    /// <param name="scheduler">Where the observer is called; the thread pool where it is left out.</param>
    /// <remarks>
    /// <code>
    /// peer 1   --I(p)--a--b--------B(a)--c'--d'--
    /// peer 2   --I(p)----a--b--c-----------------
    /// result   --I(p)--a--b----c-----B(a)c'd'----      (c' and d' are one more than c)
    /// </code>
    /// <para>
    /// Per-subscription, on what the network holds once for all: any number of subscriptions cost one chain-sync per peer. The observer is called on
    /// <paramref name="scheduler"/>, one event at a time. Headers are shared plain memory: keep them as long as you like. Completes when
    /// <paramref name="source"/> does. Fails as it does, with <see cref="NoUsablePeerException"/> after <see cref="FollowOptions.GiveUpAfter"/>, or with what the
    /// choice threw. Disposing stops at once; peers go on being followed for others. Paced, and a slow subscription slows no other one.
    /// </para>
    /// <para>
    /// A place that is not held, since others follow from further on, or since the observer was so slow that what comes next has been dropped, is read from two
    /// connections of its own to the same peers until it is held again: nothing is lost and nothing comes twice; where no peer has the place any more, a roll back
    /// to the newest one that a peer has comes first. At most eight subscriptions of one network read so at a time; one more fails with
    /// <see cref="PointNotHeldException"/>, as one does on <see cref="CandidateChains"/> that are no network's, or there with <see cref="FellBehindException"/>.
    /// </para>
    /// <para>
    /// The first event is <see cref="ChainEventKind.Intersected"/>; where that is not the first of the points asked for, a roll back to it follows. Folding the
    /// events always gives one linked chain: no block comes twice unless a roll back below it stands between. The chain is left only for a
    /// better one, or when no peer has it any more; never further back than <see cref="FollowOptions.MaxRollback"/>.
    /// </para>
    /// </remarks>
    public static IObservable<ChainEvent<CandidateHeader>> FollowChain(
        this IObservable<PeerSelection> source, From from = default, FollowOptions? options = null, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        FollowOptions chosen = options ?? new FollowOptions();
        return new PacedPipe<ChainEvent<CandidateHeader>>(observer =>
            new ChainReader(from, chosen, observer, scheduler ?? DefaultScheduler.Instance).Run(source));
    }
}
