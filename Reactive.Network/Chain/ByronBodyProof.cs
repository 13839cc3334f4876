using Reactive.Network.Cbor;

namespace Reactive.Network.Chain;

/// <summary>
/// What a Byron header commits to: of a boundary block the hash of its body; of a main block the number of its transactions, the root of their Merkle
/// tree, and the hashes of witnesses, delegation payload, update payload and extra data.
/// </summary>
/// <remarks>
/// The proof of the shared-seed payload is not checked: it is taken over another encoding than the one in the block, and has had no meaning
/// since the first epochs. Nor is the extra data of a boundary block, to which its header does not commit.
/// </remarks>
internal static class ByronBodyProof
{
    public static BlockDefect Verify(ReadOnlySpan<byte> bytes, BlockLayout layout)
    {
        if (layout.Elements != 3)
        {
            return BlockDefect.Malformed;
        }

        var header = new CborSpanReader(bytes.Slice(layout.HeaderOffset, layout.HeaderLength));
        header.ReadArrayHeader();
        header.SkipItem();
        header.SkipItem();
        ReadOnlySpan<byte> rest = bytes[layout.BodyOffset..];
        var body = new CborSpanReader(rest);
        bool good;
        if (layout.Era == Era.ByronBoundary)
        {
            good = PointCodec.ReadHash(ref header) == HashNext(ref body, rest);
            body.SkipItem();
        }
        else
        {
            good = VerifyMain(ref header, ref body, rest);
        }

        body.ReadEnd();
        return good ? BlockDefect.None : BlockDefect.WrongBodyHash;
    }

    private static bool VerifyMain(ref CborSpanReader header, ref CborSpanReader body, ReadOnlySpan<byte> bytes)
    {
        Expect(header.ReadArrayHeader(), 4);
        Expect(header.ReadArrayHeader(), 3);
        ulong count = header.ReadUInt64();
        BlockHash root = PointCodec.ReadHash(ref header);
        BlockHash witnesses = PointCodec.ReadHash(ref header);
        header.SkipItem();
        BlockHash delegation = PointCodec.ReadHash(ref header);
        BlockHash update = PointCodec.ReadHash(ref header);
        header.SkipItem();
        Expect(header.ReadArrayHeader(), 4);
        header.SkipItem();
        header.SkipItem();
        header.SkipItem();
        BlockHash extra = PointCodec.ReadHash(ref header);

        Expect(body.ReadArrayHeader(), 4);
        bool good = VerifyTransactions(ref body, bytes, count, root, witnesses);
        body.SkipItem();
        good &= HashNext(ref body, bytes) == delegation;
        good &= HashNext(ref body, bytes) == update;
        good &= HashNext(ref body, bytes) == extra;
        return good;
    }

    private static bool VerifyTransactions(ref CborSpanReader body, ReadOnlySpan<byte> bytes, ulong count, BlockHash root, BlockHash witnesses)
    {
        var tree = new MerkleTree(stackalloc BlockHash[MerkleTree.MaxDepth]);
        // The witnesses are hashed as one indefinite-length list, which does not stand in the block.
        var list = new Blake2b256State();
        list.Append([0x9f]);
        int? left = body.ReadArrayHeaderOrIndefinite();
        while (left is { } number ? number > 0 : !body.TryReadBreak())
        {
            left--;
            Expect(body.ReadArrayHeader(), 2);
            int start = body.Position;
            body.SkipItem();
            tree.Add(bytes[start..body.Position]);
            start = body.Position;
            body.SkipItem();
            list.Append(bytes[start..body.Position]);
        }

        list.Append([CborHead.Break]);
        return tree.Count == count && list.Finish() == witnesses && tree.Root() == root;
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
