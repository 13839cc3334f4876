using Reactive.Network.Internal;

namespace Reactive.Network.Chain;

/// <summary>PLACEHOLDER, see the contract.</summary>
public readonly struct Block
{
    internal Block(MemoryLease lease, int offset, int length) { _ = (lease, offset, length); }
}
