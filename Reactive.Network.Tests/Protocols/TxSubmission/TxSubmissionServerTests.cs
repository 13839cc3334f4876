using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Pacing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.TxSubmission;
using Reactive.Network.Tests.Scenarios;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols.TxSubmission;

/// <summary>The server, which asks, against a peer that answers what the test wants.</summary>
public class TxSubmissionServerTests
{
    private const string Init = "8106";
    private const string Done = "8104";

    private readonly RawPeer _peer = new(dials: true, o => o with { TxSubmission = new TxSubmissionOptions { MaxBytesInFlight = 1_000 } });
    private readonly List<Transaction> _received = [];
    private readonly List<Exception> _errors = [];
    private int _completed;

    [Fact]
    public void AsksForNothing_WhenNobodyReceives()
    {
        Say(Init);

        Assert.Empty(_peer.Heard);
        Assert.False(_peer.IsClosed);
    }

    [Theory]
    [InlineData(Init)]
    [InlineData("82019fff")]
    [InlineData("82039fff")]
    [InlineData(Done)]
    [InlineData("8400f50003")]
    public void EndsTheConnection_WhenPeerSaysWhatNobodyAskedFor(string hex)
    {
        Say(Init);

        Say(hex);

        ShouldBeWrong(ProtocolViolation.UnexpectedMessage);
    }

    [Fact]
    public void AsksForNothing_WhenPeerHasNotSaidInit()
    {
        using IDisposable receiving = Receive();

        Assert.Empty(_peer.Heard);
    }

    [Fact]
    public void HasTheExchangeOfTheSpecification_WhenPeerOffersTwo()
    {
        Transaction[] two = [Transactions.Of(1), Transactions.Of(2)];
        using IDisposable receiving = Receive();

        Say(Init);
        Say(Ids(two));
        Say(Txs(two));
        Say(Ids());

        Assert.Equal([Request(true, 0, 10), RequestTxs(two), Request(false, 0, 8), Request(true, 2, 10)], _peer.Heard);
        Assert.Equal(two.Select(tx => tx.Id), _received.Select(tx => tx.Id));
    }

    [Fact]
    public void AcknowledgesWithoutAsking_WhenTransactionIsNotWanted()
    {
        Transaction[] three = [Transactions.Of(1), Transactions.Of(2), Transactions.Of(3)];
        using IDisposable receiving = Receive(announced => announced.Id == three[1].Id);
        Say(Init);

        Say(Ids(three));
        Say(Txs(three[1]));
        Say(Ids());

        // The first stands before what is under way, the third behind it.
        Assert.Equal([Request(true, 0, 10), RequestTxs(three[1]), Request(false, 1, 8), Request(true, 2, 10)], _peer.Heard);
        Assert.Equal(three[1].Id, Assert.Single(_received).Id);
    }

    [Fact]
    public void AcknowledgesAtOnce_WhenNothingIsWantedOrAnythingIsTooLarge()
    {
        using IDisposable receiving = Receive(announced => announced.Id.Hash != Transactions.Of(1).Id.Hash);
        Say(Init);

        Say(Hex(TxSubmissionMessage.ReplyTxIds(new[]
        {
            Transactions.Of(1).Announced(),
            Transactions.Of(2).Announced() with { Size = 65_541 },
            new TransactionAnnouncement(new TransactionId(Era.Byron, Transactions.Of(3).Id.Hash) { ByronKind = 2 }, 100),
        })));

        Assert.Equal([Request(true, 0, 10), Request(true, 3, 10)], _peer.Heard);
    }

    [Fact]
    public void AsksForAnIdOnce_WhenItIsAnnouncedTwice()
    {
        Transaction one = Transactions.Of(1);
        using IDisposable receiving = Receive();
        Say(Init);

        Say(Ids(one, one));

        Assert.Equal(RequestTxs(one), _peer.Heard[1]);
    }

    [Fact]
    public void AcknowledgesThem_WhenTransactionsAreMissingFromTheAnswer()
    {
        Transaction[] two = [Transactions.Of(1), Transactions.Of(2)];
        using IDisposable receiving = Receive();
        Say(Init);
        Say(Ids(two));

        Say(Txs(two[1]));
        Say(Ids());

        Assert.Equal(Request(true, 2, 10), _peer.Heard[^1]);
        Assert.Equal(two[1].Id, Assert.Single(_received).Id);
    }

    [Fact]
    public void AsksNoFurtherThanItsBudget_WhenCreditsAreOut()
    {
        Transaction[] four = [.. Enumerable.Range(1, 4).Select(i => Transactions.Of(i, 400))];
        var observer = new CollectingPacedObserver<Transaction>();
        using IDisposable receiving = ((IPacedObservable<Transaction>)_peer.Ours.TxSubmissionServer.Receive()).Subscribe(observer);
        _peer.Wait(TimeSpan.FromMilliseconds(1));
        Say(Init);
        Say(Ids(four));
        Say(Txs(four[..2]));
        Say(Ids());
        _peer.Wait(TimeSpan.FromMinutes(1));
        string[] whileFull = [.. _peer.Heard];

        observer.ReturnOne();
        _peer.Wait(TimeSpan.FromMilliseconds(1));

        Assert.Equal([Request(true, 0, 10), RequestTxs(four[..2]), Request(false, 0, 6)], whileFull);
        Assert.Equal([RequestTxs(four[2]), Request(false, 2, 8)], _peer.Heard[whileFull.Length..]);
    }

    [Fact]
    public void AsksForOne_WhenItIsLargerThanTheBudget()
    {
        Transaction[] two = [Transactions.Of(1, 5_000), Transactions.Of(2)];
        using IDisposable receiving = Receive();
        Say(Init);

        Say(Ids(two));
        Say(Txs(two[0]));

        Assert.Equal([Request(true, 0, 10), RequestTxs(two[0]), RequestTxs(two[1]), Request(false, 1, 9)], _peer.Heard);
    }

    [Fact]
    public void EndsTheConnection_WhenMoreIdsComeThanWereAskedFor()
    {
        using IDisposable receiving = Receive();
        Say(Init);

        Say(Ids([.. Enumerable.Range(1, 11).Select(i => Transactions.Of(i))]));

        ShouldBeWrong(ProtocolViolation.WrongContent);
        Assert.Same(_peer.Cause, Assert.Single(_errors));
    }

    [Fact]
    public void EndsTheConnection_WhenABlockingRequestIsAnsweredWithNothing()
    {
        using IDisposable receiving = Receive();
        Say(Init);

        Say(Ids());

        ShouldBeWrong(ProtocolViolation.WrongContent);
    }

    [Fact]
    public void EndsTheConnection_WhenTransactionWasNotAskedFor()
    {
        using IDisposable receiving = Receive();
        Say(Init);
        Say(Ids(Transactions.Of(1)));

        Say(Txs(Transactions.Of(2)));

        ShouldBeWrong(ProtocolViolation.WrongContent);
        Assert.Empty(_received);
    }

    [Fact]
    public void EndsTheConnection_WhenTransactionIsOfAnotherEraThanItsId()
    {
        using IDisposable receiving = Receive();
        Say(Init);
        Say(Ids(Transactions.Of(1)));

        Say(Txs(Transactions.Of(1, era: Era.Babbage)));

        ShouldBeWrong(ProtocolViolation.WrongContent);
    }

    [Fact]
    public void EndsTheConnection_WhenTransactionComesTwice()
    {
        using IDisposable receiving = Receive();
        Say(Init);
        Say(Ids(Transactions.Of(1)));

        Say(Txs(Transactions.Of(1), Transactions.Of(1)));

        ShouldBeWrong(ProtocolViolation.WrongContent);
        Assert.Empty(_received);
    }

    [Fact]
    public void EndsTheConnection_WhenTransactionHasNoBody()
    {
        using IDisposable receiving = Receive();
        Say(Init);
        Say(Ids(Transactions.Of(1)));

        Say(Txs(new Transaction(Era.Conway, new byte[] { 0x80 })));

        ShouldBeWrong(ProtocolViolation.WrongContent);
    }

    [Theory]
    [InlineData(32, true)]
    [InlineData(-32, true)]
    [InlineData(33, false)]
    [InlineData(-33, false)]
    public void ToleratesThirtyTwoBytes_WhenTransactionHasAnotherSizeThanAnnounced(int more, bool isTolerated)
    {
        Transaction one = Transactions.Of(1);
        using IDisposable receiving = Receive();
        Say(Init);
        Say(Hex(TxSubmissionMessage.ReplyTxIds(new[] { one.Announced() with { Size = one.WireSize + more } })));

        Say(Txs(one));

        Assert.Equal(isTolerated, !_peer.Ours.Completion.IsCompleted);
        Assert.Equal(isTolerated ? 1 : 0, _received.Count);
    }

    [Theory]
    [InlineData("8182019fff")] // not a message
    [InlineData("820180")] // a definite list
    [InlineData("83019fff00")]
    public void EndsTheConnection_WhenAnswerIsNoMessage(string hex)
    {
        using IDisposable receiving = Receive();
        Say(Init);

        Say(hex);

        Assert.IsType<Reactive.Network.Cbor.CodecException>(_peer.Cause);
    }

    [Fact]
    public void EndsTheConnectionAtItsTick_WhenTransactionsDoNotCome()
    {
        using IDisposable receiving = Receive();
        Say(Init);
        _peer.Send(NodeToNode.TxSubmission, SduSender.Initiator, Ids(Transactions.Of(1)));

        ShouldTimeOutAfterTenSeconds("Txs");
    }

    [Fact]
    public void EndsTheConnectionAtItsTick_WhenIdsDoNotComeThatNeedNotBeWaitedFor()
    {
        using IDisposable receiving = Receive();
        Say(Init);
        Say(Ids(Transactions.Of(1)));
        _peer.Wait(TimeSpan.FromSeconds(5));
        _peer.Send(NodeToNode.TxSubmission, SduSender.Initiator, Txs(Transactions.Of(1)));

        // Sent five seconds ago with the request before it, but its time starts with the answer to that one.
        ShouldTimeOutAfterTenSeconds("TxIdsNonBlocking");
    }

    [Fact]
    public void WaitsForEver_WhenRequestBlocks()
    {
        using IDisposable receiving = Receive();
        Say(Init);

        for (int minute = 0; minute < 600; minute++)
        {
            _peer.Wait(TimeSpan.FromMinutes(1));
            _peer.Send(NodeToNode.KeepAlive, SduSender.Initiator, "820007");
        }

        Assert.False(_peer.IsClosed);
    }

    [Fact]
    public void DeliversAndThenFails_WhenPeerClosesBehindItsAnswer()
    {
        Transaction one = Transactions.Of(1);
        using IDisposable receiving = Receive();
        Say(Init);
        Say(Ids(one));

        _peer.SendAndClose(NodeToNode.TxSubmission, SduSender.Initiator, Txs(one));

        Assert.Equal(one.Id, Assert.Single(_received).Id);
        Assert.IsType<Reactive.Network.Bearers.BearerException>(Assert.Single(_errors));
    }

    [Fact]
    public void CompletesAndStartsAnew_WhenPeerIsDone()
    {
        Transaction one = Transactions.Of(1);
        using IDisposable first = Receive();
        Say(Init);
        Say(Done);
        using IDisposable second = Receive();

        Say(Init);
        Say(Ids(one));
        Say(Txs(one));

        Assert.Equal(1, _completed);
        Assert.Equal([Request(true, 0, 10), Request(true, 0, 10), RequestTxs(one), Request(false, 0, 9)], _peer.Heard);
        Assert.Single(_received);
    }

    [Fact]
    public void DiscardsWhatWasAskedForAndAsksNoMore_WhenDisposed()
    {
        Transaction one = Transactions.Of(1);
        IDisposable receiving = Receive();
        Say(Init);
        Say(Ids(one));

        receiving.Dispose();
        Say(Txs(one));
        Say(Ids(Transactions.Of(2)));

        Assert.Empty(_received);
        Assert.Equal(3, _peer.Heard.Count);
        Assert.False(_peer.IsClosed);
    }

    [Fact]
    public void TakesUpWhatWasAnnounced_WhenReceivedAgain()
    {
        Receive().Dispose();
        Transaction one = Transactions.Of(1);
        IDisposable first = Receive();
        Say(Init);
        first.Dispose();
        Say(Ids(one));

        using IDisposable second = Receive();

        Assert.Equal([Request(true, 0, 10), RequestTxs(one), Request(false, 0, 9)], _peer.Heard);
    }

    [Fact]
    public void FailsTheSecondAsBusy_WhenOneReceives()
    {
        using IDisposable first = Receive();

        Receive();

        Assert.IsType<ProtocolBusyException>(Assert.Single(_errors));
    }

    [Fact]
    public void FailsTheSubscriptionAndStaysOpen_WhenThePredicateThrows()
    {
        using IDisposable receiving = Receive(_ => throw new InvalidOperationException("mine"));
        Say(Init);

        Say(Ids(Transactions.Of(1)));

        Assert.Equal("mine", Assert.Single(_errors).Message);
        Assert.False(_peer.IsClosed);
        Assert.Single(_peer.Heard);
    }

    [Fact]
    public void ReportsTheFaultAndStaysOpen_WhenObserverThrows()
    {
        using IDisposable receiving = _peer.Ours.TxSubmissionServer.Receive().Subscribe(_ => throw new InvalidOperationException("mine"));
        _peer.Wait(TimeSpan.FromMilliseconds(1));
        Say(Init);
        Say(Ids(Transactions.Of(1)));

        Say(Txs(Transactions.Of(1)));

        Assert.Equal("mine", Assert.Single(_peer.Faults).Message);
        Assert.False(_peer.IsClosed);
    }

    private static string Request(bool blocking, int acknowledged, int requested) =>
        Hex(TxSubmissionMessage.RequestTxIds(blocking, (ushort)acknowledged, (ushort)requested));

    private static string RequestTxs(params Transaction[] all) => Hex(TxSubmissionMessage.RequestTxs(all.Select(tx => tx.Id).ToArray()));

    private static string Ids(params Transaction[] all) => Hex(TxSubmissionMessage.ReplyTxIds(all.Select(Transactions.Announced).ToArray()));

    private static string Txs(params Transaction[] all) => Hex(TxSubmissionMessage.ReplyTxs(all));

    private static string Hex(TxSubmissionMessage message) => CodecCheck.EncodeHex(output => TxSubmissionCodec.Write(output, message));

    private IDisposable Receive(Func<TransactionAnnouncement, bool>? wanted = null)
    {
        IDisposable receiving = _peer.Ours.TxSubmissionServer.Receive(wanted).Subscribe(_received.Add, _errors.Add, () => _completed++);
        _peer.Wait(TimeSpan.FromMilliseconds(1));
        return receiving;
    }

    private void Say(string hex) => _peer.Send(NodeToNode.TxSubmission, SduSender.Initiator, hex);

    private void ShouldTimeOutAfterTenSeconds(string state)
    {
        // What started the wait came at most the 100 ticks ago that Send gives our side.
        _peer.Time.AdvanceBy(TimeSpan.FromSeconds(10).Ticks - 101);
        bool early = _peer.Ours.Completion.IsCompleted;

        _peer.Time.AdvanceBy(101);

        Assert.False(early);
        ProtocolViolationException cause = Assert.IsType<ProtocolViolationException>(_peer.Cause);
        Assert.Equal((ProtocolViolation.Timeout, state, TimeSpan.FromSeconds(10)), (cause.Violation, cause.State, cause.TimeLimit));
    }

    private void ShouldBeWrong(ProtocolViolation violation)
    {
        ProtocolViolationException cause = Assert.IsType<ProtocolViolationException>(_peer.Cause);
        Assert.Equal((violation, Fault.Remote), (cause.Violation, cause.Fault));
    }
}
