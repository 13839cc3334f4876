using System.Reactive.Concurrency;
using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Protocols.BlockFetch;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Turns followed headers into followed blocks, all of them from one peer.</summary>
    /// <param name="source">Events of a chain, linked. Taken over: each header is given back once it was read.</param>
    /// <param name="client">The peer that has the blocks.</param>
    /// <param name="scheduler">Where the observer is called; the thread pool where it is left out.</param>
    /// <remarks>
    /// Per-subscription. The observer is called on <paramref name="scheduler"/>, one event at a time. A block owns its memory: keep it as long as you
    /// like, dispose it to have the memory reused. Completes when the headers do and every block was delivered. Fails as the headers or the client do,
    /// behind the blocks that were there, and with <see cref="BlocksUnavailableException"/> if the peer has not got a block it announced after four
    /// tries in three seconds. Disposing leaves headers and client; what was asked for is drained. Paced: a header's credit and its block's go back
    /// together, so that demand reaches chain-sync and block-fetch alike; what waits here is bounded by their windows.
    /// <para>Ranges are asked for ahead of what was delivered, in order. A roll back takes back what was not delivered yet, and is passed on only if
    /// something above its point was delivered: no block overtakes it.</para>
    /// <code>
    /// headers  --I(p)--F(a)F(b)F(c)--B(b)-----F(d)----
    /// blocks   ------------a-----b--------------d------
    /// result   --I(p)------F(a)--F(b)-----------F(d)---   (c was not delivered: nothing to roll back)
    /// </code>
    /// </remarks>
    public static IObservable<ChainEvent<Block>> FetchBlocks(
        this IObservable<ChainEvent<Header>> source, BlockFetchClient client, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(client);
        return Paced.Like<ChainEvent<Header>, ChainEvent<Block>>(
            source, observer => new BlockFetcher(client, observer, scheduler ?? DefaultScheduler.Instance).Run(source));
    }
}
