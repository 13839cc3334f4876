using System.Reactive;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Protocols.LocalTxSubmission;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Protocols;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>A transaction from a local client into the mempool, into a block and down, over the three mini-protocols, in virtual time.</summary>
public sealed class SubmittedTransactionTests : IDisposable
{
    private const int Known = 5;
    private static readonly Block[] Blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 5, BodyBytes = 3_000 }).Take(12)];
    private static readonly Transaction Tx = FirstOf(Blocks[Known + 1]);

    private readonly InMemoryChain _chain = new();
    private readonly InMemoryMempool _mempool = new();
    private readonly Subject<Unit> _removed = new();
    private readonly VirtualLocalPair _pair;
    private readonly List<string> _seen = [];

    public SubmittedTransactionTests()
    {
        Array.ForEach(Blocks[..Known], _chain.Append);
        _pair = new VirtualLocalPair(new LocalService
        {
            Chain = _chain,
            Transactions = new Acceptor(_mempool),
            Mempool = MempoolMonitor.Of(_mempool, 100_000, () => _chain.Tip.Point.Slot + 1, _removed),
        });
    }

    public void Dispose()
    {
        _chain.Dispose();
        _mempool.Dispose();
        _removed.Dispose();
    }

    [Fact]
    public void TellsEachStage_WhenSubmittedAndPutIntoABlock()
    {
        using IDisposable tracking = Track(2);
        Append(Known, Known + 5);

        Assert.Equal(["Submitted", "InMempool", "InBlock 0", "InBlock 1", "Confirmed 2", "|"], _seen);
    }

    [Fact]
    public void GoesBackAndOnAgain_WhenItsBlockIsRolledBack()
    {
        using IDisposable tracking = Track(2);
        Append(Known, Known + 3);

        _chain.RollBack(Blocks[Known].Point);
        _pair.Run(TimeSpan.FromSeconds(1));
        Append(Known + 1, Known + 4);

        Assert.Equal(
            ["Submitted", "InMempool", "InBlock 0", "InBlock 1", "Gone", "InBlock 0", "InBlock 1", "Confirmed 2", "|"], _seen);
    }

    [Fact]
    public void Fails_WhenTheNodeRejects()
    {
        _mempool.TryAdd(Tx);

        using IDisposable tracking = Track(1);

        // It is in the mempool, for all that: whether that or the rejection comes first is a matter of who answers first.
        Assert.Equal("TransactionRejectedException", _seen[^1]);
        Assert.False(_pair.Client.Completion.IsCompleted);
    }

    [Fact]
    public void LeavesEverythingFree_WhenDisposed()
    {
        IDisposable tracking = Track(1);
        tracking.Dispose();
        _pair.Run(TimeSpan.FromSeconds(1));
        Append(Known, Known + 2);
        int seen = _seen.Count;

        var sizes = new List<uint>();
        using IDisposable asked = _pair.Client.TxMonitor.Sizes().Subscribe(one => sizes.Add(one.Count));
        using IDisposable followed = _pair.Client.ChainSync.FollowBlocksFromTip().Subscribe(one => _seen.Add($"{one.Kind}"));
        _pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(["Intersected"], _seen.Skip(seen));
        Assert.Equal([0u], sizes);
    }

    [Fact]
    public void EndsAsTheConnection_WhenTheNodeGoes()
    {
        using IDisposable tracking = Track(1);

        _pair.Node.Dispose();
        _pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal("BearerException", _seen[^1]);
    }

    [Fact]
    public void RefusesAtTheCall_WhenThereIsNoId()
    {
        var vote = new Transaction(Era.Byron, Convert.FromHexString("8401a0f5f6")) { ByronKind = 3 };

        Assert.Equal("transaction", Assert.Throws<ArgumentException>(() => _pair.Client.SubmitAndTrack(vote, 1, _pair.Time)).ParamName);
    }

    private static Transaction FirstOf(Block block)
    {
        BlockTransactions.Enumerator transactions = block.Transactions.GetEnumerator();
        Assert.True(transactions.MoveNext());
        byte[] body = transactions.Current.Body.ToArray();
        return new Transaction(Era.Conway, CodecCheck.Encode(output =>
        {
            var writer = new CborSpanWriter(output);
            writer.WriteArrayHeader(4);
            writer.WriteRaw(body);
            writer.WriteMapHeader(0);
            writer.WriteBool(true);
            writer.WriteNull();
        }));
    }

    private IDisposable Track(int depth)
    {
        IDisposable tracking = _pair.Client.SubmitAndTrack(Tx, depth, _pair.Time).Subscribe(
            one => _seen.Add(one.Block.IsOrigin ? $"{one.Stage}" : $"{one.Stage} {one.Depth}"),
            error => _seen.Add(error.GetType().Name),
            () => _seen.Add("|"));
        _pair.Run(TimeSpan.FromSeconds(1));
        return tracking;
    }

    /// <summary>As a node: the block first, then what it took leaves the mempool.</summary>
    private void Append(int from, int to)
    {
        foreach (Block block in Blocks[from..to])
        {
            _chain.Append(block);
            foreach (TransactionId id in block.Transactions.ReadIds())
            {
                _mempool.Remove(id);
            }

            _removed.OnNext(Unit.Default);
            _pair.Run(TimeSpan.FromSeconds(1));
        }
    }

    private sealed class Acceptor(InMemoryMempool mempool) : ITransactionAcceptor
    {
        public IObservable<TransactionRejection?> Submit(Transaction transaction) =>
            Observable.Return(mempool.TryAdd(transaction) ? null : TransactionRejection.ByLedger(Era.Conway, [0x80]));
    }
}
