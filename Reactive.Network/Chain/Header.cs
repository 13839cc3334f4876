using Reactive.Network.Internal;

namespace Reactive.Network.Chain;

/// <summary>PLACEHOLDER, see the contract.</summary>
public readonly struct Header
{
    internal Header(MemoryLease lease, Era era, int offset, int length, uint byronSizeHint) { _ = (lease, era, offset, length, byronSizeHint); }
}
