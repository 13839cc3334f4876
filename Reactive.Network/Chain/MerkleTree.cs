using System.Numerics;

namespace Reactive.Network.Chain;

/// <summary>
/// The Merkle tree of Byron's transactions, whose left part always has a power of two of leaves. Built leaf by leaf: only the roots of the
/// full parts are kept, one per bit of the count, so neither memory nor recursion grows with the number of leaves.
/// </summary>
/// <param name="parts">Room for <see cref="MaxDepth"/> hashes.</param>
internal ref struct MerkleTree(Span<BlockHash> parts)
{
    /// <summary>More parts than this no count of 32 bits has.</summary>
    internal const int MaxDepth = 32;

    private readonly Span<BlockHash> _parts = parts;
    private int _held;

    /// <summary>The number of leaves.</summary>
    public uint Count { get; private set; }

    /// <summary>Adds a leaf.</summary>
    public void Add(ReadOnlySpan<byte> leaf)
    {
        BlockHash part = Blake2b256.HashOfBoth([0], leaf);
        for (int merges = BitOperations.TrailingZeroCount(++Count); merges > 0; merges--)
        {
            part = Branch(_parts[--_held], part);
        }

        _parts[_held++] = part;
    }

    /// <summary>The root; of no leaves, the hash of no bytes.</summary>
    public readonly BlockHash Root()
    {
        if (_held == 0)
        {
            return Blake2b256.Hash([]);
        }

        BlockHash root = _parts[_held - 1];
        for (int i = _held - 2; i >= 0; i--)
        {
            root = Branch(_parts[i], root);
        }

        return root;
    }

    private static BlockHash Branch(BlockHash left, BlockHash right)
    {
        Span<byte> pair = stackalloc byte[1 + (2 * BlockHash.Size)];
        pair[0] = 1;
        left.AsSpan().CopyTo(pair[1..]);
        right.AsSpan().CopyTo(pair[(1 + BlockHash.Size)..]);
        return Blake2b256.Hash(pair);
    }
}
