using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalTxSubmission;

/// <summary>Decides on the transactions that local clients submit.</summary>
/// <remarks>
/// Asked on the strand of the client that submits, by many strands at once, one transaction of a client at a time. What it throws, or what its answer fails
/// with, ends that client's connection.
/// </remarks>
public interface ITransactionAcceptor
{
    /// <summary>Takes a transaction, or does not.</summary>
    /// <returns>
    /// One element: <see langword="null"/> if the transaction was taken, else why not. It may come later, on any thread, and there is no limit to that. The
    /// subscription is disposed when the client is gone.
    /// </returns>
    IObservable<TransactionRejection?> Submit(Transaction transaction);
}
