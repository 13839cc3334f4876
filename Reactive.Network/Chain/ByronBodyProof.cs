using Reactive.Network.Cbor;

namespace Reactive.Network.Chain;

/// <summary>
/// What a Byron header commits to: of a boundary block the hash of its body; of a main block the number of its transactions, the root of their Merkle
/// tree, and the hashes of witnesses, delegation payload and update payload.
/// </summary>
/// <remarks>The proof of the shared-seed payload, which has had no meaning since the first epochs, is not checked.</remarks>
internal static class ByronBodyProof
{
    private const byte Leaf = 0;
    private const byte Branch = 1;

    public static BlockDefect Verify(ReadOnlySpan<byte> bytes, BlockLayout layout)
    {
        if (layout.Elements != 3)
        {
            return BlockDefect.Malformed;
        }

        ReadOnlySpan<byte> header = bytes.Slice(layout.HeaderOffset, layout.HeaderLength);
        var proof = new CborSpanReader(header);
        proof.ReadArrayHeader();
        proof.SkipItem();
        proof.SkipItem();
        ReadOnlySpan<byte> rest = bytes[layout.BodyOffset..];
        var body = new CborSpanReader(rest);
        bool good = layout.Era == Era.ByronBoundary ? VerifyBoundary(ref proof, ref body, rest) : VerifyMain(ref proof, ref body, rest);
        body.SkipItem();
        body.ReadEnd();
        return good ? BlockDefect.None : BlockDefect.WrongBodyHash;
    }

    private static bool VerifyBoundary(ref CborSpanReader proof, ref CborSpanReader body, ReadOnlySpan<byte> bytes) =>
        PointCodec.ReadHash(ref proof) == HashNext(ref body, bytes);

    private static bool VerifyMain(ref CborSpanReader proof, ref CborSpanReader body, ReadOnlySpan<byte> bytes)
    {
        Expect(proof.ReadArrayHeader(), 4);
        Expect(proof.ReadArrayHeader(), 3);
        ulong count = proof.ReadUInt64();
        BlockHash root = PointCodec.ReadHash(ref proof);
        BlockHash witnesses = PointCodec.ReadHash(ref proof);
        proof.SkipItem();
        BlockHash delegation = PointCodec.ReadHash(ref proof);
        BlockHash update = PointCodec.ReadHash(ref proof);

        Expect(body.ReadArrayHeader(), 4);
        bool transactions = VerifyTransactions(ref body, bytes, count, root, witnesses);
        body.SkipItem();
        return HashNext(ref body, bytes) == delegation & HashNext(ref body, bytes) == update & transactions;
    }

    private static bool VerifyTransactions(ref CborSpanReader body, ReadOnlySpan<byte> bytes, ulong count, BlockHash root, BlockHash witnesses)
    {
        var leaves = new List<BlockHash>();
        // The witnesses are hashed as one indefinite list, which is not in the block: it is put together here.
        using var list = new MemoryStream();
        list.WriteByte(0x9f);
        int? left = body.ReadArrayHeaderOrIndefinite();
        Span<byte> leafPrefix = [Leaf];
        while (left is { } number ? number > 0 : !body.TryReadBreak())
        {
            left--;
            Expect(body.ReadArrayHeader(), 2);
            int start = body.Position;
            body.SkipItem();
            leaves.Add(Blake2b256.Hash(leafPrefix, bytes[start..body.Position]));
            start = body.Position;
            body.SkipItem();
            list.Write(bytes[start..body.Position]);
        }

        list.WriteByte(0xff);
        return (ulong)leaves.Count == count
            && Blake2b256.Hash(list.GetBuffer().AsSpan(0, (int)list.Length)) == witnesses
            && Root(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(leaves)) == root;
    }

    /// <summary>The left part of a branch has a power of two of leaves: the depth is a logarithm of the count.</summary>
    private static BlockHash Root(ReadOnlySpan<BlockHash> leaves)
    {
        if (leaves.Length == 0)
        {
            return Blake2b256.Hash(default);
        }

        if (leaves.Length == 1)
        {
            return leaves[0];
        }

        int half = 1 << System.Numerics.BitOperations.Log2((uint)(leaves.Length - 1));
        Span<byte> pair = stackalloc byte[1 + (2 * BlockHash.Size)];
        pair[0] = Branch;
        Root(leaves[..half]).AsSpan().CopyTo(pair[1..]);
        Root(leaves[half..]).AsSpan().CopyTo(pair[(1 + BlockHash.Size)..]);
        return Blake2b256.Hash(pair);
    }

    private static BlockHash HashNext(ref CborSpanReader reader, ReadOnlySpan<byte> bytes)
    {
        int start = reader.Position;
        reader.SkipItem();
        return Blake2b256.Hash(bytes[start..reader.Position]);
    }

    private static void Expect(int length, int expected)
    {
        if (length != expected)
        {
            throw new CodecException($"{expected} elements expected, not {length}");
        }
    }
}
