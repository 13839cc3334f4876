namespace Reactive.Network.Chain;

/// <summary>What happened to a followed chain. Open: ignore kinds that you do not know.</summary>
public enum ChainEventKind
{
    /// <summary>A block was added on top.</summary>
    RollForward,

    /// <summary>The blocks above <see cref="ChainEvent{T}.Point"/> are gone.</summary>
    RollBackward,

    /// <summary>Where following begins: the point found, or, after a reconnect, found again. Changes nothing in what was delivered.</summary>
    Intersected,
}

/// <summary>One event of a followed chain; folding them gives the chain.</summary>
/// <typeparam name="T">What a roll forward brings: a <see cref="Header"/> or a <see cref="Block"/>.</typeparam>
/// <param name="Kind">What happened.</param>
/// <param name="Point">The point of the new block, or where the chain goes back to, or the intersection.</param>
/// <param name="Value">The header or block of a roll forward; <c>default</c> otherwise.</param>
/// <param name="Tip">The newest block of the peer's chain when it said so.</param>
public readonly record struct ChainEvent<T>(ChainEventKind Kind, Point Point, T Value, Tip Tip)
{
    /// <summary>A block was added on top.</summary>
    public bool IsRollForward => Kind == ChainEventKind.RollForward;

    /// <summary>The blocks above the point are gone.</summary>
    public bool IsRollBackward => Kind == ChainEventKind.RollBackward;
}
