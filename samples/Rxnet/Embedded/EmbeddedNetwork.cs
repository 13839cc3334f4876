using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Storage;

namespace Rxnet.Embedded;

/// <summary>A small network of real nodes on this machine, and the chain that they share: generated, and growing while it runs.</summary>
internal sealed class EmbeddedNetwork : IDisposable
{
    /// <summary>Blocks there are when it starts.</summary>
    public const int InitialBlocks = 1_000;

    /// <summary>What the node that dies half way serves before: part of its share of the blocks there are at the beginning.</summary>
    private const int BlocksBeforeDeath = 120;

    private readonly CompositeDisposable _running = [];
    private readonly ChainGenerator _generator;
    private readonly Lock _gate = new();
    private bool _isDisposed;

    private EmbeddedNetwork(IReadOnlyList<EmbeddedNode> nodes, ChainGenerator generator)
    {
        Nodes = nodes;
        _generator = generator;
    }

    /// <summary>The magic number of the network.</summary>
    public static NetworkMagic Magic => NetworkMagic.Devnet;

    /// <summary>From one block to the next.</summary>
    public static TimeSpan BlockTime { get; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Its nodes, in the order of their behaviours.</summary>
    public IReadOnlyList<EmbeddedNode> Nodes { get; }

    /// <summary>Where they listen.</summary>
    public IReadOnlyList<PeerAddress> Addresses => [.. Nodes.Select(static node => node.Address)];

    /// <summary>
    /// Five nodes: two that do as they should, one that is slow, one that dies half way, and one that announces headers and delivers nothing.
    /// </summary>
    public static EmbeddedNetwork Start(IScheduler scheduler) => Start(
        [new HonestNode(), new HonestNode(), new SlowNode(scheduler), new DyingNode(BlocksBeforeDeath), new WithholdingNode()], scheduler);

    /// <summary>A node for each behaviour.</summary>
    public static EmbeddedNetwork Start(IReadOnlyList<INodeBehaviour> behaviours, IScheduler scheduler)
    {
        var options = new NetworkOptions { Magic = Magic, Scheduler = scheduler };
        List<EmbeddedNode> nodes = [];
        try
        {
            foreach (INodeBehaviour behaviour in behaviours)
            {
                nodes.Add(EmbeddedNode.Start(behaviour, options));
            }
        }
        catch
        {
            nodes.ForEach(static node => node.Dispose());
            throw;
        }

        EmbeddedNetwork network = new(nodes, new ChainGenerator());
        network.Grow(InitialBlocks);
        network._running.Add(Observable.Interval(BlockTime, scheduler).Subscribe(_ => network.Grow(1)));
        return network;
    }

    public void Dispose()
    {
        _running.Dispose();
        lock (_gate)
        {
            // A block that is just being added is added to all; behind that none is.
            _isDisposed = true;
        }

        foreach (EmbeddedNode node in Nodes)
        {
            node.Dispose();
        }
    }

    private void Grow(int blocks)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            foreach (Block block in _generator.Take(blocks))
            {
                foreach (EmbeddedNode node in Nodes)
                {
                    node.OnBlock(block);
                }
            }
        }
    }
}
