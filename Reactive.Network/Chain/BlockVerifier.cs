using Reactive.Network.Cbor;

namespace Reactive.Network.Chain;

/// <summary>
/// Checks that a block is the one announced and that its body is the one its header commits to. Leadership (VRF, KES, ledger) is not checked.
/// </summary>
/// <remarks>Never throws on what a peer sent; work in proportion to its bytes. Bodies of eras later than Conway are opaque: their header is checked only.</remarks>
public static class BlockVerifier
{
    /// <summary>Checks a block against the point it was announced by.</summary>
    public static BlockDefect Verify(Block block, Point announced)
    {
        try
        {
            ReadOnlySpan<byte> bytes = block.Span;
            BlockLayout layout = BlockLayout.Read(bytes);
            Header header = block.Header;
            HeaderFields fields = header.ReadFields();
            if (fields.Slot != announced.Slot || header.Hash != announced.Hash)
            {
                return BlockDefect.WrongHeader;
            }

            return layout.Era switch
            {
                Era.ByronBoundary or Era.Byron => ByronBodyProof.Verify(bytes, layout),
                <= Era.Conway => VerifyBody(bytes, layout, fields),
                _ => BlockDefect.None,
            };
        }
        catch (CodecException)
        {
            return BlockDefect.Malformed;
        }
    }

    /// <summary>Checks a block against the header it was announced by.</summary>
    public static BlockDefect Verify(Block block, Header announced) =>
        announced.TryReadFields(out HeaderFields fields) ? Verify(block, new Point(fields.Slot, announced.Hash)) : BlockDefect.WrongHeader;

    /// <summary>From Shelley on: the hash of the hashes of the three (from Alonzo on: four) elements behind the header.</summary>
    private static BlockDefect VerifyBody(ReadOnlySpan<byte> bytes, BlockLayout layout, HeaderFields fields)
    {
        ReadOnlySpan<byte> body = bytes[layout.BodyOffset..];
        if ((ulong)body.Length != fields.BodySize)
        {
            return BlockDefect.WrongBodySize;
        }

        int parts = layout.Era >= Era.Alonzo ? 4 : 3;
        if (layout.Elements != parts + 1)
        {
            return BlockDefect.Malformed;
        }

        Span<byte> hashes = stackalloc byte[4 * BlockHash.Size];
        var reader = new CborSpanReader(body);
        for (int part = 0; part < parts; part++)
        {
            int start = reader.Position;
            reader.SkipItem();
            Blake2b256.Hash(body[start..reader.Position]).AsSpan().CopyTo(hashes[(part * BlockHash.Size)..]);
        }

        reader.ReadEnd();
        return Blake2b256.Hash(hashes[..(parts * BlockHash.Size)]) == fields.BodyHash ? BlockDefect.None : BlockDefect.WrongBodyHash;
    }
}
