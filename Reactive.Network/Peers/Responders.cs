using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Protocols.TxSubmission;

namespace Reactive.Network.Peers;

/// <summary>The responder role of a connection.</summary>
internal sealed class Responders
{
    private readonly ChainSyncServer _chainSync;
    private readonly BlockFetchServer _blockFetch;
    private readonly KeepAliveServer _keepAlive;

    public Responders(Multiplexer mux, Random random)
    {
        _chainSync = new ChainSyncServer(mux, new Random(random.Next()));
        _blockFetch = new BlockFetchServer(mux, new Random(random.Next()));
        _keepAlive = new KeepAliveServer(mux, new Random(random.Next()));
        Lanes = [_chainSync, _blockFetch, _keepAlive, new IdleTxSubmissionServer(mux)];
        mux.FirstResponderBytes = _keepAlive.Await;
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<Lane> Lanes { get; }

    /// <summary>Whether the peer runs any of them.</summary>
    public bool AnyActive => Lanes.Any(lane => lane.IsActive);

    /// <summary>Who answers chain-sync and block-fetch.</summary>
    public IChainSource? Source
    {
        set
        {
            _chainSync.Source = value;
            _blockFetch.Source = value;
        }
    }
}
