namespace Reactive.Network.Protocols.TxSubmission;

/// <summary>How much a tx-submission server asks for.</summary>
public sealed record TxSubmissionOptions
{
    /// <summary>Announced bytes of transactions that one peer was asked for and that are not consumed yet.</summary>
    /// <value>393,240 by default (six of the largest), as the reference; from 1. One transaction may pass it, so that none is never asked for.</value>
    public long MaxBytesInFlight { get; init; } = 6 * TxSubmissionProtocol.MaxTransactionBytes;

    internal void Validate() => ArgumentOutOfRangeException.ThrowIfLessThan(MaxBytesInFlight, 1);
}
