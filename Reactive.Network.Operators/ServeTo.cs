using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Makes a followed chain one that is served: each event is applied to <paramref name="chain"/>, then passed on.</summary>
    /// <param name="source">Events of a chain, with its blocks.</param>
    /// <param name="chain">What peers are served: <see cref="NetworkOptions.Serve"/>. Changed by nobody else meanwhile.</param>
    /// <remarks>
    /// <code>
    /// source   --I(p)--F(a)--F(b)--B(a)--F(c)--
    /// result   --I(p)--F(a)--F(b)--B(a)--F(c)--
    /// chain      p     p a   p a b p a   p a c      (its clients are told before the result is)
    /// </code>
    /// <para>
    /// Per-subscription; one at a time for a chain. The observer is called where the source calls, and so are the clients of the chain: nothing waits in
    /// between. The chain has a copy of each block; the block itself goes on with its owner unchanged, so that <c>Recycle</c> may stand behind.
    /// Completes as the source does; the chain stays as it is. Fails as the source does, with <see cref="ChainMismatchException"/> where an event does not fit
    /// on the chain, with <see cref="Cbor.CodecException"/> where a block is none, and with <see cref="ObjectDisposedException"/> where the chain was
    /// disposed of. Disposing leaves the source. As paced as its source: what slows it is the observer, never a client of the chain.
    /// </para>
    /// <para>
    /// The first event, if it is <see cref="ChainEventKind.Intersected"/>, takes the chain back to that point; an empty chain begins there. Later
    /// intersections change nothing. So begin at a point that the chain has: its tip, for one.
    /// </para>
    /// </remarks>
    public static IObservable<ChainEvent<FetchedBlock>> ServeTo(this IObservable<ChainEvent<FetchedBlock>> source, IChainStore chain) =>
        source.ServeTo(chain, static fetched => fetched.Block);

    /// <inheritdoc cref="ServeTo(IObservable{ChainEvent{FetchedBlock}}, IChainStore)"/>
    public static IObservable<ChainEvent<Block>> ServeTo(this IObservable<ChainEvent<Block>> source, IChainStore chain) =>
        source.ServeTo(chain, static block => block);

    private static IObservable<ChainEvent<T>> ServeTo<T>(this IObservable<ChainEvent<T>> source, IChainStore chain, Func<T, Block> blockOf)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(chain);
        return Paced.Like<ChainEvent<T>, ChainEvent<T>>(source, observer => new ChainServer<T>(chain, blockOf, observer).Run(source));
    }
}
