namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>The states of a ledger that local clients may ask about.</summary>
/// <remarks>Asked on the strand of the client that asks, by many strands at once. Acquiring must not wait for anything.</remarks>
public interface ILedgerStates
{
    /// <summary>A state, held for one client until it is disposed, whatever the chain does.</summary>
    /// <param name="target">Which.</param>
    /// <param name="failure">Why there is none, where there is none.</param>
    /// <returns>The state, or <see langword="null"/>.</returns>
    ILedgerState? TryAcquire(LedgerTarget target, out LedgerAcquireFailure failure);
}

/// <summary>One state of a ledger. Disposed when its client releases it, takes another, or is gone.</summary>
public interface ILedgerState : IDisposable
{
    /// <summary>Answers a query.</summary>
    /// <param name="request">
    /// What is asked: a query that the reference knows, if perhaps not in the version that was agreed on; its client should not have sent it then.
    /// </param>
    /// <returns>
    /// One element, the result as one CBOR item: see <see cref="LedgerAnswer"/>. It may come later, on any thread, and there is no limit to that. Its memory
    /// must not change any more. An error, also one that is thrown, ends the client's connection: the protocol has no answer that says no.
    /// </returns>
    IObservable<ReadOnlyMemory<byte>> Answer(LedgerRequest request);
}
