using System.Buffers;
using System.Reactive.Concurrency;
using System.Security.Cryptography;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Protocols.PeerSharing;
using Reactive.Network.Protocols.TxSubmission;

namespace Reactive.Network;

/// <summary>Everything that can be chosen about connections. Immutable; checked where it enters.</summary>
public sealed record NetworkOptions
{
    private readonly SharedBudget _budget = new();

    /// <summary>The network to speak with.</summary>
    /// <value>Mainnet by default.</value>
    public NetworkMagic Magic { get; init; } = NetworkMagic.Mainnet;

    /// <summary>Where everything runs and whose time counts: the thread pool, or a <c>TestScheduler</c>.</summary>
    /// <value><see cref="DefaultScheduler.Instance"/> by default.</value>
    public IScheduler Scheduler { get; init; } = DefaultScheduler.Instance;

    /// <summary>What random draws (cookies, time limits) start from: the same seed and scheduler give the same trace.</summary>
    /// <value>Drawn anew by default.</value>
    public int Seed { get; init; } = RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>Where the memory of messages and elements comes from.</summary>
    /// <value>
    /// By default a pool of these options' own, shared with every copy made by <c>with</c>. It keeps up to 32 MiB for reuse, of what was given back.
    /// </value>
    public ArrayPool<byte> Pool { get; init; } = new MessagePool();

    /// <summary>
    /// The chain that is served to peers over chain-sync and block-fetch, or <see langword="null"/> to run no responders: then, and only then, the
    /// handshake says initiator-only.
    /// </summary>
    /// <value><see langword="null"/> by default.</value>
    public IChainSource? Serve { get; init; }

    /// <summary>
    /// The addresses that peers are told when they ask, or <see langword="null"/> to neither ask nor answer: then the handshake says that this side does
    /// not share peers. <see cref="IPeerSource.None"/> asks and tells nothing.
    /// </summary>
    /// <value><see langword="null"/> by default. Peer sharing runs where both sides set it.</value>
    public IPeerSource? SharePeers { get; init; }

    /// <summary>Whether the experimental version 16 is offered beside 14 and 15.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool OfferExperimentalVersion { get; init; }

    /// <summary>Announced bytes of blocks that all connections with these options may have asked for and not consumed.</summary>
    /// <value>512 MiB by default. Exceeded by at most one block per connection, so that none starves.</value>
    public long MaxIngressBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>Framing and its time limits.</summary>
    public MuxOptions Mux { get; init; } = MuxOptions.Default;

    /// <summary>Sockets.</summary>
    public BearerOptions Bearer { get; init; } = BearerOptions.Default;

    /// <summary>How far chain-sync asks ahead.</summary>
    public ChainSyncOptions ChainSync { get; init; } = new();

    /// <summary>How far a local client asks ahead.</summary>
    public LocalChainSyncOptions LocalChainSync { get; init; } = new();

    /// <summary>The newest version that is offered between a node and a local client.</summary>
    /// <value>16 to 23; 23 by default.</value>
    public int NewestLocalVersion { get; init; } = NodeToClient.NumberOf(NodeToClient.NewestVersion);

    /// <summary>How block-fetch asks and what it checks.</summary>
    public BlockFetchOptions BlockFetch { get; init; } = new();

    /// <summary>How often a connection is pinged.</summary>
    public KeepAliveOptions KeepAlive { get; init; } = new();

    /// <summary>How much tx-submission asks a peer for.</summary>
    public TxSubmissionOptions TxSubmission { get; init; } = new();
    /// <summary>Peers that the user vouches for: what a <see cref="PeerNetwork"/> begins with, and keeps.</summary>
    /// <value>None by default. A <see cref="PeerAddress"/> is a group of one.</value>
    public IReadOnlyList<LocalRootGroup> LocalRoots { get; init; } = [];

    /// <summary>Which other peers a <see cref="PeerNetwork"/> knows, and how it uses them.</summary>
    public PeerOptions Peers { get; init; } = new();

    /// <summary>How many connections a listener takes.</summary>
    public AcceptLimits AcceptLimits { get; init; } = new();

    /// <summary>
    /// Told of an exception that an observer threw: its subscription has ended, the connection goes on. Called on the strand that called the observer;
    /// must not throw. Without it the exception goes to the scheduler, as Rx does with what nobody handles.
    /// </summary>
    public Action<Exception>? ObserverFaulted { get; init; }

    /// <summary>Shared by every connection made with these options, and with any copy of them made by <c>with</c>.</summary>
    internal FetchBudget Budget => _budget.Of(MaxIngressBytes);

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Scheduler);
        ArgumentNullException.ThrowIfNull(Pool);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxIngressBytes, 1);
        Mux.Validate();
        ChainSync.Validate();
        LocalChainSync.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(NewestLocalVersion, NodeToClient.NumberOf(NodeToClient.OldestVersion));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(NewestLocalVersion, NodeToClient.NumberOf(NodeToClient.NewestVersion));
        BlockFetch.Validate();
        KeepAlive.Validate();
        TxSubmission.Validate();
        AcceptLimits.Validate();
        Peers.Validate();
        foreach (LocalRootGroup group in LocalRoots)
        {
            group.Validate();
        }
    }

    /// <summary>Goes along with every copy of the options, so that the budget is one.</summary>
    private sealed class SharedBudget
    {
        private FetchBudget? _value;

        public FetchBudget Of(long maxBytes)
        {
            if (_value is null)
            {
                Interlocked.CompareExchange(ref _value, new FetchBudget(maxBytes), null);
            }

            return _value;
        }
    }
}
