using System.Reactive;
using System.Reactive.Linq;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Storage;

namespace Rxnet.Embedded;

/// <summary>Has every block at once and serves it as it is.</summary>
internal class HonestNode : INodeBehaviour
{
    /// <summary>About 160 MB of blocks, shared with the other nodes: over an hour of the network's time.</summary>
    private const int MaxBlocks = 10_000;

    private readonly InMemoryChain _chain = new(MaxBlocks);

    public virtual string Role => "honest";

    public virtual IChainSource Served => _chain;

    public virtual IObservable<Unit> Dies => Observable.Never<Unit>();

    public void OnBlock(Block block) => _chain.Append(block);

    public virtual IBearer Accept(IBearer bearer) => bearer;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => _chain.Dispose();
}
