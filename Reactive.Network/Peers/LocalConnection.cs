using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network.Bearers;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Protocols.LocalTxSubmission;

namespace Reactive.Network.Peers;

/// <summary>One connection between a node and a local client: the side that connects asks, the one that accepts answers.</summary>
/// <remarks>
/// <para>The clients can be subscribed to at once: they wait for the handshake. Each client and each responder has a strand of its own, so that an
/// observer that is slow, blocked or throws holds up nothing but its own mini-protocol, until 8 MiB wait for it: then nothing is read at all.</para>
/// <para>Any thread. Disposing ends the connection and is the only thing that needs to be done with it.</para>
/// </remarks>
public sealed class LocalConnection : IAsyncDisposable, IAcceptedConnection<LocalConnection>
{
    /// <summary>How Windows names the pipes of the machine itself.</summary>
    private const string PipePrefix = @"\\.\pipe\";

    private readonly Multiplexer _mux;
    private readonly LocalResponders? _responders;
    private readonly LatestValue<NegotiatedVersion> _negotiated;
    private readonly TaskCompletionSource<NetworkException?> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<LocalConnection>? _ended;
    private VersionTable? _queryReply;
    private int _stopping;
    private int _agreed;

    private LocalConnection(IBearer bearer, NetworkOptions options, LocalService? service, bool query)
    {
        options.Validate();
        IsOutbound = service is null;
        RemoteName = bearer.RemoteName;
        var random = new SeededRandom(options.Seed);
        _mux = new Multiplexer(bearer, options.Mux, new NetworkClock(options.Scheduler), options.Pool, options.ObserverFaulted)
        {
            PausesWhenFull = true,
            Ended = OnEnded,
        };
        _negotiated = new LatestValue<NegotiatedVersion>(options.Scheduler, _mux.ReportObserverFault);
        ChainSync = new LocalChainSyncClient(_mux, options.LocalChainSync, random.Fork());
        TxSubmission = new LocalTxSubmissionClient(_mux, random.Fork());
        StateQuery = new LocalStateQueryClient(_mux, random.Fork(), AgreedNumber);
        TxMonitor = new LocalTxMonitorClient(_mux, random.Fork(), AgreedNumber);
        _responders = service is null ? null : new LocalResponders(_mux, random, service);
        var offer = new NodeToClientOffer(options.Magic.Value) { Query = query, NewestVersion = NodeToClient.VersionBit + options.NewestLocalVersion };
        var handshake = new HandshakeLane(_mux, IsOutbound ? SduSender.Initiator : SduSender.Responder, offer)
        {
            Agreed = OnAgreed,
            Answered = table => _queryReply = table,
        };
        handshake.Await();
        _mux.Start(handshake);
        handshake.Propose();
    }

    /// <summary>The other end, as its bearer names it: the path of the socket.</summary>
    public string RemoteName { get; }

    /// <summary>Whether this side opened the connection, so that it is the client.</summary>
    public bool IsOutbound { get; }

    /// <summary>What the handshake agreed on, or <see langword="null"/> before. The version is a wire number: <see cref="NodeToClient.NumberOf"/>.</summary>
    public NegotiatedVersion? Version => _negotiated.TryGet(out NegotiatedVersion version) ? version : null;

    /// <inheritdoc cref="PeerConnection.Negotiated"/>
    public IObservable<NegotiatedVersion> Negotiated => _negotiated;

    /// <inheritdoc cref="PeerConnection.Frames"/>
    public IObservable<Frame> Frames => _mux.Tap;

    /// <summary>Follows the node's blocks.</summary>
    public LocalChainSyncClient ChainSync { get; }

    /// <summary>Submits transactions to the node.</summary>
    public LocalTxSubmissionClient TxSubmission { get; }

    /// <summary>Asks the node's ledger.</summary>
    public LocalStateQueryClient StateQuery { get; }

    /// <summary>Looks into the node's mempool.</summary>
    public LocalTxMonitorClient TxMonitor { get; }

    /// <inheritdoc cref="PeerConnection.Completion"/>
    public Task<NetworkException?> Completion => _completion.Task;

    private IReadOnlyList<Lane> Clients => [ChainSync.Lane, TxSubmission.Lane, StateQuery.Lane, TxMonitor.Lane];

    /// <summary>Opens a connection to a node, over a bearer that this side connected. Returns at once; the handshake runs.</summary>
    public static LocalConnection Connect(IBearer bearer, NetworkOptions options) => Open(bearer, options, service: null, query: false);

    /// <summary>Opens a connection to a local client, over a bearer that was accepted. Returns at once; the handshake runs.</summary>
    /// <param name="bearer">Owned from here on.</param>
    /// <param name="options">Its <see cref="NetworkOptions.Serve"/> is for peers and has no meaning here.</param>
    /// <param name="service">Who answers.</param>
    public static LocalConnection Accept(IBearer bearer, NetworkOptions options, LocalService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return Open(bearer, options, service, query: false);
    }

    /// <summary>Connects to the Unix socket of a node, or to the named pipe of one under Windows, and shakes hands.</summary>
    /// <param name="socketPath">The socket's path; what begins with <c>\\.\pipe\</c> is a named pipe.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NetworkException">There is no connection, or the handshake failed: the leaf says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is left open.</exception>
    public static async Task<LocalConnection> ConnectAsync(string socketPath, NetworkOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(socketPath);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        bool isPipe = socketPath.StartsWith(PipePrefix, StringComparison.OrdinalIgnoreCase);
        Task<IBearer> connecting = isPipe
            ? NamedPipeBearer.ConnectAsync(socketPath[PipePrefix.Length..], options.Bearer, cancellationToken)
            : UnixSocketBearer.ConnectAsync(socketPath, options.Bearer, cancellationToken);
        IBearer bearer = await connecting.ConfigureAwait(false);
        LocalConnection connection = Connect(bearer, options);
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

    /// <summary>Asks the node behind a bearer for the versions it supports, with its data for each, and closes.</summary>
    /// <exception cref="NetworkException">The handshake failed: the leaf says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is left open.</exception>
    public static async Task<VersionTable> QueryVersionsAsync(IBearer bearer, NetworkOptions options, CancellationToken cancellationToken = default)
    {
        using LocalConnection connection = Open(bearer, options, service: null, query: true);
        NetworkException? cause = await connection.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        return connection._queryReply
            ?? throw cause ?? new ConnectionClosedException($"{connection.RemoteName} closed the connection without an answer");
    }

    /// <summary>Waits until the handshake is over. A node has no time limit for it: the token is the only one.</summary>
    /// <exception cref="NetworkException">The handshake failed: the leaf says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the connection goes on.</exception>
    public async Task<NegotiatedVersion> WaitForHandshakeAsync(CancellationToken cancellationToken = default) =>
        await Negotiated.Concat(Observable.Defer(Gone)).FirstAsync().ToTask(cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Ends the connection in order: clients that may send say Done, what was written goes out, within <see cref="MuxOptions.DrainTimeout"/>; then the
    /// bearer is closed. Idempotent.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopping, 1) == 0)
        {
            _mux.Stop(Clients);
        }

        return new ValueTask(_completion.Task);
    }

    /// <summary>Ends the connection at once. Idempotent.</summary>
    public void Dispose() => _mux.Close(null);

    void IAcceptedConnection<LocalConnection>.WhenEnded(Action<LocalConnection> ended)
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

    private static LocalConnection Open(IBearer bearer, NetworkOptions options, LocalService? service, bool query)
    {
        ArgumentNullException.ThrowIfNull(bearer);
        ArgumentNullException.ThrowIfNull(options);
        return new LocalConnection(bearer, options, service, query);
    }

    /// <summary>The number of the agreed version; 0 before, when no lane asks.</summary>
    private int AgreedNumber() => Volatile.Read(ref _agreed);

    private IObservable<NegotiatedVersion> Gone() =>
        Observable.Throw<NegotiatedVersion>(new ConnectionClosedException($"{RemoteName}: the connection was closed before the handshake was over"));

    private void OnAgreed(NegotiatedVersion version)
    {
        Volatile.Write(ref _agreed, NodeToClient.NumberOf(version.Version));
        _mux.Open(_responders?.Lanes ?? Clients);
        _negotiated.Set(version);
    }

    private void OnEnded(NetworkException? cause)
    {
        _negotiated.End(cause);
        Action<LocalConnection>? ended;
        lock (_completion)
        {
            _completion.TrySetResult(cause);
            ended = _ended;
        }

        ended?.Invoke(this);
    }
}
