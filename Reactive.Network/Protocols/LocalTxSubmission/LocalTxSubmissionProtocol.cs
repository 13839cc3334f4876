using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.LocalTxSubmission;

/// <summary>The states of local tx-submission.</summary>
public enum LocalTxSubmissionState
{
    /// <summary>The client may submit.</summary>
    Idle,

    /// <summary>The node owes its verdict.</summary>
    Busy,

    /// <summary>Over.</summary>
    Done,
}

/// <summary>Local tx-submission as a table. It has no limits.</summary>
public sealed class LocalTxSubmissionProtocol : IMiniProtocol<LocalTxSubmissionState, LocalTxSubmissionMessageKind>
{
    private LocalTxSubmissionProtocol()
    {
    }

    /// <inheritdoc/>
    public static MiniProtocolId Id => NodeToClient.TxSubmission;

    /// <inheritdoc/>
    public static string Name => "local-tx-submission";

    /// <inheritdoc/>
    public static IReadOnlyList<int> Versions => NodeToClient.KnownVersions;

    /// <inheritdoc/>
    public static long MaxIngressBytes => NodeToClient.MaxIngressBytes;

    /// <inheritdoc/>
    public static LocalTxSubmissionState Initial => LocalTxSubmissionState.Idle;

    /// <inheritdoc/>
    public static Agency AgencyIn(LocalTxSubmissionState state) => state switch
    {
        LocalTxSubmissionState.Idle => Agency.Initiator,
        LocalTxSubmissionState.Busy => Agency.Responder,
        _ => Agency.Nobody,
    };

    /// <inheritdoc/>
    public static LocalTxSubmissionState? Advance(LocalTxSubmissionState from, LocalTxSubmissionMessageKind message) => (from, message) switch
    {
        (LocalTxSubmissionState.Idle, LocalTxSubmissionMessageKind.SubmitTx) => LocalTxSubmissionState.Busy,
        (LocalTxSubmissionState.Idle, LocalTxSubmissionMessageKind.Done) => LocalTxSubmissionState.Done,
        (LocalTxSubmissionState.Busy, LocalTxSubmissionMessageKind.AcceptTx or LocalTxSubmissionMessageKind.RejectTx) => LocalTxSubmissionState.Idle,
        _ => null,
    };

    /// <inheritdoc/>
    public static StateLimits LimitsIn(LocalTxSubmissionState state) =>
        new(AgencyIn(state) == Agency.Nobody ? 0 : NodeToClient.MaxMessageBytes, Timeout.InfiniteTimeSpan);
}
