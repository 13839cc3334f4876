using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Protocols.LocalTxSubmission;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Protocols.TxSubmission;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Loopback;

/// <summary>A local node and its clients over a Unix socket, on the thread pool.</summary>
[Trait("Category", "Loopback")]
public class LocalNodeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task EveryClientGetsEveryBlock_WhenThreeFollow()
    {
        InMemoryChain chain = VirtualPair.ChainOf(2_000);
        var options = new NetworkOptions { Magic = NetworkMagic.Devnet };
        string path = TemporarySocket.NewPath();
        using LocalListener node = LocalListener.Start(UnixSocketBearerListener.Listen(path), options, new LocalService { Chain = chain });

        Point[] ends = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Follow(path, options, 2_000)));

        Assert.All(ends, end => Assert.Equal(chain.Tip.Point, end));
    }

    [Fact]
    public async Task AllFourWork_WhenAClientUsesThemSideBySide()
    {
        InMemoryChain chain = VirtualPair.ChainOf(500);
        using var mempool = new InMemoryMempool();
        var options = new NetworkOptions { Magic = NetworkMagic.Devnet };
        string path = TemporarySocket.NewPath();
        using LocalListener node = LocalListener.Start(UnixSocketBearerListener.Listen(path), options, new LocalService
        {
            Chain = chain,
            Transactions = new IntoMempool(mempool),
            Mempool = MempoolMonitor.Of(mempool, 178_176, () => chain.Tip.Point.Slot),
            Ledger = new AtTheTip(chain),
        });
        await using LocalConnection client = await LocalConnection.ConnectAsync(path, options, TestContext.Current.CancellationToken);
        Transaction[] all = [.. Enumerable.Range(1, 20).Select(n => Transactions.Of(n))];

        Task<Point> followed = Follow(client, 500);
        Task<Transaction[]> watched = client.TxMonitor.Watch()
            .SelectMany(difference => difference.Added).Take(all.Length).ToArray().Timeout(Patience, Scheduler.Default).ToTask(TestContext.Current.CancellationToken);
        await all.ToObservable().Select(client.TxSubmission.Submit).Merge(4).LastAsync().Timeout(Patience, Scheduler.Default);
        Exception? refused = await Record.ExceptionAsync(async () => await client.TxSubmission.Submit(all[0]).Timeout(Patience, Scheduler.Default));
        ulong?[] numbers = await Observable.Range(0, 50).Select(_ => client.StateQuery.Query(LedgerQuery.ChainBlockNumber)).Merge(10).ToArray().Timeout(Patience, Scheduler.Default);

        Assert.Equal(chain.Tip.Point, await followed);
        Assert.Equal(all.Select(tx => tx.Id.Hash).Order(), (await watched).Select(tx => tx.Id.Hash).Order());
        Assert.Equal("Conway: ConwayMempoolFailure \"twice\"", Assert.IsType<TransactionRejectedException>(refused).Rejection.Text);
        Assert.All(numbers, number => Assert.Equal(chain.Tip.BlockNumber, number));
        Assert.Equal(50, numbers.Length);
    }

    private static async Task<Point> Follow(string path, NetworkOptions options, int count)
    {
        await using LocalConnection client = await LocalConnection.ConnectAsync(path, options, TestContext.Current.CancellationToken);
        return await Follow(client, count);
    }

    private static async Task<Point> Follow(LocalConnection client, int count)
    {
        var done = new TaskCompletionSource<Point>(TaskCreationOptions.RunContinuationsAsynchronously);
        int blocks = 0;
        using IDisposable follow = client.ChainSync.Follow(Point.Origin).Subscribe(
            e =>
            {
                if (e.Kind == ChainEventKind.RollForward && ++blocks == count)
                {
                    done.TrySetResult(e.Point);
                }

                e.Dispose();
            },
            error => done.TrySetException(error));
        return await done.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private sealed class IntoMempool(InMemoryMempool mempool) : ITransactionAcceptor
    {
        // [[7, "twice"]], as a Conway ledger says it.
        private static readonly byte[] Twice = [0x81, 0x82, 0x07, 0x65, .. "twice"u8];

        public IObservable<TransactionRejection?> Submit(Transaction transaction) =>
            Observable.Return(mempool.TryAdd(transaction) ? null : TransactionRejection.ByLedger(Era.Conway, Twice));
    }

    private sealed class AtTheTip(IChainSource chain) : ILedgerStates
    {
        public ILedgerState? TryAcquire(LedgerTarget target, out LedgerAcquireFailure failure)
        {
            failure = LedgerAcquireFailure.PointNotOnChain;
            return target.Kind == LedgerTargetKind.VolatileTip ? new State(chain.Tip) : null;
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
}
