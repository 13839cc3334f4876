using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.TxSubmission;

/// <summary>The messages of tx-submission 2. The set is closed. A request for ids is one message on the wire, and two here, as it leads to two states.</summary>
public enum TxSubmissionMessageKind
{
    /// <summary>The client is there. Once, first.</summary>
    Init,

    /// <summary>The server asks for ids, and waits until there is one.</summary>
    RequestTxIdsBlocking,

    /// <summary>The server asks for the ids that there are now.</summary>
    RequestTxIdsNonBlocking,

    /// <summary>The client announces transactions.</summary>
    ReplyTxIds,

    /// <summary>The server asks for transactions that were announced.</summary>
    RequestTxs,

    /// <summary>The client sends those that it still has.</summary>
    ReplyTxs,

    /// <summary>The client ends the protocol.</summary>
    Done,
}

/// <summary>One message of tx-submission 2.</summary>
public readonly struct TxSubmissionMessage
{
    private TxSubmissionMessage(TxSubmissionMessageKind kind) => Kind = kind;

    /// <summary>Which message it is. The properties that it does not carry are <c>default</c>.</summary>
    public TxSubmissionMessageKind Kind { get; }

    /// <summary>How many of the oldest unacknowledged ids a request for ids acknowledges.</summary>
    public ushort Acknowledged { get; private init; }

    /// <summary>How many ids a request for ids asks for at most.</summary>
    public ushort Requested { get; private init; }

    /// <summary>What <see cref="TxSubmissionMessageKind.ReplyTxIds"/> announces.</summary>
    public ReadOnlyMemory<TransactionAnnouncement> Announcements { get; private init; }

    /// <summary>What <see cref="TxSubmissionMessageKind.RequestTxs"/> asks for.</summary>
    public ReadOnlyMemory<TransactionId> Ids { get; private init; }

    /// <summary>What <see cref="TxSubmissionMessageKind.ReplyTxs"/> brings.</summary>
    public ReadOnlyMemory<Transaction> Transactions { get; private init; }

    /// <summary>The client is there.</summary>
    public static TxSubmissionMessage Init => new(TxSubmissionMessageKind.Init);

    /// <summary>The client ends the protocol.</summary>
    public static TxSubmissionMessage Done => new(TxSubmissionMessageKind.Done);

    /// <summary>The server acknowledges the <paramref name="acknowledged"/> oldest ids and asks for <paramref name="requested"/> more at most.</summary>
    public static TxSubmissionMessage RequestTxIds(bool blocking, ushort acknowledged, ushort requested) =>
        new(blocking ? TxSubmissionMessageKind.RequestTxIdsBlocking : TxSubmissionMessageKind.RequestTxIdsNonBlocking)
        {
            Acknowledged = acknowledged,
            Requested = requested,
        };

    /// <summary>The client announces transactions.</summary>
    public static TxSubmissionMessage ReplyTxIds(ReadOnlyMemory<TransactionAnnouncement> announcements) =>
        new(TxSubmissionMessageKind.ReplyTxIds) { Announcements = announcements };

    /// <summary>The server asks for transactions.</summary>
    public static TxSubmissionMessage RequestTxs(ReadOnlyMemory<TransactionId> ids) => new(TxSubmissionMessageKind.RequestTxs) { Ids = ids };

    /// <summary>The client sends transactions.</summary>
    public static TxSubmissionMessage ReplyTxs(ReadOnlyMemory<Transaction> transactions) =>
        new(TxSubmissionMessageKind.ReplyTxs) { Transactions = transactions };
}
