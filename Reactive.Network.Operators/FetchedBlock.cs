using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Reactive.Network.Operators;

/// <summary>A block of a followed chain, and who delivered it. A value around <see cref="Chain.Block"/>, which says who owns its memory.</summary>
/// <param name="Block">The block.</param>
/// <param name="Point">Its place; known, not computed.</param>
/// <param name="BlockNumber">Its height.</param>
/// <param name="Peer">Who delivered it.</param>
public readonly record struct FetchedBlock(Block Block, Point Point, ulong BlockNumber, IPeer Peer) : IDisposable
{
    /// <summary>The slot.</summary>
    public ulong Slot => Point.Slot;

    /// <summary>The length of <c>[blockTag, block]</c>, in bytes.</summary>
    public int Size => Block.Size;

    /// <summary>The kind of the block.</summary>
    public Era Era => Block.Era;

    /// <summary>The header: a view on the same memory.</summary>
    public Header Header => Block.Header;

    /// <summary>How many transactions it holds, or <see langword="null"/> where the body is opaque.</summary>
    public int? TransactionCount => Block.TransactionCount;

    /// <summary>Gives the memory back, on behalf of one owner.</summary>
    public void Dispose() => Block.Dispose();
}
