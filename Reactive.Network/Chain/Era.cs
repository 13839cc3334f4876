namespace Reactive.Network.Chain;

/// <summary>
/// The kind of a block, numbered by its <em>block tag</em>: the first element of <c>[blockTag, block]</c> on disk, in block-fetch and in
/// local chain-sync. Unknown numbers pass as they are: a later era is opaque, not an error.
/// </summary>
/// <remarks>
/// Node-to-node headers, transactions and queries use the <em>era index</em> instead, which is one less from Shelley on; both Byron kinds
/// have index 0. See <see cref="EraExtensions.EraIndex"/>.
/// </remarks>
public enum Era
{
    /// <summary>Byron epoch boundary block.</summary>
    ByronBoundary = 0,

    /// <summary>Byron main block.</summary>
    Byron = 1,

    /// <summary>Shelley.</summary>
    Shelley = 2,

    /// <summary>Allegra.</summary>
    Allegra = 3,

    /// <summary>Mary.</summary>
    Mary = 4,

    /// <summary>Alonzo.</summary>
    Alonzo = 5,

    /// <summary>Babbage.</summary>
    Babbage = 6,

    /// <summary>Conway.</summary>
    Conway = 7,

    /// <summary>Dijkstra: the header is known, the rest of the block is opaque.</summary>
    Dijkstra = 8,
}

/// <summary>The other numbering of eras, and their names.</summary>
public static class EraExtensions
{
    /// <summary>The era index of node-to-node headers and transactions: 0 for both Byron kinds, else the block tag less one.</summary>
    public static int EraIndex(this Era era) => era <= Era.Byron ? 0 : (int)era - 1;

    /// <summary>The name in lower case: <c>byron-ebb</c>, <c>byron</c>, <c>shelley</c> … <c>dijkstra</c>, or <c>tag-N</c> for a later one.</summary>
    public static string Name(this Era era) => era switch
    {
        Era.ByronBoundary => "byron-ebb",
        Era.Byron => "byron",
        Era.Shelley => "shelley",
        Era.Allegra => "allegra",
        Era.Mary => "mary",
        Era.Alonzo => "alonzo",
        Era.Babbage => "babbage",
        Era.Conway => "conway",
        Era.Dijkstra => "dijkstra",
        _ => $"tag-{(int)era}",
    };
}
