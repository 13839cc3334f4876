namespace Reactive.Network.Chain;

/// <summary>What a transaction is called between nodes: the hash of its body, and the era it is offered in.</summary>
/// <param name="Era">The era; a node that forwards a transaction may relabel it to its own, so across peers compare the hash.</param>
/// <param name="Hash">The hash of the body.</param>
public readonly record struct TransactionId(Era Era, BlockHash Hash)
{
    /// <summary>In Byron, what it is: 0 a transaction, 1 to 3 a delegation, an update proposal, a vote. Else 0.</summary>
    public byte ByronKind { get; init; }
}

/// <summary>A transaction that can be had.</summary>
/// <param name="Id">Which.</param>
/// <param name="Size">The bytes of the whole item on the wire, era included: <see cref="Transaction.WireSize"/>.</param>
public readonly record struct TransactionAnnouncement(TransactionId Id, long Size);
