using System.Reactive;
using System.Reactive.Linq;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;

namespace Rxnet.Embedded;

/// <summary>What one node of the embedded network makes of the network's chain: this is where nodes differ, in what they know, what they serve and how.</summary>
internal interface INodeBehaviour : IDisposable
{
    /// <summary>What it is, in a word.</summary>
    string Role { get; }

    /// <summary>What the node serves.</summary>
    IChainSource Served { get; }

    /// <summary>Fires when the node dies: its port is closed and every connection ends at once.</summary>
    IObservable<Unit> Dies => Observable.Never<Unit>();

    /// <summary>The network's chain has a new block. Called with one at a time, in order.</summary>
    void OnBlock(Block block);

    /// <summary>What the node does to its end of a connection.</summary>
    IBearer Accept(IBearer bearer) => bearer;
}
