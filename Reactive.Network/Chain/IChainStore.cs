namespace Reactive.Network.Chain;

/// <summary>A chain that can be served while it is extended and rolled back.</summary>
/// <remarks>Any thread. What changes it raises <see cref="IChainSource.Changes"/> before it returns, so that a block is announced with nothing in between.</remarks>
public interface IChainStore : IChainSource
{
    /// <summary>Adds a block on top. The chain keeps the memory of the block for as long as it holds it; give it a copy, or give it up.</summary>
    /// <exception cref="ArgumentException">It does not stand on the tip.</exception>
    /// <exception cref="Cbor.CodecException">The bytes are no block.</exception>
    /// <exception cref="ObjectDisposedException">The chain was disposed of.</exception>
    void Append(Block block);

    /// <summary>Removes every block above <paramref name="point"/>: a block that is held, the one that the oldest held stands on, or origin.</summary>
    /// <exception cref="ArgumentException">The point is none of these.</exception>
    /// <exception cref="ObjectDisposedException">The chain was disposed of.</exception>
    void RollBack(Point point);

    /// <summary>Begins anew above a block that is not held: all blocks in memory go, and the next one has to stand on it.</summary>
    /// <param name="below">That block; origin where the next one may stand on anything.</param>
    /// <exception cref="ObjectDisposedException">The chain was disposed of.</exception>
    void StandOn(Tip below);
}
