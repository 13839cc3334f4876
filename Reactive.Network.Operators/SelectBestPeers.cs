using System.Reactive.Concurrency;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Peers;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Keeps a selection of the best hot peers, by what was measured of them.</summary>
    /// <param name="source">What happens to the peers of a network.</param>
    /// <param name="count">Peers selected at most, 1 or more.</param>
    /// <param name="ranking">What a peer costs. <see langword="null"/>: <see cref="PeerRankings.ByDelivery"/>.</param>
    /// <param name="scheduler">Where the observer is called; the thread pool where it is left out.</param>
    /// <remarks>
    /// <code>
    /// source               --S---h1--h2--m1--m2--m2--c1----     (S: snapshot, h: hot, m: measured, c: cold)
    /// SelectBestPeers(1)   --[]--[1]---------[2]-----------     (2 turned out much better than 1; then 1 left)
    /// </code>
    /// <para>
    /// Per-subscription. The observer is called on <paramref name="scheduler"/>, one selection at a time; <paramref name="ranking"/> where the source
    /// calls, once for each event that concerns a hot peer. Elements carry no payload. Completes and fails as the source does, behind the last selection, and
    /// fails with what the ranking throws. Disposing leaves the source. State rather than a queue: an observer that is slow sees the newest selection only, and the
    /// same selection is never told twice.
    /// </para>
    /// <para>
    /// The first selection comes with the first <see cref="PeerEvent.Snapshot"/>, even where it is empty, so that chains are followed from the first header on.
    /// Peers are ordered by cost, and by id where that is equal. A selected peer is left for another that costs a fifth and 20 ms less, and a cost counts as
    /// changed when it has moved by a tenth and 10 ms: noise changes nothing. Where <paramref name="count"/> is 2 or more, the last place is lent, for a minute each, to
    /// peers of which neither header lag nor bandwidth are known. A single peer that claims a tip it does not have cannot make the others count as behind:
    /// of three or more hot peers the second highest tip is taken for the best. A cost that is not a number counts as the worst.
    /// </para>
    /// </remarks>
    public static IObservable<PeerSelection> SelectBestPeers(
        this IObservable<PeerEvent> source, int count, PeerRanking? ranking = null, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        PeerRanking chosen = ranking ?? PeerRankings.ByDelivery;
        return new PlainPipe<PeerSelection>(observer => new PeerSelector(count, chosen, observer, scheduler ?? DefaultScheduler.Instance).Run(source));
    }
}
