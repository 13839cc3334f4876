using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>What a node says about its chain to a local client.</summary>
/// <remarks>A value; the block of a roll forward owns its memory as <see cref="Chain.Block"/> says.</remarks>
public readonly struct LocalChainSyncEvent : IChainSyncEvent<LocalChainSyncEvent>
{
    private readonly Point _point;

    private LocalChainSyncEvent(ChainEventKind kind, Block block, Point point, Tip tip) => (Kind, Block, _point, Tip) = (kind, block, point, tip);

    /// <summary>What happened.</summary>
    public ChainEventKind Kind { get; }

    /// <summary>The block of a roll forward; <c>default</c> otherwise.</summary>
    public Block Block { get; }

    /// <summary>The node's tip when it said so. Never behind the block.</summary>
    public Tip Tip { get; }

    /// <summary>
    /// The intersection, where a roll back goes to, or the point of the block. The latter is hashed on each call (about a microsecond): keep it.
    /// </summary>
    /// <exception cref="Cbor.CodecException">The bytes that came are no block.</exception>
    public Point Point => Kind == ChainEventKind.RollForward ? Block.Point : _point;

    /// <summary>A block was added.</summary>
    public static LocalChainSyncEvent RollForward(Block block, Tip tip) => new(ChainEventKind.RollForward, block, default, tip);

    /// <summary>The node's chain goes back to <paramref name="point"/>.</summary>
    public static LocalChainSyncEvent RollBackward(Point point, Tip tip) => new(ChainEventKind.RollBackward, default, point, tip);

    /// <summary>Following begins at <paramref name="point"/>.</summary>
    public static LocalChainSyncEvent Intersected(Point point, Tip tip) => new(ChainEventKind.Intersected, default, point, tip);

    /// <summary>The same as the operators on blocks take it.</summary>
    /// <exception cref="Cbor.CodecException">The bytes that came are no block.</exception>
    public ChainEvent<Block> ToChainEvent() => new(Kind, Point, Block, Tip);

    /// <summary>Gives the block of a roll forward back.</summary>
    public void Dispose()
    {
        if (Kind == ChainEventKind.RollForward)
        {
            Block.Dispose();
        }
    }
}
