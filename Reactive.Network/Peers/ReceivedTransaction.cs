using Reactive.Network.Chain;

namespace Reactive.Network.Peers;

/// <summary>A transaction that a peer sent. Plain memory: keep it as long as you like.</summary>
/// <param name="Transaction">The transaction; its body hashes to its id, and nothing else was checked.</param>
/// <param name="Peer">Who sent it first.</param>
public readonly record struct ReceivedTransaction(Transaction Transaction, IPeer Peer);
