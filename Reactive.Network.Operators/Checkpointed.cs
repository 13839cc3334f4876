using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;

namespace Reactive.Network.Operators;

/// <summary>An event of a chain, to be acknowledged when its effects are where they are to stay.</summary>
/// <typeparam name="T">What a roll forward brings.</typeparam>
public readonly record struct Checkpointed<T>
{
    private readonly CheckpointWriter _writer;
    private readonly ChainPlace _place;
    private readonly long _number;

    internal Checkpointed(ChainEvent<T> chainEvent, CheckpointWriter writer, ChainPlace place, long number)
    {
        Event = chainEvent;
        (_writer, _place, _number) = (writer, place, number);
    }

    /// <summary>The event.</summary>
    public ChainEvent<T> Event { get; }

    /// <summary>
    /// What an acknowledgement saves: for who writes it together with the effects, in one transaction, and so needs no acknowledgement.
    /// </summary>
    public IReadOnlyList<Point> Points => _place.Offer();

    /// <summary>
    /// This event and all before it need not come again: the position is saved before this returns, unless another thread is just saving an older one,
    /// which then saves this one too. One that is older than what was acknowledged does nothing.
    /// </summary>
    public void Acknowledge() => _writer.Acknowledge(_number, _place);
}
