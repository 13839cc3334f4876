using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>What a peer says about its chain.</summary>
/// <remarks>A value; the header of a roll forward owns its memory as <see cref="Chain.Header"/> says.</remarks>
public readonly struct ChainSyncEvent : IChainSyncEvent<ChainSyncEvent>
{
    private readonly Point _point;

    private ChainSyncEvent(ChainEventKind kind, Header header, Point point, Tip tip) => (Kind, Header, _point, Tip) = (kind, header, point, tip);

    /// <summary>What happened.</summary>
    public ChainEventKind Kind { get; }

    /// <summary>The header of a roll forward; <c>default</c> otherwise.</summary>
    public Header Header { get; }

    /// <summary>The peer's tip when it said so. A header may be one block beyond it.</summary>
    public Tip Tip { get; }

    /// <summary>
    /// The intersection, where a roll back goes to, or the point of the header. The latter is hashed on each call (about a microsecond): keep it.
    /// </summary>
    public Point Point => Kind == ChainEventKind.RollForward ? Header.Point : _point;

    /// <summary>A header was added.</summary>
    public static ChainSyncEvent RollForward(Header header, Tip tip) => new(ChainEventKind.RollForward, header, default, tip);

    /// <summary>The peer's chain goes back to <paramref name="point"/>.</summary>
    public static ChainSyncEvent RollBackward(Point point, Tip tip) => new(ChainEventKind.RollBackward, default, point, tip);

    /// <summary>Following begins at <paramref name="point"/>.</summary>
    public static ChainSyncEvent Intersected(Point point, Tip tip) => new(ChainEventKind.Intersected, default, point, tip);

    /// <summary>Gives the header of a roll forward back.</summary>
    public void Dispose()
    {
        if (Kind == ChainEventKind.RollForward)
        {
            Header.Dispose();
        }
    }
}
