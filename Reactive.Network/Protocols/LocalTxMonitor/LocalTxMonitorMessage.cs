using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalTxMonitor;

/// <summary>The messages of local tx-monitor. The set is closed.</summary>
public enum LocalTxMonitorMessageKind
{
    /// <summary>The client wants a snapshot; while it holds one: the next that differs. The bytes are the same.</summary>
    Acquire,

    /// <summary>The node holds a snapshot for the client.</summary>
    Acquired,

    /// <summary>The client gives the snapshot back.</summary>
    Release,

    /// <summary>The client asks for the next transaction of the snapshot.</summary>
    NextTx,

    /// <summary>The next transaction, or none.</summary>
    ReplyNextTx,

    /// <summary>The client asks whether the snapshot has a transaction.</summary>
    HasTx,

    /// <summary>Whether it has.</summary>
    ReplyHasTx,

    /// <summary>The client asks for the sizes of the snapshot.</summary>
    GetSizes,

    /// <summary>The sizes.</summary>
    ReplyGetSizes,

    /// <summary>The client asks for the measures of the snapshot. From version 20.</summary>
    GetMeasures,

    /// <summary>The measures.</summary>
    ReplyGetMeasures,

    /// <summary>The client ends the protocol.</summary>
    Done,
}

/// <summary>One message of local tx-monitor. What was received has memory of its own.</summary>
public readonly struct LocalTxMonitorMessage
{
    private LocalTxMonitorMessage(LocalTxMonitorMessageKind kind) => Kind = kind;

    /// <summary>Which message it is. The properties that it does not carry are <c>default</c>.</summary>
    public LocalTxMonitorMessageKind Kind { get; }

    /// <summary>The slot that the snapshot was validated against.</summary>
    public ulong Slot { get; private init; }

    /// <summary>The next transaction; <see langword="null"/> where there is none left.</summary>
    public Transaction? Transaction { get; private init; }

    /// <summary>The transaction asked about.</summary>
    public TransactionId Id { get; private init; }

    /// <summary>Whether the snapshot has it.</summary>
    public bool Has { get; private init; }

    /// <summary>The sizes.</summary>
    public MempoolSizes Sizes { get; private init; }

    /// <summary>The measures.</summary>
    public MempoolMeasures? Measures { get; private init; }

    /// <summary>The client wants a snapshot, or, while it holds one, the next that differs.</summary>
    public static LocalTxMonitorMessage Acquire => new(LocalTxMonitorMessageKind.Acquire);

    /// <summary>The client gives the snapshot back.</summary>
    public static LocalTxMonitorMessage Release => new(LocalTxMonitorMessageKind.Release);

    /// <summary>The client asks for the next transaction.</summary>
    public static LocalTxMonitorMessage NextTx => new(LocalTxMonitorMessageKind.NextTx);

    /// <summary>The client asks for the sizes.</summary>
    public static LocalTxMonitorMessage GetSizes => new(LocalTxMonitorMessageKind.GetSizes);

    /// <summary>The client asks for the measures.</summary>
    public static LocalTxMonitorMessage GetMeasures => new(LocalTxMonitorMessageKind.GetMeasures);

    /// <summary>The client ends the protocol.</summary>
    public static LocalTxMonitorMessage Done => new(LocalTxMonitorMessageKind.Done);

    /// <summary>The node holds a snapshot that was validated against <paramref name="slot"/>.</summary>
    public static LocalTxMonitorMessage Acquired(ulong slot) => new(LocalTxMonitorMessageKind.Acquired) { Slot = slot };

    /// <summary>The next transaction, or none.</summary>
    public static LocalTxMonitorMessage ReplyNextTx(Transaction? transaction) =>
        new(LocalTxMonitorMessageKind.ReplyNextTx) { Transaction = transaction };

    /// <summary>The client asks about <paramref name="id"/>.</summary>
    public static LocalTxMonitorMessage HasTx(TransactionId id) => new(LocalTxMonitorMessageKind.HasTx) { Id = id };

    /// <summary>Whether the snapshot has the transaction.</summary>
    public static LocalTxMonitorMessage ReplyHasTx(bool has) => new(LocalTxMonitorMessageKind.ReplyHasTx) { Has = has };

    /// <summary>The sizes.</summary>
    public static LocalTxMonitorMessage ReplyGetSizes(MempoolSizes sizes) => new(LocalTxMonitorMessageKind.ReplyGetSizes) { Sizes = sizes };

    /// <summary>The measures.</summary>
    public static LocalTxMonitorMessage ReplyGetMeasures(MempoolMeasures measures) =>
        new(LocalTxMonitorMessageKind.ReplyGetMeasures) { Measures = measures };
}
