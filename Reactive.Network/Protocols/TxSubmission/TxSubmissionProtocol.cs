using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.TxSubmission;

/// <summary>The states of tx-submission 2.</summary>
public enum TxSubmissionState
{
    /// <summary>The client shall say that it is there.</summary>
    Init,

    /// <summary>The server may ask.</summary>
    Idle,

    /// <summary>The client owes at least one id, when it has one.</summary>
    TxIdsBlocking,

    /// <summary>The client owes ids, perhaps none.</summary>
    TxIdsNonBlocking,

    /// <summary>The client owes transactions.</summary>
    Txs,

    /// <summary>Over.</summary>
    Done,
}

/// <summary>Tx-submission 2 as a table. The server asks, the client answers.</summary>
public sealed class TxSubmissionProtocol : IMiniProtocol<TxSubmissionState, TxSubmissionMessageKind>
{
    /// <summary>Ids that the client has sent and the server not yet acknowledged, at most. Both sides must use the same number.</summary>
    public const int MaxUnacknowledged = 10;

    /// <summary>The largest transaction that is taken into account, in bytes on the wire.</summary>
    internal const int MaxTransactionBytes = 65_540;

    /// <summary>By how much a transaction may be larger or smaller than announced.</summary>
    internal const int SizeTolerance = 32;

    private const int MaxShortBytes = 65_535;
    private const int MaxReplyBytes = 2_500_000;

    private TxSubmissionProtocol()
    {
    }

    /// <inheritdoc/>
    public static MiniProtocolId Id => NodeToNode.TxSubmission;

    /// <inheritdoc/>
    public static string Name => "tx-submission";

    /// <inheritdoc/>
    public static IReadOnlyList<int> Versions => NodeToNode.KnownVersions;

    /// <inheritdoc/>
    public static long MaxIngressBytes => 721_424;

    /// <inheritdoc/>
    public static TxSubmissionState Initial => TxSubmissionState.Init;

    /// <inheritdoc/>
    public static Agency AgencyIn(TxSubmissionState state) => state switch
    {
        TxSubmissionState.Idle => Agency.Responder,
        TxSubmissionState.Init or TxSubmissionState.TxIdsBlocking or TxSubmissionState.TxIdsNonBlocking or TxSubmissionState.Txs => Agency.Initiator,
        _ => Agency.Nobody,
    };

    /// <inheritdoc/>
    public static TxSubmissionState? Advance(TxSubmissionState from, TxSubmissionMessageKind message) => (from, message) switch
    {
        (TxSubmissionState.Init, TxSubmissionMessageKind.Init) => TxSubmissionState.Idle,
        (TxSubmissionState.Idle, TxSubmissionMessageKind.RequestTxIdsBlocking) => TxSubmissionState.TxIdsBlocking,
        (TxSubmissionState.Idle, TxSubmissionMessageKind.RequestTxIdsNonBlocking) => TxSubmissionState.TxIdsNonBlocking,
        (TxSubmissionState.Idle, TxSubmissionMessageKind.RequestTxs) => TxSubmissionState.Txs,
        (TxSubmissionState.TxIdsBlocking, TxSubmissionMessageKind.ReplyTxIds) => TxSubmissionState.Idle,
        (TxSubmissionState.TxIdsBlocking, TxSubmissionMessageKind.Done) => TxSubmissionState.Done,
        (TxSubmissionState.TxIdsNonBlocking, TxSubmissionMessageKind.ReplyTxIds) => TxSubmissionState.Idle,
        (TxSubmissionState.Txs, TxSubmissionMessageKind.ReplyTxs) => TxSubmissionState.Idle,
        _ => null,
    };

    /// <inheritdoc/>
    public static StateLimits LimitsIn(TxSubmissionState state) => state switch
    {
        TxSubmissionState.Init or TxSubmissionState.Idle => new(MaxShortBytes, Timeout.InfiniteTimeSpan),
        TxSubmissionState.TxIdsBlocking => new(MaxReplyBytes, Timeout.InfiniteTimeSpan),
        TxSubmissionState.TxIdsNonBlocking or TxSubmissionState.Txs => new(MaxReplyBytes, TimeSpan.FromSeconds(10)),
        _ => new(0, Timeout.InfiniteTimeSpan),
    };
}
