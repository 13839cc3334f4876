using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>The peer does not have a range of blocks. No breach of the protocol: ask another peer.</summary>
/// <param name="first">The first block of the range.</param>
/// <param name="last">The last block of the range.</param>
public sealed class BlocksUnavailableException(Point first, Point last)
    : NetworkException(Fault.Remote, $"the peer does not have the blocks from {first} to {last}")
{
    /// <summary>The first block of the range.</summary>
    public Point First { get; } = first;

    /// <summary>The last block of the range.</summary>
    public Point Last { get; } = last;
}
