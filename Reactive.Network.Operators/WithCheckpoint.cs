using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Lets each event of a chain be acknowledged, and keeps the position that was, so that following goes on there after a restart.</summary>
    /// <typeparam name="T">What a roll forward brings: a header or a block.</typeparam>
    /// <param name="source">Events of a chain, followed from what <paramref name="store"/> holds.</param>
    /// <param name="store">Where the position is kept.</param>
    /// <remarks>
    /// <code>
    /// source            --I(a)--b--c--d--B(c)--e--
    /// acknowledged      ------------c---------e---
    /// saved             ------------[c,b,a]---[e,c,b,a]
    /// </code>
    /// <code>
    /// IReadOnlyList&lt;Point&gt; saved = store.Load();
    /// var blocks = network.Peers.SelectBestPeers(5)
    ///     .FollowChain(saved.Count > 0 ? From.AnyOf(saved) : From.Origin).FetchWithFallback().WithCheckpoint(store);
    /// blocks.Subscribe(one => { database.Apply(one.Event); one.Acknowledge(); });
    /// </code>
    /// <para>
    /// Per-subscription: the store is read by each, and must not be shared by two at a time. The observer is called where the source calls; the store is written where
    /// an event is acknowledged. Payloads are handed on as they are. Completes and fails as the source does, and fails with what <see cref="ICheckpointStore.Load"/>
    /// throws. Disposing leaves the source; acknowledgements that come later are still saved. As paced as its source: acknowledging is not consuming, so that
    /// many events may be acknowledged by their last.
    /// </para>
    /// <para>
    /// What was saved is the position and older places of its chain. After a restart the source begins with a roll back where the position is no
    /// longer on the chain; then nothing behind the acknowledged event is lost, and nothing before it comes again. Effects of events that were not
    /// acknowledged must be undone or bear repetition: write <see cref="Checkpointed{T}.Points"/> in the transaction that writes the effects, and neither is needed.
    /// </para>
    /// </remarks>
    public static IObservable<Checkpointed<T>> WithCheckpoint<T>(this IObservable<ChainEvent<T>> source, ICheckpointStore store)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(store);
        return Paced.Like<ChainEvent<T>, Checkpointed<T>>(source, observer => new CheckpointSink<T>(store, observer).Run(source));
    }
}

internal sealed class CheckpointSink<T>(ICheckpointStore store, IPacedObserver<Checkpointed<T>> observer)
    : SynchronousSink<ChainEvent<T>, Checkpointed<T>>(observer)
{
    private readonly CheckpointWriter _writer = new(store);
    private ChainPlace? _place;
    private long _number;

    protected override void Start() => _place = ChainPlace.Of(store.Load());

    protected override bool TryTransform(ChainEvent<T> value, out Checkpointed<T> result)
    {
        _place = value.Kind switch
        {
            ChainEventKind.RollForward => _place?.Grow(value.Point) ?? ChainPlace.At(value.Point),
            ChainEventKind.RollBackward => _place?.RollBack(value.Point) ?? ChainPlace.At(value.Point),
            // Where following begins. Elsewhere than at what was stored: that is of another chain, or was not asked for.
            ChainEventKind.Intersected when _number == 0 && _place?.Knows(value.Point) != true => ChainPlace.At(value.Point),
            _ => _place ?? ChainPlace.At(value.Point),
        };
        result = new Checkpointed<T>(value, _writer, _place, ++_number);
        return true;
    }
}
