using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Bearers;
using Reactive.Network.Tests.Protocols.TxSubmission;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Tx-submission from one connection to another, in virtual time.</summary>
public class TxSubmissionTests
{
    [Theory]
    [InlineData(1, 60)]
    [InlineData(7, 200)]
    [InlineData(262_144, 1_000)]
    public void BringsEveryTransactionOnceAndInOrder_WhenMempoolIsOffered(int chunk, int count)
    {
        var pair = new VirtualPair(bearer: new() { MaxChunk = chunk });
        using var mempool = new InMemoryMempool();
        Transaction[] all = Fill(mempool, count);
        var received = new List<Transaction>();
        var sent = new List<TransactionId>();
        using IDisposable receiving = pair.Server.TxSubmissionServer.Receive().Subscribe(received.Add);
        using IDisposable offer = pair.Client.TxSubmission.Offer(mempool).Subscribe(sent.Add);

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(all.Select(tx => tx.Id), received.Select(tx => tx.Id));
        Assert.Equal(all.Select(tx => tx.Id), sent);
        Assert.Empty(pair.Faults);
    }

    [Fact]
    public void BringsALaterTransaction_WhenConnectionWasIdleForAnHour()
    {
        var pair = new VirtualPair();
        using var mempool = new InMemoryMempool();
        var received = new List<Transaction>();
        using IDisposable receiving = pair.Server.TxSubmissionServer.Receive().Subscribe(received.Add);
        using IDisposable offer = pair.Client.TxSubmission.Offer(mempool).Subscribe();
        pair.Run(TimeSpan.FromHours(1));

        Transaction one = Transactions.Of(1);
        mempool.TryAdd(one);
        pair.Run(TimeSpan.FromMilliseconds(1));

        Assert.Equal(one.Id, Assert.Single(received).Id);
    }

    [Fact]
    public void StaysOpenAndBringsAllLater_WhenNobodyReceivesAtFirst()
    {
        var pair = new VirtualPair();
        using var mempool = new InMemoryMempool();
        Fill(mempool, 30);
        var received = new List<Transaction>();
        using IDisposable offer = pair.Client.TxSubmission.Offer(mempool).Subscribe();
        pair.Run(TimeSpan.FromHours(1));

        using IDisposable receiving = pair.Server.TxSubmissionServer.Receive().Subscribe(received.Add);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(30, received.Count);
    }

    [Fact]
    public void BringsBothWays_WhenConnectionIsDuplex()
    {
        var pair = new VirtualPair(client: o => o with { Serve = VirtualPair.ChainOf(1) });
        using var ours = new InMemoryMempool();
        using var theirs = new InMemoryMempool();
        Fill(ours, 25);
        Fill(theirs, 40, first: 1_000);
        var atServer = new List<Transaction>();
        var atClient = new List<Transaction>();
        using IDisposable one = pair.Server.TxSubmissionServer.Receive().Subscribe(atServer.Add);
        using IDisposable two = pair.Client.TxSubmissionServer.Receive().Subscribe(atClient.Add);
        using IDisposable three = pair.Client.TxSubmission.Offer(ours).Subscribe();
        using IDisposable four = pair.Server.TxSubmission.Offer(theirs).Subscribe();

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal((25, 40), (atServer.Count, atClient.Count));
    }

    [Fact]
    public void FailsAsNotAgreed_WhenConnectionIsOneWay()
    {
        var pair = new VirtualPair();
        using var mempool = new InMemoryMempool();
        var errors = new List<Exception>();
        using IDisposable receiving = pair.Client.TxSubmissionServer.Receive().Subscribe(_ => { }, errors.Add);
        using IDisposable offer = pair.Server.TxSubmission.Offer(mempool).Subscribe(_ => { }, errors.Add);

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(
            [SduSender.Initiator, SduSender.Responder],
            errors.Select(error => Assert.IsType<RoleNotAgreedException>(error).Half).Order());
        Assert.False(pair.Client.Completion.IsCompleted);
    }

    [Fact]
    public void HoldsNoMoreThanItsBudget_WhenConsumerIsSlow()
    {
        var pair = new VirtualPair(server: o => o with { TxSubmission = new() { MaxBytesInFlight = 2_000 } });
        using var mempool = new InMemoryMempool();
        Fill(mempool, 300);
        var observer = new CollectingPacedObserver<Transaction>();
        using IDisposable receiving = ((IPacedObservable<Transaction>)pair.Server.TxSubmissionServer.Receive()).Subscribe(observer);
        using IDisposable offer = pair.Client.TxSubmission.Offer(mempool).Subscribe();
        int most = 0;

        for (int turn = 0; turn < 1_000 && observer.Seen.Count - observer.Held < 300; turn++)
        {
            pair.Run(TimeSpan.FromMilliseconds(1));
            most = Math.Max(most, observer.Held);
            if (observer.Held > 0)
            {
                observer.ReturnOne();
            }
        }

        Assert.Equal(300, observer.Seen.Count);
        Assert.InRange(most, 10, 20);
    }

    [Fact]
    public void LosesAndRepeatsNothing_WhenStrandsRunInAnyOrder()
    {
        SeededScheduler.ForEachSeed(60, time =>
        {
            var random = new Random(time.Seed);
            var options = new NetworkOptions
            {
                Scheduler = time,
                Seed = time.Seed,
                Serve = new InMemoryChain(),
                TxSubmission = new() { MaxBytesInFlight = random.Next(100, 3_000) },
            };
            (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time, new() { MaxChunk = random.Next(1, 500), Latency = TimeSpan.FromTicks(random.Next(1_000)) });
            PeerConnection server = PeerConnection.Accept(b, options);
            PeerConnection client = PeerConnection.Connect(a, options);
            using var mempool = new InMemoryMempool();
            Transaction[] all = Fill(mempool, 40);
            var received = new List<TransactionId>();
            using IDisposable receiving = server.TxSubmissionServer.Receive().Subscribe(tx => received.Add(tx.Id));
            using IDisposable offer = client.TxSubmission.Offer(mempool).Subscribe();
            time.AdvanceBy(TimeSpan.FromMilliseconds(random.Next(3)));
            Transaction[] later = Fill(mempool, 40, first: 1_000);

            time.AdvanceBy(TimeSpan.FromSeconds(1));

            Assert.False(server.Completion.IsCompleted);
            Assert.Equal(all.Concat(later).Select(tx => tx.Id), received);
        });
    }

    [Fact]
    public void EndsTheConnectionAsLocalAtItsTick_WhenTheMempoolDoesNotAnswer()
    {
        var time = new SeededScheduler(1);
        PeerConnection? client = null;
        bool early = true;
        NetworkException? cause = null;
        using var inner = new InMemoryMempool();
        Fill(inner, 1);
        var slow = new SlowMempool(inner, () =>
        {
            // While the mempool is asked, everything else goes on.
            long asked = time.Clock;
            time.AdvanceTo(asked + TimeSpan.FromSeconds(10).Ticks - 1);
            early = client!.Completion.IsCompleted;
            time.AdvanceTo(asked + TimeSpan.FromSeconds(10).Ticks);
            cause = client.Completion.IsCompleted ? client.Completion.Result : null;
        });
        (IBearer ours, IBearer theirs) = InMemoryBearer.CreatePair(time);

        // A server that waits for ever: [1, 15, [42, false, 0, false]], then [0, true, 0, 1], then [2, [_ id]].
        theirs.Start(new RecordingSink(new object()));
        client = PeerConnection.Connect(ours, new NetworkOptions { Magic = NetworkMagic.Devnet, Scheduler = time });
        using IDisposable offer = client.TxSubmission.Offer(slow).Subscribe(_ => { }, _ => { });
        string request = $"82029f82065820{Transactions.Of(1).Id.Hash}ff";
        foreach (string sdu in (string[])["0000000080000009" + "83010f84182af400f4", "0000000080040005" + "8400f50001", "0000000080040028" + request])
        {
            time.AdvanceBy(TimeSpan.FromSeconds(1));
            theirs.TryWrite(Convert.FromHexString(sdu));
        }

        time.AdvanceBy(TimeSpan.FromSeconds(1));

        Assert.False(early);
        ProtocolViolationException violation = Assert.IsType<ProtocolViolationException>(cause);
        Assert.Equal((ProtocolViolation.Timeout, Fault.Local, "Txs"), (violation.Violation, violation.Fault, violation.State));
    }

    private static Transaction[] Fill(InMemoryMempool mempool, int count, int first = 1)
    {
        Transaction[] all = [.. Enumerable.Range(first, count).Select(i => Transactions.Of(i))];
        Assert.All(all, tx => Assert.True(mempool.TryAdd(tx)));
        return all;
    }

    private sealed class SlowMempool(InMemoryMempool inner, Action asked) : IMempool
    {
        public IObservable<System.Reactive.Unit> Changes => inner.Changes;

        public IMempoolCursor Follow() => inner.Follow();

        public Transaction? Find(TransactionId id)
        {
            asked();
            return inner.Find(id);
        }
    }
}
