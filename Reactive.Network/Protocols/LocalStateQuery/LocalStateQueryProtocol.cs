using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>The states of local state query.</summary>
public enum LocalStateQueryState
{
    /// <summary>The client may acquire.</summary>
    Idle,

    /// <summary>The node owes a state of the ledger, or says why not.</summary>
    Acquiring,

    /// <summary>The client holds a state and may ask about it.</summary>
    Acquired,

    /// <summary>The node owes an answer.</summary>
    Querying,

    /// <summary>Over.</summary>
    Done,
}

/// <summary>Local state query as a table. It has no limits.</summary>
public sealed class LocalStateQueryProtocol : IMiniProtocol<LocalStateQueryState, LocalStateQueryMessageKind>
{
    private LocalStateQueryProtocol()
    {
    }

    /// <inheritdoc/>
    public static MiniProtocolId Id => NodeToClient.StateQuery;

    /// <inheritdoc/>
    public static string Name => "local-state-query";

    /// <inheritdoc/>
    public static IReadOnlyList<int> Versions => NodeToClient.KnownVersions;

    /// <inheritdoc/>
    public static long MaxIngressBytes => NodeToClient.MaxIngressBytes;

    /// <inheritdoc/>
    public static LocalStateQueryState Initial => LocalStateQueryState.Idle;

    /// <inheritdoc/>
    public static Agency AgencyIn(LocalStateQueryState state) => state switch
    {
        LocalStateQueryState.Idle or LocalStateQueryState.Acquired => Agency.Initiator,
        LocalStateQueryState.Acquiring or LocalStateQueryState.Querying => Agency.Responder,
        _ => Agency.Nobody,
    };

    /// <inheritdoc/>
    public static LocalStateQueryState? Advance(LocalStateQueryState from, LocalStateQueryMessageKind message) => (from, message) switch
    {
        (LocalStateQueryState.Idle, LocalStateQueryMessageKind.Acquire) => LocalStateQueryState.Acquiring,
        (LocalStateQueryState.Idle, LocalStateQueryMessageKind.Done) => LocalStateQueryState.Done,
        (LocalStateQueryState.Acquiring, LocalStateQueryMessageKind.Acquired) => LocalStateQueryState.Acquired,
        (LocalStateQueryState.Acquiring, LocalStateQueryMessageKind.Failure) => LocalStateQueryState.Idle,
        (LocalStateQueryState.Acquired, LocalStateQueryMessageKind.Query) => LocalStateQueryState.Querying,
        (LocalStateQueryState.Acquired, LocalStateQueryMessageKind.ReAcquire) => LocalStateQueryState.Acquiring,
        (LocalStateQueryState.Acquired, LocalStateQueryMessageKind.Release) => LocalStateQueryState.Idle,
        (LocalStateQueryState.Querying, LocalStateQueryMessageKind.Result) => LocalStateQueryState.Acquired,
        _ => null,
    };

    /// <inheritdoc/>
    public static StateLimits LimitsIn(LocalStateQueryState state) =>
        new(AgencyIn(state) == Agency.Nobody ? 0 : NodeToClient.MaxMessageBytes, Timeout.InfiniteTimeSpan);
}
