using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>The messages of block-fetch. The set is closed.</summary>
public enum BlockFetchMessageKind
{
    /// <summary>The client asks for the blocks from one point to another, both included.</summary>
    RequestRange,

    /// <summary>The client ends the protocol.</summary>
    ClientDone,

    /// <summary>The blocks follow.</summary>
    StartBatch,

    /// <summary>The server does not have the range.</summary>
    NoBlocks,

    /// <summary>One block of the range, in chain order.</summary>
    Block,

    /// <summary>That was the last block of the range.</summary>
    BatchDone,
}

/// <summary>One message of block-fetch. A block that was received refers to the bytes of its message, and owns them.</summary>
public readonly struct BlockFetchMessage
{
    private BlockFetchMessage(BlockFetchMessageKind kind, Block block = default, Point first = default, Point last = default) =>
        (Kind, Block, First, Last) = (kind, block, first, last);

    /// <summary>Which message it is. The properties that it does not carry are <c>default</c>.</summary>
    public BlockFetchMessageKind Kind { get; }

    /// <summary>The block of <see cref="BlockFetchMessageKind.Block"/>.</summary>
    public Block Block { get; }

    /// <summary>The first block asked for.</summary>
    public Point First { get; }

    /// <summary>The last block asked for.</summary>
    public Point Last { get; }

    /// <summary>The client ends the protocol.</summary>
    public static BlockFetchMessage ClientDone => new(BlockFetchMessageKind.ClientDone);

    /// <summary>The blocks follow.</summary>
    public static BlockFetchMessage StartBatch => new(BlockFetchMessageKind.StartBatch);

    /// <summary>The server does not have the range.</summary>
    public static BlockFetchMessage NoBlocks => new(BlockFetchMessageKind.NoBlocks);

    /// <summary>That was the last block of the range.</summary>
    public static BlockFetchMessage BatchDone => new(BlockFetchMessageKind.BatchDone);

    /// <summary>The client asks for the blocks from <paramref name="first"/> to <paramref name="last"/>, both included.</summary>
    public static BlockFetchMessage RequestRange(Point first, Point last) => new(BlockFetchMessageKind.RequestRange, first: first, last: last);

    /// <summary>One block of the range.</summary>
    public static BlockFetchMessage ForBlock(Block block) => new(BlockFetchMessageKind.Block, block);
}
