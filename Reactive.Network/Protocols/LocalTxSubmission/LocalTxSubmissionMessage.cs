using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalTxSubmission;

/// <summary>The messages of local tx-submission. The set is closed.</summary>
public enum LocalTxSubmissionMessageKind
{
    /// <summary>The client submits a transaction.</summary>
    SubmitTx,

    /// <summary>The node has taken it into its mempool.</summary>
    AcceptTx,

    /// <summary>The node has not.</summary>
    RejectTx,

    /// <summary>The client ends the protocol.</summary>
    Done,
}

/// <summary>One message of local tx-submission. What was received has memory of its own.</summary>
public readonly struct LocalTxSubmissionMessage
{
    private LocalTxSubmissionMessage(
        LocalTxSubmissionMessageKind kind, Transaction? transaction = null, TransactionRejection? rejection = null) =>
        (Kind, Transaction, Rejection) = (kind, transaction, rejection);

    /// <summary>Which message it is. The properties that it does not carry are <see langword="null"/>.</summary>
    public LocalTxSubmissionMessageKind Kind { get; }

    /// <summary>The transaction that is submitted.</summary>
    public Transaction? Transaction { get; }

    /// <summary>Why it was rejected.</summary>
    public TransactionRejection? Rejection { get; }

    /// <summary>The node has taken the transaction.</summary>
    public static LocalTxSubmissionMessage AcceptTx => new(LocalTxSubmissionMessageKind.AcceptTx);

    /// <summary>The client ends the protocol.</summary>
    public static LocalTxSubmissionMessage Done => new(LocalTxSubmissionMessageKind.Done);

    /// <summary>The client submits <paramref name="transaction"/>.</summary>
    public static LocalTxSubmissionMessage SubmitTx(Transaction transaction) => new(LocalTxSubmissionMessageKind.SubmitTx, transaction: transaction);

    /// <summary>The node has not taken the transaction.</summary>
    public static LocalTxSubmissionMessage RejectTx(TransactionRejection rejection) =>
        new(LocalTxSubmissionMessageKind.RejectTx, rejection: rejection);
}
