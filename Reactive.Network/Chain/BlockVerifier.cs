using Reactive.Network.Cbor;

namespace Reactive.Network.Chain;

/// <summary>
/// Checks that a block is the one announced and that its body is the one its header commits to. Leadership (VRF, KES, ledger) is not checked.
/// </summary>
/// <remarks>Never throws on what a peer sent; work in proportion to its bytes. The body of a Dijkstra block is opaque: only its header is checked; of a later era only the header's hash.</remarks>
public static class BlockVerifier
{
    /// <summary>Checks a block against the header it was announced by.</summary>
    public static BlockDefect Verify(Block block, Header announced) => announced.TryReadFields(out HeaderFields fields)
        ? Verify(block, new Point(fields.Slot, announced.Hash), announced.Era)
        : BlockDefect.WrongHeader;

    /// <summary>Checks a block against the point it was announced by.</summary>
    /// <remarks>
    /// A point does not say the era, and neither does a header's hash: who delivers a block under the tag of a later era, whose body is opaque, escapes
    /// the check of the body. Where the era is known, pass it.
    /// </remarks>
    public static BlockDefect Verify(Block block, Point announced) => Verify(block, announced, null);

    /// <summary>Checks a block against the point and the era it was announced by.</summary>
    public static BlockDefect Verify(Block block, Point announced, Era era) => Verify(block, announced, (Era?)era);

    private static BlockDefect Verify(Block block, Point announced, Era? era)
    {
        try
        {
            ReadOnlySpan<byte> bytes = block.Span;
            BlockLayout layout = BlockLayout.Read(bytes);
            Header header = block.HeaderAt(layout);
            if ((era ?? layout.Era) != layout.Era || header.Hash != announced.Hash)
            {
                return BlockDefect.WrongHeader;
            }

            if (layout.Era > Era.Dijkstra)
            {
                return BlockDefect.None;
            }

            HeaderFields fields = header.ReadFields();
            if (fields.Slot != announced.Slot)
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
