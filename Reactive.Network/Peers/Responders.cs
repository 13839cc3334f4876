using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Protocols.PeerSharing;
using Reactive.Network.Protocols.TxSubmission;

namespace Reactive.Network.Peers;

/// <summary>The responder role of a connection.</summary>
internal sealed class Responders
{
    private readonly ChainSyncServer _chainSync;
    private readonly BlockFetchServer _blockFetch;
    private readonly KeepAliveServer _keepAlive;
    private readonly PeerSharingServer? _peerSharing;

    public Responders(Multiplexer mux, SeededRandom random, NetworkOptions options)
    {
        _chainSync = new ChainSyncServer(mux, random.Fork());
        _blockFetch = new BlockFetchServer(mux, random.Fork());
        _keepAlive = new KeepAliveServer(mux, random.Fork());
        TxSubmission = new TxSubmissionServer(mux, options.TxSubmission, random.Fork());
        _peerSharing = options.SharePeers is null ? null : new PeerSharingServer(mux, options.SharePeers, random.Fork());
        Lanes = [_chainSync, _blockFetch, _keepAlive, TxSubmission.Lane];
        mux.FirstResponderBytes = _keepAlive.Await;
    }

    /// <summary>Those that every connection has.</summary>
    private IReadOnlyList<Lane> Lanes { get; }

    /// <summary>Who asks for the peer's transactions.</summary>
    public TxSubmissionServer TxSubmission { get; }

    /// <summary>Whether the peer runs any of them.</summary>
    public bool AnyActive => Lanes.Any(lane => lane.IsActive) || _peerSharing is { IsActive: true };

    /// <summary>Who answers chain-sync and block-fetch.</summary>
    public IChainSource? Source
    {
        set
        {
            _chainSync.Source = value;
            _blockFetch.Source = value;
        }
    }

    /// <summary>Those that run where <paramref name="version"/> was agreed on.</summary>
    public IEnumerable<Lane> LanesOf(NegotiatedVersion version) =>
        version.PeerSharing && _peerSharing is not null ? [.. Lanes, _peerSharing] : Lanes;
}
