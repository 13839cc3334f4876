using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>One block to be fetched: which, and how large it was announced to be, so that ranges can be cut before they are asked for.</summary>
/// <param name="Point">The block.</param>
/// <param name="AnnouncedBytes">Its size as estimated from its header; a wrong estimate is not an error.</param>
public readonly record struct BlockRequest(Point Point, int AnnouncedBytes)
{
    /// <summary>
    /// The era the block was announced in; <see langword="null"/> where it is not known. A point does not say it, and a block that comes under the tag of a
    /// later era, whose body is opaque, escapes the check of its body.
    /// </summary>
    public Era? Era { get; init; }

    /// <summary>The block of a header. Hashes it.</summary>
    public static BlockRequest For(Header header) => new(header.Point, header.EstimatedBlockSize) { Era = header.Era };
}
