using Reactive.Network.Internal;

namespace Reactive.Network.Multiplexing;

/// <summary>One whole CBOR item as it came in. Whoever takes it owns the lease.</summary>
/// <param name="Lease">The bytes.</param>
/// <param name="Arrival">When its last byte came in, in ticks of the connection's clock.</param>
internal readonly record struct IngressMessage(MemoryLease Lease, long Arrival);
