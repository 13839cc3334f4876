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
        BlockDefect defect = default;
        VerifyAll([new BlockClaim(block, announced, era)], new Span<BlockDefect>(ref defect));
        return defect;
    }

    /// <summary>Checks several blocks, whose hashes are computed side by side: several times as fast as one after the other, for all but the largest.</summary>
    /// <param name="claims">At most <see cref="BlockVerification.MaxBlocks"/>.</param>
    /// <param name="defects">As long as <paramref name="claims"/>.</param>
    internal static void VerifyAll(ReadOnlySpan<BlockClaim> claims, Span<BlockDefect> defects)
    {
        BlockVerification work = BlockVerification.Take();
        try
        {
            work.Verify(claims, defects);
        }
        finally
        {
            work.GiveBack();
        }
    }
}
