using System.Reactive;
using System.Reactive.Subjects;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Protocols.TxSubmission;
using Reactive.Network.Tests.Scenarios;
using ProtocolViolationException = Reactive.Network.Protocols.ProtocolViolationException;

namespace Reactive.Network.Tests.Protocols.LocalTxMonitor;

/// <summary>Each half against bytes, and both against one another, in virtual time.</summary>
public class LocalTxMonitorTests
{
    private const string TxHex = "84a300d901028001800200a0f5f6";
    private static readonly Transaction Tx = new(Era.Conway, Convert.FromHexString(TxHex));
    private readonly List<string> _seen = [];

    [Fact]
    public void AcquiresAsksAndReleases_WhenAskedOnce()
    {
        var peer = new RawLocalPeer();
        using IDisposable ask = peer.Ours.TxMonitor.Has(Tx.Id).Subscribe(has => _seen.Add($"{has}"), () => _seen.Add("done"));
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(NodeToClient.TxMonitor, "820205");
        peer.Send(NodeToClient.TxMonitor, "8208f5");

        Assert.Equal(["8101", $"82078206{"5820"}{Tx.Id.Hash}", "8103"], peer.Heard);
        Assert.Equal(["True", "done"], _seen);
    }

    [Fact]
    public void QueuesTheSecondUser_WhenOneHoldsASnapshot()
    {
        var peer = new RawLocalPeer();
        IDisposable first = peer.Ours.TxMonitor.Acquire().Subscribe(snapshot => _seen.Add($"1: {snapshot.Slot}"));
        using IDisposable second = peer.Ours.TxMonitor.Acquire().Subscribe(snapshot => _seen.Add($"2: {snapshot.Slot}"));
        peer.Wait(TimeSpan.FromSeconds(1));
        peer.Send(NodeToClient.TxMonitor, "820205");
        string[] before = [.. peer.Heard];

        first.Dispose();
        peer.Wait(TimeSpan.FromSeconds(1));
        peer.Send(NodeToClient.TxMonitor, "820206");

        Assert.Equal(["8101"], before);
        Assert.Equal(["8101", "8103", "8101"], peer.Heard);
        Assert.Equal(["1: 5", "2: 6"], _seen);
    }

    [Fact]
    public void ReleasesWhenTheAnswerHasCome_WhenDisposedWhileAcquiring()
    {
        var peer = new RawLocalPeer();
        IDisposable first = peer.Ours.TxMonitor.Acquire().Subscribe(_ => Assert.Fail("a snapshot"));
        peer.Wait(TimeSpan.FromSeconds(1));
        first.Dispose();
        peer.Wait(TimeSpan.FromSeconds(1));
        string[] before = [.. peer.Heard];

        peer.Send(NodeToClient.TxMonitor, "820205");

        Assert.Equal(["8101"], before);
        Assert.Equal(["8101", "8103"], peer.Heard);
    }

    [Fact]
    public void FailsWithoutSending_WhenTheVersionHasNoMeasures()
    {
        var peer = new RawLocalPeer(version: 19);
        Exception? error = null;
        using IDisposable ask = peer.Ours.TxMonitor.Measures().Subscribe(_ => { }, e => error = e);
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(NodeToClient.TxMonitor, "820205");

        var wrong = Assert.IsType<WrongVersionException>(error);
        Assert.Equal((20, 19), (wrong.Since, wrong.Agreed));
        Assert.Equal(["8101", "8103"], peer.Heard);
    }

    [Fact]
    public void AsksInOrder_WhenQuestionsAreSubscribedTogether()
    {
        var peer = new RawLocalPeer();
        using IDisposable acquired = peer.Ours.TxMonitor.Acquire().Subscribe(snapshot =>
        {
            snapshot.Sizes().Subscribe(sizes => _seen.Add($"{sizes.Count}"));
            snapshot.NextTransaction().Subscribe(tx => _seen.Add(tx is null ? "none" : "one"));
            snapshot.Measures().Subscribe(measures => _seen.Add($"{measures.Count} measured"));
        });
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(NodeToClient.TxMonitor, "820205");
        peer.Send(NodeToClient.TxMonitor, "820a83000001");
        peer.Send(NodeToClient.TxMonitor, "8106");
        peer.Send(NodeToClient.TxMonitor, "830c02a0");

        Assert.Equal(["8101", "8109", "8105", "810b"], peer.Heard);
        Assert.Equal(["1", "none", "2 measured"], _seen);
    }

    [Fact]
    public void FailsAsDisposed_WhenAskedAfterTheRelease()
    {
        var peer = new RawLocalPeer();
        MempoolSnapshot? snapshot = null;
        IDisposable acquired = peer.Ours.TxMonitor.Acquire().Subscribe(s => snapshot = s);
        peer.Wait(TimeSpan.FromSeconds(1));
        peer.Send(NodeToClient.TxMonitor, "820205");
        acquired.Dispose();

        Exception? error = null;
        using IDisposable ask = snapshot!.Sizes().Subscribe(_ => { }, e => error = e);
        peer.Wait(TimeSpan.FromSeconds(1));

        Assert.IsType<ObjectDisposedException>(error);
    }

    [Fact]
    public void FailsHolderAndQuestions_WhenTheConnectionEnds()
    {
        var peer = new RawLocalPeer();
        using IDisposable holder = peer.Ours.TxMonitor.Acquire().Subscribe(
            snapshot => snapshot.Sizes().Subscribe(_ => { }, e => _seen.Add($"question: {e.GetType().Name}")), e => _seen.Add($"holder: {e.GetType().Name}"));
        using IDisposable waiting = peer.Ours.TxMonitor.Acquire().Subscribe(_ => { }, e => _seen.Add($"waiting: {e.GetType().Name}"));
        peer.Wait(TimeSpan.FromSeconds(1));
        peer.Send(NodeToClient.TxMonitor, "820205");

        peer.Ours.Dispose();
        peer.Wait(TimeSpan.FromSeconds(1));

        Assert.Equal(["question: ConnectionClosedException", "holder: ConnectionClosedException", "waiting: ConnectionClosedException"], _seen);
    }

    [Fact]
    public void TellsWhatComesAndGoes_WhenTheMempoolChanges()
    {
        var pool = new Pool(new Subject<Unit>());
        pool.Set(5, Transactions.Of(1), Transactions.Of(2));
        var pair = new VirtualLocalPair(new LocalService { Mempool = pool });
        var seen = new List<MempoolDifference>();
        using IDisposable watch = pair.Client.TxMonitor.Watch().Subscribe(seen.Add);
        pair.Run(TimeSpan.FromSeconds(1));

        pool.Set(6, Transactions.Of(2), Transactions.Of(3));
        pair.Run(TimeSpan.FromSeconds(1));
        pool.Set(7, Transactions.Of(2), Transactions.Of(3));
        pair.Run(TimeSpan.FromSeconds(1));
        pool.Set(8);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(
            ["5: +1+2", "6: +3-1", "8: -2-3"],
            seen.Select(d => $"{d.Slot}: {string.Concat(d.Added.Select(t => $"+{NumberOf(t)}"))}{string.Concat(d.Removed.Select(t => $"-{NumberOf(t)}"))}"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(262_144)]
    public void ReadsAMempoolOfPeers_WhenClientMeetsNode(int chunk)
    {
        using var mempool = new InMemoryMempool();
        Assert.True(mempool.TryAdd(Transactions.Of(1)));
        var pair = new VirtualLocalPair(
            new LocalService { Mempool = MempoolMonitor.Of(mempool, 178_176, () => 77) }, bearer: new() { MaxChunk = chunk });
        var differences = new List<MempoolDifference>();
        MempoolSizes? sizes = null;
        bool? has = null;
        bool? hasNot = null;
        using IDisposable first = pair.Client.TxMonitor.Sizes().Subscribe(value => sizes = value);
        using IDisposable second = pair.Client.TxMonitor.Has(Transactions.Of(1).Id).Subscribe(value => has = value);
        using IDisposable third = pair.Client.TxMonitor.Has(Transactions.Of(2).Id).Subscribe(value => hasNot = value);
        using IDisposable watch = pair.Client.TxMonitor.Watch().Subscribe(differences.Add);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.True(mempool.TryAdd(Transactions.Of(2)));
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(new MempoolSizes(178_176, (uint)Transactions.Of(1).Bytes.Length, 1), sizes);
        Assert.Equal((true, false), (has, hasNot));
        Assert.Equal([1, 2], differences.Select(d => NumberOf(Assert.Single(d.Added))));
        Assert.Equal(77u, differences[0].Slot);
    }

    [Fact]
    public void AnswersTheSecondAcquireOnlyWhenSomethingDiffers_WhenAClientWaits()
    {
        var pool = new Pool(new Subject<Unit>());
        pool.Set(5);
        var peer = new RawLocalPeer(new LocalService { Mempool = pool });
        peer.Send(NodeToClient.TxMonitor, "81018101");
        peer.Wait(TimeSpan.FromDays(1));
        string[] before = [.. peer.Heard];

        pool.Set(6);
        peer.Wait(TimeSpan.FromSeconds(1));

        Assert.Equal(["820205"], before);
        Assert.Equal(["820205", "820206"], peer.Heard);
        Assert.Null(peer.Cause);
    }

    [Fact]
    public void RepeatsTheEndAndStartsAgain_WhenAClientReadsOnAndAcquiresAgain()
    {
        var pool = new Pool(new Subject<Unit>());
        pool.Set(5, Tx);
        var peer = new RawLocalPeer(new LocalService { Mempool = pool });

        peer.Send(NodeToClient.TxMonitor, "8101" + "8105" + "8105" + "8105" + "8103" + "8101" + "8105" + "8103" + "8100" + "8101");

        string next = $"82068206d8184e{TxHex}";
        Assert.Equal(["820205", next, "8106", "8106", "820205", next, "820205"], peer.Heard);
    }

    [Theory]
    [InlineData("8105")] // nothing is held
    [InlineData("8103")]
    [InlineData("8101" + "8100")] // release first
    [InlineData("820205")] // what a node says
    public void EndsTheConnection_WhenAClientSpeaksOutOfTurn(string hex)
    {
        var peer = new RawLocalPeer(new LocalService { Mempool = new Pool(new Subject<Unit>()) });

        peer.Send(NodeToClient.TxMonitor, hex);

        Assert.Equal(ProtocolViolation.UnexpectedMessage, Assert.IsType<ProtocolViolationException>(peer.Cause).Violation);
    }

    [Fact]
    public void LetsTheMempoolGo_WhenReleasedOrGone()
    {
        var pool = new Pool(new Subject<Unit>());
        var peer = new RawLocalPeer(new LocalService { Mempool = pool });
        peer.Send(NodeToClient.TxMonitor, "8101");
        bool held = pool.IsObserved;
        peer.Send(NodeToClient.TxMonitor, "8103");
        bool released = !pool.IsObserved;
        peer.Send(NodeToClient.TxMonitor, "8101");

        peer.Ours.Dispose();
        peer.Wait(TimeSpan.FromSeconds(1));

        Assert.Equal((true, true, false), (held, released, pool.IsObserved));
    }

    private static int NumberOf(Transaction transaction) =>
        Enumerable.Range(1, 9).Single(n => Transactions.Of(n).Bytes.Span.SequenceEqual(transaction.Bytes.Span));

    /// <summary>A mempool in the hands of the test.</summary>
    private sealed class Pool(Subject<Unit> changes) : IMempoolMonitor
    {
        private (ulong Slot, Transaction[] Transactions) _now;

        public IObservable<Unit> Changes => changes;

        public bool IsObserved => changes.HasObservers;

        public void Set(ulong slot, params Transaction[] transactions)
        {
            _now = (slot, transactions);
            changes.OnNext(Unit.Default);
        }

        public IMempoolView Take() => new View(this, _now.Slot, _now.Transactions);

        private sealed class View(Pool pool, ulong slot, Transaction[] transactions) : IMempoolView
        {
            private int _next;

            public ulong Slot => slot;

            public bool IsStale => pool._now.Slot != slot || pool._now.Transactions != transactions;

            public MempoolSizes Sizes => new(1000, 0, (uint)transactions.Length);

            public MempoolMeasures Measures => new((uint)transactions.Length, []);

            public bool Has(TransactionId id) => transactions.Any(transaction => transaction.Id == id);

            public Transaction? Next() => _next < transactions.Length ? transactions[_next++] : null;
        }
    }
}
