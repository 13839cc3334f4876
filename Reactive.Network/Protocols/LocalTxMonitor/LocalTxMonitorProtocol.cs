using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.LocalTxMonitor;

/// <summary>The states of local tx-monitor.</summary>
public enum LocalTxMonitorState
{
    /// <summary>The client may acquire a snapshot.</summary>
    Idle,

    /// <summary>The node owes a snapshot: at once, or, where one is held, when it differs.</summary>
    Acquiring,

    /// <summary>The client holds a snapshot and may ask about it.</summary>
    Acquired,

    /// <summary>The node owes the next transaction.</summary>
    BusyNextTx,

    /// <summary>The node owes whether it has a transaction.</summary>
    BusyHasTx,

    /// <summary>The node owes the sizes.</summary>
    BusyGetSizes,

    /// <summary>The node owes the measures.</summary>
    BusyGetMeasures,

    /// <summary>Over.</summary>
    Done,
}

/// <summary>Local tx-monitor as a table. It has no limits.</summary>
public sealed class LocalTxMonitorProtocol : IMiniProtocol<LocalTxMonitorState, LocalTxMonitorMessageKind>
{
    private LocalTxMonitorProtocol()
    {
    }

    /// <inheritdoc/>
    public static MiniProtocolId Id => NodeToClient.TxMonitor;

    /// <inheritdoc/>
    public static string Name => "local-tx-monitor";

    /// <inheritdoc/>
    public static IReadOnlyList<int> Versions => NodeToClient.KnownVersions;

    /// <inheritdoc/>
    public static long MaxIngressBytes => NodeToClient.MaxIngressBytes;

    /// <inheritdoc/>
    public static LocalTxMonitorState Initial => LocalTxMonitorState.Idle;

    /// <inheritdoc/>
    public static Agency AgencyIn(LocalTxMonitorState state) => state switch
    {
        LocalTxMonitorState.Idle or LocalTxMonitorState.Acquired => Agency.Initiator,
        >= LocalTxMonitorState.Acquiring and <= LocalTxMonitorState.BusyGetMeasures => Agency.Responder,
        _ => Agency.Nobody,
    };

    /// <inheritdoc/>
    public static LocalTxMonitorState? Advance(LocalTxMonitorState from, LocalTxMonitorMessageKind message) => (from, message) switch
    {
        (LocalTxMonitorState.Idle, LocalTxMonitorMessageKind.Acquire) => LocalTxMonitorState.Acquiring,
        (LocalTxMonitorState.Idle, LocalTxMonitorMessageKind.Done) => LocalTxMonitorState.Done,
        (LocalTxMonitorState.Acquiring, LocalTxMonitorMessageKind.Acquired) => LocalTxMonitorState.Acquired,
        (LocalTxMonitorState.Acquired, LocalTxMonitorMessageKind.Acquire) => LocalTxMonitorState.Acquiring,
        (LocalTxMonitorState.Acquired, LocalTxMonitorMessageKind.Release) => LocalTxMonitorState.Idle,
        (LocalTxMonitorState.Acquired, LocalTxMonitorMessageKind.NextTx) => LocalTxMonitorState.BusyNextTx,
        (LocalTxMonitorState.Acquired, LocalTxMonitorMessageKind.HasTx) => LocalTxMonitorState.BusyHasTx,
        (LocalTxMonitorState.Acquired, LocalTxMonitorMessageKind.GetSizes) => LocalTxMonitorState.BusyGetSizes,
        (LocalTxMonitorState.Acquired, LocalTxMonitorMessageKind.GetMeasures) => LocalTxMonitorState.BusyGetMeasures,
        (LocalTxMonitorState.BusyNextTx, LocalTxMonitorMessageKind.ReplyNextTx) => LocalTxMonitorState.Acquired,
        (LocalTxMonitorState.BusyHasTx, LocalTxMonitorMessageKind.ReplyHasTx) => LocalTxMonitorState.Acquired,
        (LocalTxMonitorState.BusyGetSizes, LocalTxMonitorMessageKind.ReplyGetSizes) => LocalTxMonitorState.Acquired,
        (LocalTxMonitorState.BusyGetMeasures, LocalTxMonitorMessageKind.ReplyGetMeasures) => LocalTxMonitorState.Acquired,
        _ => null,
    };

    /// <inheritdoc/>
    public static StateLimits LimitsIn(LocalTxMonitorState state) =>
        new(AgencyIn(state) == Agency.Nobody ? 0 : NodeToClient.MaxMessageBytes, Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public static int? Since(LocalTxMonitorMessageKind message) =>
        message is LocalTxMonitorMessageKind.GetMeasures or LocalTxMonitorMessageKind.ReplyGetMeasures ? LocalTxMonitorClient.MeasuresSince : null;
}
