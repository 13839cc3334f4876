using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>The states of chain-sync.</summary>
public enum ChainSyncState
{
    /// <summary>The client may ask.</summary>
    Idle,

    /// <summary>The server owes a change, or may say once that there is none yet.</summary>
    CanAwait,

    /// <summary>The server owes a change, whenever there is one.</summary>
    MustReply,

    /// <summary>The server owes an intersection.</summary>
    Intersect,

    /// <summary>Over.</summary>
    Done,
}

/// <summary>Chain-sync as a table.</summary>
public sealed class ChainSyncProtocol : IMiniProtocol<ChainSyncState, ChainSyncMessageKind>
{
    private const int MaxMessageBytes = 65_535;

    private ChainSyncProtocol()
    {
    }

    /// <inheritdoc/>
    public static MiniProtocolId Id => NodeToNode.ChainSync;

    /// <inheritdoc/>
    public static string Name => "chain-sync";

    /// <inheritdoc/>
    public static IReadOnlyList<int> Versions => NodeToNode.KnownVersions;

    /// <inheritdoc/>
    public static long MaxIngressBytes => 462_000;

    /// <inheritdoc/>
    public static ChainSyncState Initial => ChainSyncState.Idle;

    /// <inheritdoc/>
    public static Agency AgencyIn(ChainSyncState state) => state switch
    {
        ChainSyncState.Idle => Agency.Initiator,
        ChainSyncState.CanAwait or ChainSyncState.MustReply or ChainSyncState.Intersect => Agency.Responder,
        _ => Agency.Nobody,
    };

    /// <inheritdoc/>
    public static ChainSyncState? Advance(ChainSyncState from, ChainSyncMessageKind message) => (from, message) switch
    {
        (ChainSyncState.Idle, ChainSyncMessageKind.RequestNext) => ChainSyncState.CanAwait,
        (ChainSyncState.Idle, ChainSyncMessageKind.FindIntersect) => ChainSyncState.Intersect,
        (ChainSyncState.Idle, ChainSyncMessageKind.Done) => ChainSyncState.Done,
        (ChainSyncState.CanAwait, ChainSyncMessageKind.AwaitReply) => ChainSyncState.MustReply,
        (ChainSyncState.CanAwait, ChainSyncMessageKind.RollForward or ChainSyncMessageKind.RollBackward) => ChainSyncState.Idle,
        (ChainSyncState.MustReply, ChainSyncMessageKind.RollForward or ChainSyncMessageKind.RollBackward) => ChainSyncState.Idle,
        (ChainSyncState.Intersect, ChainSyncMessageKind.IntersectFound or ChainSyncMessageKind.IntersectNotFound) => ChainSyncState.Idle,
        _ => null,
    };

    /// <inheritdoc/>
    /// <remarks>
    /// The limit of <see cref="ChainSyncState.MustReply"/> is drawn afresh for every entry into the state, so that peers do not all give up
    /// at once. A chain with 5 % active slots practically never trips it.
    /// </remarks>
    public static StateLimits LimitsIn(ChainSyncState state) => state switch
    {
        ChainSyncState.Idle => new(MaxMessageBytes, TimeSpan.FromSeconds(3_373)),
        ChainSyncState.CanAwait or ChainSyncState.Intersect => new(MaxMessageBytes, TimeSpan.FromSeconds(10)),
        ChainSyncState.MustReply => new(MaxMessageBytes, TimeSpan.FromSeconds(601), TimeSpan.FromSeconds(911)),
        _ => new(0, Timeout.InfiniteTimeSpan),
    };
}
