using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>One message of local chain-sync. A block that was received refers to the bytes of its message, and owns them.</summary>
public readonly struct LocalChainSyncMessage
{
    private readonly ChainSyncMessage _other;

    private LocalChainSyncMessage(ChainSyncMessageKind kind, Block block, Tip tip, ChainSyncMessage other) =>
        (Kind, Block, Tip, _other) = (kind, block, tip, other);

    /// <summary>Which message it is. The properties that it does not carry are <c>default</c>.</summary>
    public ChainSyncMessageKind Kind { get; }

    /// <summary>The block of a roll forward.</summary>
    public Block Block { get; }

    /// <summary>The node's tip at the moment it replied.</summary>
    public Tip Tip { get; }

    /// <summary>Where a roll backward goes to, or the intersection that was found.</summary>
    public Point Point => _other.Point;

    /// <summary>The points to look for, the most wanted first.</summary>
    public ReadOnlyMemory<Point> Points => _other.Points;

    /// <summary>The client asks for the next change.</summary>
    public static LocalChainSyncMessage RequestNext => From(ChainSyncMessage.RequestNext);

    /// <summary>The node has nothing new yet.</summary>
    public static LocalChainSyncMessage AwaitReply => From(ChainSyncMessage.AwaitReply);

    /// <summary>The client ends the protocol.</summary>
    public static LocalChainSyncMessage Done => From(ChainSyncMessage.Done);

    internal ChainSyncMessage Other => _other;

    /// <summary><paramref name="block"/> was added on top.</summary>
    public static LocalChainSyncMessage RollForward(Block block, Tip tip) => new(ChainSyncMessageKind.RollForward, block, tip, default);

    /// <summary>The blocks above <paramref name="point"/> are gone.</summary>
    public static LocalChainSyncMessage RollBackward(Point point, Tip tip) => From(ChainSyncMessage.RollBackward(point, tip));

    /// <summary>The client asks for the first of <paramref name="points"/> that is on the node's chain.</summary>
    public static LocalChainSyncMessage FindIntersect(ReadOnlyMemory<Point> points) => From(ChainSyncMessage.FindIntersect(points));

    /// <summary><paramref name="point"/> is on the node's chain.</summary>
    public static LocalChainSyncMessage IntersectFound(Point point, Tip tip) => From(ChainSyncMessage.IntersectFound(point, tip));

    /// <summary>None of the points is on the node's chain.</summary>
    public static LocalChainSyncMessage IntersectNotFound(Tip tip) => From(ChainSyncMessage.IntersectNotFound(tip));

    /// <summary>A message that both bundles have.</summary>
    internal static LocalChainSyncMessage From(ChainSyncMessage other) => new(other.Kind, default, other.Tip, other);
}
