using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>What the strand of an initiator makes of messages that are the same in both bundles.</summary>
internal interface IChainSyncEvent<TSelf> : IDisposable
    where TSelf : struct, IChainSyncEvent<TSelf>
{
    static abstract TSelf RollBackward(Point point, Tip tip);

    static abstract TSelf Intersected(Point point, Tip tip);
}
