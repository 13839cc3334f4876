using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>The states of block-fetch.</summary>
public enum BlockFetchState
{
    /// <summary>The client may ask for a range.</summary>
    Idle,

    /// <summary>The server owes the start of a batch, or a refusal.</summary>
    Busy,

    /// <summary>The server owes a block, or the end of the batch.</summary>
    Streaming,

    /// <summary>Over.</summary>
    Done,
}

/// <summary>Block-fetch as a table.</summary>
public sealed class BlockFetchProtocol : IMiniProtocol<BlockFetchState, BlockFetchMessageKind>
{
    private const int MaxMessageBytes = 65_535;
    internal const int MaxBlockMessageBytes = 2_500_000;

    private BlockFetchProtocol()
    {
    }

    /// <inheritdoc/>
    public static MiniProtocolId Id => NodeToNode.BlockFetch;

    /// <inheritdoc/>
    public static string Name => "block-fetch";

    /// <inheritdoc/>
    public static IReadOnlyList<int> Versions => NodeToNode.KnownVersions;

    /// <inheritdoc/>
    public static long MaxIngressBytes => 23_068_694;

    /// <inheritdoc/>
    public static BlockFetchState Initial => BlockFetchState.Idle;

    /// <inheritdoc/>
    public static Agency AgencyIn(BlockFetchState state) => state switch
    {
        BlockFetchState.Idle => Agency.Initiator,
        BlockFetchState.Busy or BlockFetchState.Streaming => Agency.Responder,
        _ => Agency.Nobody,
    };

    /// <inheritdoc/>
    public static BlockFetchState? Advance(BlockFetchState from, BlockFetchMessageKind message) => (from, message) switch
    {
        (BlockFetchState.Idle, BlockFetchMessageKind.RequestRange) => BlockFetchState.Busy,
        (BlockFetchState.Idle, BlockFetchMessageKind.ClientDone) => BlockFetchState.Done,
        (BlockFetchState.Busy, BlockFetchMessageKind.StartBatch) => BlockFetchState.Streaming,
        (BlockFetchState.Busy, BlockFetchMessageKind.NoBlocks) => BlockFetchState.Idle,
        (BlockFetchState.Streaming, BlockFetchMessageKind.Block) => BlockFetchState.Streaming,
        (BlockFetchState.Streaming, BlockFetchMessageKind.BatchDone) => BlockFetchState.Idle,
        _ => null,
    };

    /// <inheritdoc/>
    public static StateLimits LimitsIn(BlockFetchState state) => state switch
    {
        BlockFetchState.Idle => new(MaxMessageBytes, Timeout.InfiniteTimeSpan),
        BlockFetchState.Busy => new(MaxMessageBytes, TimeSpan.FromSeconds(60)),
        BlockFetchState.Streaming => new(MaxBlockMessageBytes, TimeSpan.FromSeconds(60)),
        _ => new(0, Timeout.InfiniteTimeSpan),
    };
}
