using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Protocols.LocalTxSubmission;

namespace Reactive.Network.Peers;

/// <summary>Who answers local clients. A mini-protocol for which there is nobody does not run: its use ends the connection.</summary>
public sealed record LocalService
{
    /// <summary>The chain whose blocks clients follow.</summary>
    /// <value><see langword="null"/> by default: no local chain-sync.</value>
    public IChainSource? Chain { get; init; }

    /// <summary>Who decides on the transactions that clients submit.</summary>
    /// <value><see langword="null"/> by default: no local tx-submission.</value>
    public ITransactionAcceptor? Transactions { get; init; }

    /// <summary>The ledger that clients ask.</summary>
    /// <value><see langword="null"/> by default: no local state query.</value>
    public ILedgerStates? Ledger { get; init; }

    /// <summary>The mempool that clients look into.</summary>
    /// <value><see langword="null"/> by default: no local tx-monitor.</value>
    public IMempoolMonitor? Mempool { get; init; }
}
