using Reactive.Network.Chain;
using Reactive.Network.Storage;

namespace Rxnet.Embedded;

/// <summary>Has every block at once and serves it as it is.</summary>
internal sealed class HonestNode : INodeBehaviour
{
    /// <summary>About 160 MB of blocks, shared with the other nodes: over an hour of the network's time.</summary>
    private const int MaxBlocks = 10_000;

    private readonly InMemoryChain _chain = new(MaxBlocks);

    public IChainSource Served => _chain;

    public void OnBlock(Block block) => _chain.Append(block);

    public void Dispose() => _chain.Dispose();
}
