using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Passes on the roll forwards that bring what is wanted, and every other event.</summary>
    /// <typeparam name="T">What a roll forward brings: a header or a block.</typeparam>
    /// <param name="source">Events of a chain.</param>
    /// <param name="predicate">Whether it is wanted.</param>
    /// <remarks>
    /// <code>
    /// source               --a--b--c--B(b)--d--|
    /// WhereBlock(not b)    --a-----c--B(b)--d--|
    /// </code>
    /// <para>
    /// Per-subscription. The observer is called where the source calls, and so is <paramref name="predicate"/>. Payloads are handed on as they are; what is not
    /// wanted is left to the garbage collector. Completes and fails as the source does, and fails with what the predicate throws. Disposing leaves the
    /// source. As paced as its source.
    /// </para>
    /// <para>
    /// A roll back may name a block that was not passed on, as <c>b</c> above: fold by slot, which is to say that everything above the point's slot is gone.
    /// </para>
    /// </remarks>
    public static IObservable<ChainEvent<T>> WhereBlock<T>(this IObservable<ChainEvent<T>> source, Func<T, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(predicate);
        return Paced.Like<ChainEvent<T>, ChainEvent<T>>(source, observer => new FilteringSink<T>(predicate, observer).Run(source));
    }
}

internal sealed class FilteringSink<T>(Func<T, bool> predicate, IPacedObserver<ChainEvent<T>> observer)
    : SynchronousSink<ChainEvent<T>, ChainEvent<T>>(observer)
{
    protected override bool TryTransform(ChainEvent<T> value, out ChainEvent<T> result)
    {
        result = value;
        return !value.IsRollForward || predicate(value.Value);
    }
}
