using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Protocols.PeerSharing;
using Reactive.Network.Protocols.TxSubmission;

namespace Reactive.Network.Peers;

/// <summary>One connection to one peer: the mini-protocols on it, in the roles that were agreed on, and its end.</summary>
/// <remarks>
/// <para>The clients can be subscribed to at once: they wait for the handshake. Each client and each responder has a strand of its own, so that an
/// observer that is slow, blocked or throws holds up nothing but its own mini-protocol.</para>
/// <para>Any thread. Disposing ends the connection and is the only thing that needs to be done with it.</para>
/// </remarks>
public sealed class PeerConnection : IAsyncDisposable, IAcceptedConnection<PeerConnection>
{
    private readonly NetworkOptions _options;
    private readonly Multiplexer _mux;
    private readonly Responders _responders;
    private readonly LatestValue<NegotiatedVersion> _negotiated;
    private readonly TaskCompletionSource<NetworkException?> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<PeerConnection>? _ended;
    private VersionTable? _queryReply;
    private volatile bool _initiatorUsed;
    private int _stopping;

    private PeerConnection(IBearer bearer, NetworkOptions options, bool isOutbound, bool query)
    {
        options.Validate();
        _options = options;
        IsOutbound = isOutbound;
        RemoteName = bearer.RemoteName;
        // Of two connections with the same options each draws its own: peers must not all be given up at the same moment.
        var random = new SeededRandom(options.Seed ^ StableHash(RemoteName));
        _mux = new Multiplexer(bearer, options.Mux, new NetworkClock(options.Scheduler), options.Pool, options.ObserverFaulted)
        {
            Ended = OnEnded,
            IdleExpired = OnIdleExpired,
            ResponderEnded = ArmIdle,
            InitiatorUsed = OnInitiatorUsed,
        };
        _negotiated = new LatestValue<NegotiatedVersion>(options.Scheduler, _mux.ReportObserverFault);
        ChainSync = new ChainSyncClient(_mux, options.ChainSync, random.Fork());
        BlockFetch = new BlockFetchClient(_mux, options.BlockFetch, options.Budget, random.Fork());
        KeepAlive = new KeepAliveClient(_mux, options.KeepAlive, random.Fork());
        _responders = new Responders(_mux, random.Fork(), options) { Source = options.Serve };
        PeerSharing = new PeerSharingClient(_mux, random.Fork());
        TxSubmission = new TxSubmissionClient(_mux, random.Fork());
        var offer = new NodeToNodeOffer(options.Magic.Value)
        {
            InitiatorOnly = options.Serve is null,
            PeerSharing = options.SharePeers is not null,
            Query = query,
            Experimental = options.OfferExperimentalVersion,
        };
        var handshake = new HandshakeLane(_mux, isOutbound ? SduSender.Initiator : SduSender.Responder, offer)
        {
            Agreed = OnAgreed,
            Answered = table => _queryReply = table,
        };
        handshake.Await();
        _mux.Start(handshake);
        handshake.Propose();
    }

    /// <summary>The peer, as its bearer names it: <c>host:port</c>.</summary>
    public string RemoteName { get; }

    /// <summary>Whether this side opened the connection.</summary>
    public bool IsOutbound { get; }

    /// <summary>What the handshake agreed on, or <see langword="null"/> before.</summary>
    public NegotiatedVersion? Version => _negotiated.TryGet(out NegotiatedVersion version) ? version : null;

    /// <summary>What the handshake agrees on.</summary>
    /// <remarks>
    /// Shared: one element, which a later subscriber gets too. Observers are called on a strand of their own. The element is a value. Completes when the
    /// connection ends by agreement, fails with its cause, which a refusal is, otherwise. Disposing only ends the subscription.
    /// </remarks>
    public IObservable<NegotiatedVersion> Negotiated => _negotiated;

    /// <summary>Every SDU, both ways.</summary>
    /// <remarks>
    /// Shared source, a queue of its own per subscription (<see cref="MuxOptions.MaxFrameBytes"/>). Observers are called on a strand of their own. A
    /// frame owns its memory, which is never reused. Completes when the connection ends by agreement, fails with its cause otherwise, or with
    /// <see cref="FrameOverflowException"/> where the observer is too slow: the connection goes on. Disposing ends the subscription; without any, a
    /// frame costs nothing.
    /// </remarks>
    public IObservable<Frame> Frames => _mux.Tap;

    /// <summary>The initiator of chain-sync.</summary>
    public ChainSyncClient ChainSync { get; }

    /// <summary>The initiator of block-fetch.</summary>
    public BlockFetchClient BlockFetch { get; }

    /// <summary>The initiator of keep-alive: runs by itself while this side uses the connection.</summary>
    public KeepAliveClient KeepAlive { get; }

    /// <summary>The initiator of peer-sharing: usable where both sides set <see cref="NetworkOptions.SharePeers"/>.</summary>
    public PeerSharingClient PeerSharing { get; }

    /// <summary>The initiator of tx-submission: offers transactions to the peer while there is a subscription.</summary>
    public TxSubmissionClient TxSubmission { get; }

    /// <summary>The responder of tx-submission: asks the peer for its transactions while there is a subscription.</summary>
    public TxSubmissionServer TxSubmissionServer => _responders.TxSubmission;

    /// <summary>
    /// The end of the connection. Never fails: its result is the first cause, or <see langword="null"/> where the end was agreed on or
    /// <see cref="DisposeAsync"/> or <see cref="Dispose"/> was called.
    /// </summary>
    public Task<NetworkException?> Completion => _completion.Task;

    /// <summary>Opens a connection over a bearer that this side connected. Returns at once; the handshake runs.</summary>
    public static PeerConnection Connect(IBearer bearer, NetworkOptions options) => Open(bearer, options, isOutbound: true, query: false);

    /// <summary>Opens a connection over a bearer that was accepted. Returns at once; the handshake runs.</summary>
    public static PeerConnection Accept(IBearer bearer, NetworkOptions options) => Open(bearer, options, isOutbound: false, query: false);

    /// <summary>Connects over TCP and shakes hands.</summary>
    /// <exception cref="NetworkException">There is no connection, or the handshake failed: the leaf says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is left open.</exception>
    public static async Task<PeerConnection> ConnectAsync(PeerAddress peer, NetworkOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        IBearer bearer = await TcpBearer.ConnectAsync(peer.Host, peer.Port, options.Bearer, cancellationToken).ConfigureAwait(false);
        PeerConnection connection = Connect(bearer, options);
        try
        {
            await connection.WaitForHandshakeAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Asks a peer for the versions it supports, with its data for each, and closes.</summary>
    /// <exception cref="NetworkException">There is no connection, or the handshake failed: the leaf says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is left open.</exception>
    public static async Task<VersionTable> QueryVersionsAsync(PeerAddress peer, NetworkOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        IBearer bearer = await TcpBearer.ConnectAsync(peer.Host, peer.Port, options.Bearer, cancellationToken).ConfigureAwait(false);
        return await QueryVersionsAsync(bearer, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks the peer behind a bearer for the versions it supports, with its data for each, and closes.</summary>
    /// <exception cref="NetworkException">The handshake failed: the leaf says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is left open.</exception>
    public static async Task<VersionTable> QueryVersionsAsync(IBearer bearer, NetworkOptions options, CancellationToken cancellationToken = default)
    {
        using PeerConnection connection = Open(bearer, options, isOutbound: true, query: true);
        NetworkException? cause = await connection.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        return connection._queryReply
            ?? throw cause ?? new ConnectionClosedException($"{connection.RemoteName} closed the connection without an answer");
    }

    /// <summary>Waits until the handshake is over.</summary>
    /// <exception cref="NetworkException">The handshake failed: the leaf says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the connection goes on.</exception>
    public async Task<NegotiatedVersion> WaitForHandshakeAsync(CancellationToken cancellationToken = default) =>
        await Negotiated.Concat(Observable.Defer(Gone)).FirstAsync().ToTask(cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Answers the peer's requests from <paramref name="source"/> from now on; a client that follows already starts at origin again. Requests that came
    /// before wait as bytes.
    /// </summary>
    /// <param name="source">
    /// The chain to serve, or <see langword="null"/> for none: requests then wait for another to be set, for as long as their answer may take; after that
    /// the connection ends with <see cref="Fault.Local"/>.
    /// </param>
    /// <exception cref="InvalidOperationException">The connection was opened without <see cref="NetworkOptions.Serve"/>: it is one-way.</exception>
    public void Serve(IChainSource? source)
    {
        if (_options.Serve is null && IsOutbound)
        {
            throw new InvalidOperationException("The handshake said initiator-only: set NetworkOptions.Serve to run responders on this connection.");
        }

        _responders.Source = source;
    }

    /// <summary>
    /// Ends the connection in order: clients that may send say Done, what was written goes out, within <see cref="MuxOptions.DrainTimeout"/>; then the
    /// bearer is closed. Idempotent.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        Stop();
        return new ValueTask(_completion.Task);
    }

    /// <summary>Ends the connection at once. Idempotent.</summary>
    public void Dispose() => _mux.Close(null);

    private static PeerConnection Open(IBearer bearer, NetworkOptions options, bool isOutbound, bool query)
    {
        ArgumentNullException.ThrowIfNull(bearer);
        ArgumentNullException.ThrowIfNull(options);
        return new PeerConnection(bearer, options, isOutbound, query);
    }

    private static int StableHash(string text)
    {
        uint hash = 2_166_136_261;
        foreach (char c in text)
        {
            hash = unchecked((hash ^ c) * 16_777_619);
        }

        return unchecked((int)hash);
    }

    private IObservable<NegotiatedVersion> Gone() =>
        Observable.Throw<NegotiatedVersion>(new ConnectionClosedException($"{RemoteName}: the connection was closed before the handshake was over"));

    private void OnAgreed(NegotiatedVersion version)
    {
        var lanes = new List<Lane>();
        if (IsOutbound || version.IsDuplex)
        {
            lanes.AddRange([ChainSync.Lane, BlockFetch.Lane, KeepAlive.Lane, TxSubmission.Lane]);
            if (version.PeerSharing)
            {
                lanes.Add(PeerSharing.Lane);
            }
        }

        if (!IsOutbound || version.IsDuplex)
        {
            lanes.AddRange(_responders.LanesOf(version));
        }

        if (IsOutbound)
        {
            KeepAlive.Enable();
        }

        _mux.Open(lanes);
        _negotiated.Set(version);
        ArmIdle();
    }

    /// <summary>An accepted connection that this side uses too needs pings: the peer gives up after 97 s without.</summary>
    private void OnInitiatorUsed()
    {
        if (!_initiatorUsed)
        {
            _initiatorUsed = true;
            KeepAlive.Enable();
        }
    }

    private void ArmIdle()
    {
        if (!IsOutbound && _options.Mux.InboundIdleTimeout != Timeout.InfiniteTimeSpan)
        {
            _mux.Deadlines.Set(Multiplexer.IdleSlot, _mux.Clock.Now + _options.Mux.InboundIdleTimeout.Ticks);
        }
    }

    private void OnIdleExpired()
    {
        // Using what was not agreed on, an initiator on an accepted one-way connection, is no use.
        bool usedByUs = _initiatorUsed && Version is { IsDuplex: true };
        if (!_responders.AnyActive && !usedByUs)
        {
            TimeSpan limit = _options.Mux.InboundIdleTimeout;
            _mux.Close(new MuxException(MuxFailure.IdleTimeout, $"{RemoteName} ran no mini-protocol for {limit.TotalSeconds:0.###} s") { TimeLimit = limit });
        }
    }

    /// <summary>The first cause of the end; <see langword="null"/> before it, and for an end by agreement.</summary>
    internal NetworkException? Cause => _mux.Cause;

    /// <summary>This side uses the connection, though no client has a user yet: it is kept alive.</summary>
    internal void Use() => OnInitiatorUsed();

    /// <summary>As <see cref="DisposeAsync"/>, for who does not wait.</summary>
    internal void Stop()
    {
        if (Interlocked.Exchange(ref _stopping, 1) == 0)
        {
            _mux.Stop([ChainSync.Lane, BlockFetch.Lane, KeepAlive.Lane, PeerSharing.Lane, TxSubmission.Lane]);
        }
    }

    /// <summary>Ends the connection at once, with a cause that was found above it.</summary>
    internal void Close(NetworkException cause) => _mux.Close(cause);

    void IAcceptedConnection<PeerConnection>.WhenEnded(Action<PeerConnection> ended) => WhenEnded(ended);

    /// <summary>Calls <paramref name="ended"/> once when the connection has ended, or now. Runs no user code.</summary>
    internal void WhenEnded(Action<PeerConnection> ended)
    {
        lock (_completion)
        {
            if (!_completion.Task.IsCompleted)
            {
                _ended += ended;
                return;
            }
        }

        ended(this);
    }

    private void OnEnded(NetworkException? cause)
    {
        _negotiated.End(cause);
        Action<PeerConnection>? ended;
        lock (_completion)
        {
            _completion.TrySetResult(cause);
            ended = _ended;
        }

        ended?.Invoke(this);
    }
}
