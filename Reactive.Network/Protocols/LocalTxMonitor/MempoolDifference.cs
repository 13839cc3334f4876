using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalTxMonitor;

/// <summary>How a mempool has changed from one snapshot to the next.</summary>
/// <param name="Slot">The slot that the newer snapshot was validated against.</param>
/// <param name="Added">Transactions that are in the newer one only, in mempool order. Of the first snapshot: all.</param>
/// <param name="Removed">Transactions that are in the older one only, in the order of that one.</param>
public sealed record MempoolDifference(ulong Slot, IReadOnlyList<Transaction> Added, IReadOnlyList<Transaction> Removed);
