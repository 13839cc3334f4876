using Reactive.Network.Chain;

namespace Rxnet.Embedded;

/// <summary>What one node of the embedded network makes of the network's chain: this is where nodes differ, in what they know and in what they serve.</summary>
internal interface INodeBehaviour : IDisposable
{
    /// <summary>What the node serves.</summary>
    IChainSource Served { get; }

    /// <summary>The network's chain has a new block. Called with one at a time, in order.</summary>
    void OnBlock(Block block);
}
