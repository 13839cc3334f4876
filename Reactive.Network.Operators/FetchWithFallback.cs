using System.Reactive.Concurrency;
using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Turns a followed chain's headers into its blocks, from whichever peers deliver them.</summary>
    /// <param name="source">Events of a chain.</param>
    /// <param name="policy">Whom to ask. <see langword="null"/>: the defaults of <see cref="FetchPolicy"/>.</param>
    /// <param name="scheduler">Where the observer is called; the thread pool where it is left out.</param>
    /// <remarks>
    /// <code>
    /// headers  --I(p)--F(a)F(b)F(c)------B(b)-----F(d)----
    /// peer 1   ----------a-------x                              (x: it fails)
    /// peer 2   --------------------b----------------d-----
    /// result   --I(p)----F(a)------F(b)------------F(d)---      (c was not delivered: nothing to roll back)
    /// </code>
    /// <para>
    /// Per-subscription. The observer is called on <paramref name="scheduler"/>, one event at a time. A block owns its memory: keep it as long as you like,
    /// dispose it to have the memory reused. Completes when the headers do and every block was delivered. Fails as the headers do, behind the blocks
    /// that were there, and with <see cref="NoUsablePeerException"/> after <see cref="FetchPolicy.GiveUpAfter"/>. Disposing leaves the headers; what was asked
    /// for is drained. Paced: more is asked for as blocks are consumed; what waits is bounded by <see cref="FetchPolicy.MaxBytes"/> and
    /// <see cref="FetchPolicy.MaxBlocks"/>.
    /// </para>
    /// <para>
    /// One new block is asked of its first announcer; when that takes longer than such requests mostly do, of a second peer too, of
    /// <see cref="FetchPolicy.MaxPeers"/> at most; the first valid block wins. A long range is cut into pieces, each asked of the peer that is expected to
    /// deliver it first, by its latency, its bandwidth and what it was asked for already. A peer that fails, or delivers nothing for
    /// <see cref="FetchPolicy.StallAfter"/>, is left alone for a while, longer each time. Each request's outcome is told as <see cref="Evidence"/>. No block
    /// overtakes a roll back; a roll back cancels the requests above its point, and is passed on only if something above its point was delivered.
    /// </para>
    /// </remarks>
    public static IObservable<ChainEvent<FetchedBlock>> FetchWithFallback(
        this IObservable<ChainEvent<CandidateHeader>> source, FetchPolicy? policy = null, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        FetchPolicy chosen = policy ?? new FetchPolicy();
        return Paced.Like<ChainEvent<CandidateHeader>, ChainEvent<FetchedBlock>>(
            source, observer => new FallbackFetcher(chosen, observer, scheduler ?? DefaultScheduler.Instance).Run(source));
    }
}
