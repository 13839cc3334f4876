using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Turns what roll forwards bring into something else, and keeps every other event.</summary>
    /// <typeparam name="TSource">What a roll forward brings: a header or a block.</typeparam>
    /// <typeparam name="T">What becomes of it.</typeparam>
    /// <param name="source">Events of a chain.</param>
    /// <param name="selector">Makes one of the other.</param>
    /// <remarks>
    /// <code>
    /// source                  --a--b--B(a)--c--|
    /// SelectBlock(upper)      --A--B--B(a)--C--|
    /// </code>
    /// Per-subscription. The observer is called where the source calls, and so is <paramref name="selector"/>, once for each roll forward. Payloads are the
    /// selector's: what it does not pass on it may dispose. Completes and fails as the source does, and fails with what the selector throws. Disposing leaves
    /// the source. As paced as its source.
    /// </remarks>
    public static IObservable<ChainEvent<T>> SelectBlock<TSource, T>(this IObservable<ChainEvent<TSource>> source, Func<TSource, T> selector)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(selector);
        return Paced.Like<ChainEvent<TSource>, ChainEvent<T>>(source, observer => new MappingSink<TSource, T>(selector, observer).Run(source));
    }
}

internal sealed class MappingSink<TSource, T>(Func<TSource, T> selector, IPacedObserver<ChainEvent<T>> observer)
    : SynchronousSink<ChainEvent<TSource>, ChainEvent<T>>(observer)
{
    protected override bool TryTransform(ChainEvent<TSource> value, out ChainEvent<T> result)
    {
        result = new ChainEvent<T>(value.Kind, value.Point, value.IsRollForward ? selector(value.Value) : default!, value.Tip);
        return true;
    }
}
