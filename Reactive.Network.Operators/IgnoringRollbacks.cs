using System.Diagnostics.CodeAnalysis;
using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>What a chain brings, whether it stays or not: for who counts, and does not fold.</summary>
    /// <typeparam name="T">What a roll forward brings: a header or a block.</typeparam>
    /// <param name="source">Events of a chain.</param>
    /// <remarks>
    /// <code>
    /// source               --I(o)--a--b--B(a)--c--|
    /// IgnoringRollbacks    --------a--b--------c--|
    /// </code>
    /// Per-subscription. The observer is called where the source calls. Payloads are handed on as they are: whoever owns them still does. Completes and
    /// fails as the source does. Disposing leaves the source. As paced as its source.
    /// </remarks>
    public static IObservable<T> IgnoringRollbacks<T>(this IObservable<ChainEvent<T>> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Paced.Like<ChainEvent<T>, T>(source, observer => new ForwardSink<T>(observer).Run(source));
    }
}

internal sealed class ForwardSink<T>(IPacedObserver<T> observer) : SynchronousSink<ChainEvent<T>, T>(observer)
{
    protected override bool TryTransform(ChainEvent<T> value, [MaybeNullWhen(false)] out T result)
    {
        result = value.Value;
        return value.IsRollForward;
    }
}
