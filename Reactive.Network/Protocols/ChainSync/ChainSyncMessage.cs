using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>The messages of chain-sync. The set is closed.</summary>
public enum ChainSyncMessageKind
{
    /// <summary>The client asks for the next change.</summary>
    RequestNext,

    /// <summary>The server has nothing new: the change will come when there is one.</summary>
    AwaitReply,

    /// <summary>A header was added on top.</summary>
    RollForward,

    /// <summary>The headers above a point are gone.</summary>
    RollBackward,

    /// <summary>The client asks which of some points is on the server's chain.</summary>
    FindIntersect,

    /// <summary>The first of the points that is on the server's chain.</summary>
    IntersectFound,

    /// <summary>None of the points is on the server's chain.</summary>
    IntersectNotFound,

    /// <summary>The client ends the protocol.</summary>
    Done,
}

/// <summary>One message of chain-sync. A header that was received refers to the bytes of its message, and owns them.</summary>
public readonly struct ChainSyncMessage
{
    private ChainSyncMessage(
        ChainSyncMessageKind kind, Header header = default, Point point = default, Tip tip = default, ReadOnlyMemory<Point> points = default) =>
        (Kind, Header, Point, Tip, Points) = (kind, header, point, tip, points);

    /// <summary>Which message it is. The properties that it does not carry are <c>default</c>.</summary>
    public ChainSyncMessageKind Kind { get; }

    /// <summary>The header of a roll forward.</summary>
    public Header Header { get; }

    /// <summary>Where a roll backward goes to, or the intersection that was found.</summary>
    public Point Point { get; }

    /// <summary>The server's tip at the moment it replied. It may be one block behind the header that comes with it.</summary>
    public Tip Tip { get; }

    /// <summary>The points to look for, the most wanted first.</summary>
    public ReadOnlyMemory<Point> Points { get; }

    /// <summary>The client asks for the next change.</summary>
    public static ChainSyncMessage RequestNext => new(ChainSyncMessageKind.RequestNext);

    /// <summary>The server has nothing new yet.</summary>
    public static ChainSyncMessage AwaitReply => new(ChainSyncMessageKind.AwaitReply);

    /// <summary>The client ends the protocol.</summary>
    public static ChainSyncMessage Done => new(ChainSyncMessageKind.Done);

    /// <summary><paramref name="header"/> was added on top.</summary>
    public static ChainSyncMessage RollForward(Header header, Tip tip) => new(ChainSyncMessageKind.RollForward, header: header, tip: tip);

    /// <summary>The headers above <paramref name="point"/> are gone.</summary>
    public static ChainSyncMessage RollBackward(Point point, Tip tip) => new(ChainSyncMessageKind.RollBackward, point: point, tip: tip);

    /// <summary>The client asks for the first of <paramref name="points"/> that is on the server's chain.</summary>
    public static ChainSyncMessage FindIntersect(ReadOnlyMemory<Point> points) => new(ChainSyncMessageKind.FindIntersect, points: points);

    /// <summary><paramref name="point"/> is on the server's chain.</summary>
    public static ChainSyncMessage IntersectFound(Point point, Tip tip) => new(ChainSyncMessageKind.IntersectFound, point: point, tip: tip);

    /// <summary>None of the points is on the server's chain.</summary>
    public static ChainSyncMessage IntersectNotFound(Tip tip) => new(ChainSyncMessageKind.IntersectNotFound, tip: tip);
}
