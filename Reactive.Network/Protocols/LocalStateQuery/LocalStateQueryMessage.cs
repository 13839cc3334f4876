namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>The messages of local state query. The set is closed.</summary>
public enum LocalStateQueryMessageKind
{
    /// <summary>The client wants a state of the ledger.</summary>
    Acquire,

    /// <summary>The node holds it for the client.</summary>
    Acquired,

    /// <summary>The node does not have it.</summary>
    Failure,

    /// <summary>The client asks about the state.</summary>
    Query,

    /// <summary>The answer.</summary>
    Result,

    /// <summary>The client wants another state in place of the one it holds.</summary>
    ReAcquire,

    /// <summary>The client gives the state back.</summary>
    Release,

    /// <summary>The client ends the protocol.</summary>
    Done,
}

/// <summary>One message of local state query. What was received has memory of its own.</summary>
public readonly struct LocalStateQueryMessage
{
    private LocalStateQueryMessage(LocalStateQueryMessageKind kind) => Kind = kind;

    /// <summary>Which message it is. The properties that it does not carry are <c>default</c>.</summary>
    public LocalStateQueryMessageKind Kind { get; }

    /// <summary>The state that is wanted.</summary>
    public LedgerTarget Target { get; private init; }

    /// <summary>Why the node does not have it.</summary>
    public LedgerAcquireFailure Why { get; private init; }

    /// <summary>The query or the result: one CBOR item, as it came.</summary>
    public ReadOnlyMemory<byte> Content { get; private init; }

    /// <summary>The node holds the state.</summary>
    public static LocalStateQueryMessage Acquired => new(LocalStateQueryMessageKind.Acquired);

    /// <summary>The client gives the state back.</summary>
    public static LocalStateQueryMessage Release => new(LocalStateQueryMessageKind.Release);

    /// <summary>The client ends the protocol.</summary>
    public static LocalStateQueryMessage Done => new(LocalStateQueryMessageKind.Done);

    /// <summary>The client wants the state at <paramref name="target"/>.</summary>
    public static LocalStateQueryMessage Acquire(LedgerTarget target) => new(LocalStateQueryMessageKind.Acquire) { Target = target };

    /// <summary>The client wants the state at <paramref name="target"/> in place of the one it holds.</summary>
    public static LocalStateQueryMessage ReAcquire(LedgerTarget target) => new(LocalStateQueryMessageKind.ReAcquire) { Target = target };

    /// <summary>The node does not have the state.</summary>
    public static LocalStateQueryMessage Failure(LedgerAcquireFailure why) => new(LocalStateQueryMessageKind.Failure) { Why = why };

    /// <summary>The client asks. The bytes are one CBOR item; kept, not copied.</summary>
    public static LocalStateQueryMessage Query(ReadOnlyMemory<byte> query) => new(LocalStateQueryMessageKind.Query) { Content = query };

    /// <summary>The node answers. The bytes are one CBOR item; kept, not copied.</summary>
    public static LocalStateQueryMessage Result(ReadOnlyMemory<byte> result) => new(LocalStateQueryMessageKind.Result) { Content = result };
}
