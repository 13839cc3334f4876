using System.Reactive.Linq;
using System.Text.Json;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Protocols.LocalTxSubmission;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Loopback.Interop;

/// <summary>A local node of ours and the independent client on one Unix socket.</summary>
internal sealed class LocalInteropSession : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly LocalListener _listener;
    private readonly InMemoryMempool _mempool = new();
    private readonly List<string> _received = [];
    private readonly TaskCompletionSource<LocalConnection> _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LocalInteropSession(InMemoryChain chain, TypeScriptClient client)
    {
        Client = client;
        Path = TemporarySocket.NewPath();
        _listener = LocalListener.Start(
            UnixSocketBearerListener.Listen(Path),
            new NetworkOptions { Magic = NetworkMagic.Devnet },
            new LocalService
            {
                Chain = chain,
                Ledger = new TipLedger(chain),
                Mempool = MempoolMonitor.Of(_mempool, 178_176, () => chain.Tip.Point.Slot),
                Transactions = new Refusing(),
            },
            connection =>
            {
                connection.Frames.Where(frame => frame.Direction == FrameDirection.Received)
                    .Subscribe(frame => _received.Add(Convert.ToHexStringLower(frame.Payload.Span)), _ => { });
                _accepted.SetResult(connection);
            });
    }

    public TypeScriptClient Client { get; }

    /// <summary>The payload of every SDU that the client sent: read it once the connection is over.</summary>
    public IReadOnlyList<string> Received => _received;

    private string Path { get; }

    /// <summary>Connected, and the handshake done. Skips the calling test where the client cannot run.</summary>
    public static async Task<LocalInteropSession> OpenAsync(InMemoryChain chain)
    {
        LocalInteropSession session = await ConnectAsync(chain);
        await session.Client.TellAsync(new { command = "proposeLocal", magic = NetworkMagic.Devnet.Value, query = false });
        Assert.Equal(19, (await session.Client.ExpectAsync("accept")).GetProperty("version").GetInt32());
        return session;
    }

    /// <summary>Connected; nothing is sent yet.</summary>
    public static async Task<LocalInteropSession> ConnectAsync(InMemoryChain chain)
    {
        var session = new LocalInteropSession(chain, TypeScriptClient.Start());
        try
        {
            await session.Client.TellAsync(new { command = "connectLocal", path = session.Path });
            await session.Client.ExpectAsync("connected");
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>A query as bytes, and the bytes of the whole answer.</summary>
    public async Task<string> QueryAsync(string hex)
    {
        await Client.TellAsync(new { command = "query", hex });
        JsonElement result = await Client.ExpectAsync("result");
        return result.GetProperty("bytes").GetString()!;
    }

    /// <summary>Why our side says that the connection is over.</summary>
    public async Task<NetworkException?> EndAsync() =>
        await (await _accepted.Task.WaitAsync(Patience, TestContext.Current.CancellationToken)).Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        _listener.Dispose();
        _mempool.Dispose();
    }

    /// <summary>Knows the tip, and the point of it.</summary>
    private sealed class TipLedger(InMemoryChain chain) : ILedgerStates
    {
        public ILedgerState? TryAcquire(LedgerTarget target, out LedgerAcquireFailure failure)
        {
            failure = LedgerAcquireFailure.PointNotOnChain;
            return target.Kind == LedgerTargetKind.VolatileTip || target == LedgerTarget.At(chain.Tip.Point) ? new State(chain.Tip) : null;
        }

        private sealed class State(Tip tip) : ILedgerState
        {
            public IObservable<ReadOnlyMemory<byte>> Answer(LedgerRequest request) => Observable.Return(request.Kind switch
            {
                LedgerRequestKind.ChainPoint => LedgerAnswer.ChainPoint(tip.Point),
                LedgerRequestKind.ChainBlockNumber => LedgerAnswer.ChainBlockNumber(tip.BlockNumber),
                _ => throw new NotSupportedException(request.ToString()),
            });

            public void Dispose()
            {
            }
        }
    }

    private sealed class Refusing : ITransactionAcceptor
    {
        public IObservable<TransactionRejection?> Submit(Transaction transaction) => Observable.Throw<TransactionRejection?>(new NotSupportedException());
    }
}
