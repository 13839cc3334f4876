using System.Net;
using System.Reactive.Linq;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Protocols.LocalTxSubmission;
using Reactive.Network.Protocols.PeerSharing;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Protocols.TxSubmission;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Client against server, every mini-protocol at once, over a path that hands bytes on in pieces of one size: both say and hear the same as over one that does not.</summary>
public class TornProtocolsTests
{
    private static readonly InMemoryChain Chain = VirtualPair.ChainOf(12, bodyBytes: 600);

    public static TheoryData<int> Pieces => [1, 2, 3, 5, 7, 9, 13, 64];

    [Theory]
    [MemberData(nameof(Pieces))]
    public void PeersTellEachOtherTheSame_WhenThePathIsTorn(int maxChunk)
    {
        List<string> whole = BetweenPeers(InMemoryBearerOptions.Default.MaxChunk);

        Assert.Equal(whole, BetweenPeers(maxChunk));
        Assert.Contains("tx 3", whole);
        Assert.Contains("peers 192.0.2.1:3001 [2001:db8::1]:3001", whole);
        Assert.Equal(12, whole.Count(line => line.StartsWith("block", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Pieces))]
    public void ANodeTellsALocalClientTheSame_WhenThePathIsTorn(int maxChunk)
    {
        List<string> whole = WithANode(InMemoryBearerOptions.Default.MaxChunk);

        Assert.Equal(whole, WithANode(maxChunk));
        Assert.Contains("number 12", whole);
        Assert.Contains("submitted 2", whole);
        Assert.Contains("rejected Conway: ConwayMempoolFailure \"twice\"", whole);
        Assert.Contains("in the mempool 2", whole);
        Assert.Equal(12, whole.Count(line => line.StartsWith("block", StringComparison.Ordinal)));
    }

    private static List<string> BetweenPeers(int maxChunk)
    {
        using var mempool = new InMemoryMempool();
        foreach (int n in Enumerable.Range(1, 3))
        {
            Assert.True(mempool.TryAdd(Transactions.Of(n)));
        }

        Dictionary<BlockHash, int> numbers = Enumerable.Range(1, 3).ToDictionary(n => Transactions.Of(n).Id.Hash);
        List<string>[] told = [[], [], [], []];
        var pair = new VirtualPair(
            Chain,
            client: o => o with { SharePeers = IPeerSource.None },
            server: o => o with { SharePeers = new Two() },
            bearer: new InMemoryBearerOptions { MaxChunk = maxChunk });
        pair.Client.ChainSync.Follow(Point.Origin).Subscribe(e => told[0].Add($"{e.Kind} {e.Point} {e.Tip.BlockNumber}"), _ => { });
        pair.Client.TxSubmission.Offer(mempool).Subscribe(_ => { }, _ => { });
        pair.Server.TxSubmissionServer.Receive().Subscribe(tx => told[1].Add($"tx {numbers[tx.Id.Hash]}"), _ => { });
        pair.Client.PeerSharing.Request(5).Subscribe(peers => told[2].Add($"peers {string.Join(' ', peers)}"), _ => { });
        pair.Run(TimeSpan.FromSeconds(1));
        var requests = new List<BlockRequest>();
        pair.Client.ChainSync.FindTip().Subscribe(_ => { }, _ => { });
        using (IChainCursor cursor = Chain.Follow())
        {
            while (cursor.TryNext(out ChainStep step))
            {
                if (step.RollForward is { } header)
                {
                    requests.Add(BlockRequest.For(header));
                }
            }
        }

        pair.Client.BlockFetch.Fetch(requests).Subscribe(block => told[3].Add($"block {block.Point} {block.Size}"), _ => { }, () => told[3].Add("all blocks"));
        pair.Run(TimeSpan.FromSeconds(30));

        Assert.Empty(pair.Faults);
        Assert.False(pair.Client.Completion.IsCompleted);
        return [.. told.SelectMany(lines => lines)];
    }

    private static List<string> WithANode(int maxChunk)
    {
        using var mempool = new InMemoryMempool();
        List<string>[] told = [[], [], [], []];
        var pair = new VirtualLocalPair(
            new LocalService
            {
                Chain = Chain,
                Transactions = new IntoMempool(mempool),
                Ledger = new ChainLedger(Chain),
                Mempool = MempoolMonitor.Of(mempool, 178_176, () => 5),
            },
            bearer: new InMemoryBearerOptions { MaxChunk = maxChunk });
        pair.Client.ChainSync.Follow(Point.Origin).Subscribe(e => told[0].Add(e.Kind == ChainEventKind.RollForward ? $"block {e.Point}" : $"{e.Kind}"), _ => { });
        pair.Client.StateQuery.Query(LedgerQuery.ChainBlockNumber).Subscribe(number => told[1].Add($"number {number + 1}"), _ => { });
        pair.Client.StateQuery.Query(LedgerQuery.ChainPoint).Subscribe(point => told[1].Add($"point {point}"), _ => { });
        foreach (int n in (int[])[1, 2, 1])
        {
            pair.Client.TxSubmission.Submit(Transactions.Of(n)).Subscribe(
                _ => { }, error => told[2].Add($"rejected {(error as TransactionRejectedException)?.Rejection.Text}"), () => told[2].Add($"submitted {n}"));
        }

        pair.Run(TimeSpan.FromSeconds(1));
        pair.Client.TxMonitor.Has(Transactions.Of(2).Id).Subscribe(has => told[3].Add($"has {has}"), _ => { });
        pair.Client.TxMonitor.Watch().Subscribe(difference => told[3].Add($"in the mempool {difference.Added.Count}"), _ => { });
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Empty(pair.Faults);
        Assert.Null(pair.ClientCause);
        return [.. told.SelectMany(lines => lines)];
    }

    private sealed class Two : IPeerSource
    {
        public IReadOnlyList<IPEndPoint> Share(int amount) => [IPEndPoint.Parse("192.0.2.1:3001"), IPEndPoint.Parse("[2001:db8::1]:3001")];
    }

    private sealed class IntoMempool(InMemoryMempool mempool) : ITransactionAcceptor
    {
        // [[7, "twice"]], as a Conway ledger says it.
        private static readonly byte[] Twice = [0x81, 0x82, 0x07, 0x65, .. "twice"u8];

        public IObservable<TransactionRejection?> Submit(Transaction transaction) =>
            Observable.Return(mempool.TryAdd(transaction) ? null : TransactionRejection.ByLedger(Era.Conway, Twice));
    }
}
