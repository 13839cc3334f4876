using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Protocols.LocalTxSubmission;

namespace Reactive.Network.Peers;

/// <summary>The answering side of a local connection: a lane for each part of its service.</summary>
internal sealed class LocalResponders
{
    public LocalResponders(Multiplexer mux, SeededRandom random, LocalService service)
    {
        var lanes = new List<Lane>();
        if (service.Chain is { } chain)
        {
            lanes.Add(new LocalChainSyncServer(mux, random.Fork()) { Source = chain });
        }

        if (service.Transactions is { } acceptor)
        {
            lanes.Add(new LocalTxSubmissionServer(mux, acceptor, random.Fork()));
        }

        if (service.Ledger is { } ledger)
        {
            lanes.Add(new LocalStateQueryServer(mux, ledger, random.Fork()));
        }

        if (service.Mempool is { } mempool)
        {
            lanes.Add(new LocalTxMonitorServer(mux, mempool, random.Fork()));
        }

        Lanes = lanes;
    }

    /// <summary>Those that run.</summary>
    public IReadOnlyList<Lane> Lanes { get; }
}
