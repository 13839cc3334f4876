using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.TxSubmission;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Protocols.TxSubmission;

/// <summary>The client, which answers, against a peer that asks what the test wants.</summary>
public sealed class TxSubmissionClientTests : IDisposable
{
    private const string Init = "8106";
    private const string NoIds = "82019fff";
    private const string NoTxs = "82039fff";
    private const string Done = "8104";

    private readonly RawPeer _peer = new(dials: false);
    private readonly InMemoryMempool _mempool = new();
    private readonly List<TransactionId> _sent = [];
    private readonly List<Exception> _errors = [];

    public void Dispose() => _mempool.Dispose();

    [Fact]
    public void SaysNothing_WhenNobodyOffers()
    {
        _peer.Wait(TimeSpan.FromHours(1));

        Assert.Empty(_peer.Heard);
        Assert.False(_peer.IsClosed);
    }

    [Fact]
    public void HasTheExchangeOfTheSpecification_WhenTwoTransactionsAreOffered()
    {
        Transaction one = Add(1);
        Transaction two = Add(2);
        using IDisposable offer = Offer();

        Ask(true, 0, 3);
        AskTxs(one.Id, two.Id);
        Ask(false, 0, 3);
        Ask(true, 2, 3);

        Assert.Equal([Init, Ids(one, two), Txs(one, two), NoIds], _peer.Heard);
        Assert.Equal([one.Id, two.Id], _sent);
    }

    [Fact]
    public void AnswersInOrder_WhenRequestsArePipelined()
    {
        Transaction one = Add(1);
        using IDisposable offer = Offer();

        _peer.Send(NodeToNode.TxSubmission, SduSender.Responder, Request(true, 0, 1) + RequestTxs(one.Id) + Request(false, 0, 1) + Request(true, 1, 1));

        Assert.Equal([Init, Ids(one), Txs(one), NoIds], _peer.Heard);
    }

    [Fact]
    public void WaitsForTheFirstTransaction_WhenRequestBlocks()
    {
        using IDisposable offer = Offer();
        Ask(true, 0, 10);
        _peer.Wait(TimeSpan.FromHours(1));
        string[] before = [.. _peer.Heard];

        Transaction one = Add(1);
        _peer.Wait(TimeSpan.FromMilliseconds(1));

        Assert.Equal([Init], before);
        Assert.Equal([Init, Ids(one)], _peer.Heard);
    }

    [Fact]
    public void AnnouncesNoMoreThanAskedForAndEachOnce_WhenThereAreMore()
    {
        Transaction[] all = [.. Enumerable.Range(1, 12).Select(i => Add(i))];
        using IDisposable offer = Offer();

        Ask(true, 0, 3);
        Ask(false, 1, 8);

        Assert.Equal([Init, Ids(all[..3]), Ids(all[3..11])], _peer.Heard);
    }

    [Fact]
    public void LeavesOutWhatIsGone_WhenTransactionsAreAskedFor()
    {
        Transaction one = Add(1);
        Transaction two = Add(2);
        using IDisposable offer = Offer();
        Ask(true, 0, 2);

        _mempool.Remove(one.Id);
        AskTxs(two.Id, one.Id);
        _mempool.Remove(two.Id);
        AskTxs(two.Id);

        Assert.Equal([Init, Ids(one, two), Txs(two), NoTxs], _peer.Heard);
    }

    [Fact]
    public void SendsEachOnce_WhenOneIsAskedForTwiceInARequest()
    {
        Transaction one = Add(1);
        using IDisposable offer = Offer();
        Ask(true, 0, 2);

        AskTxs(one.Id, one.Id, one.Id);
        AskTxs(one.Id);

        Assert.Equal([Init, Ids(one), Txs(one), Txs(one)], _peer.Heard);
    }

    [Fact]
    public void DoesNotOffer_WhenTransactionIsLargerThanAnyPeerTakes()
    {
        Add(1, 65_541);
        Transaction two = Add(2, 65_540);
        using IDisposable offer = Offer();

        Ask(true, 0, 2);

        Assert.Equal([Init, Ids(two)], _peer.Heard);
    }

    /// <summary>After one blocking request for two ids, which are unacknowledged then: what breaks a rule.</summary>
    public static TheoryData<bool, int, int> Wrong => new()
    {
        { false, 3, 1 }, // acknowledges more than there are
        { true, 3, 1 },
        { false, 0, 9 }, // beyond the window
        { false, 1, 10 },
        { true, 2, 11 },
        { true, 0, 1 }, // blocks with ids outstanding
        { true, 1, 1 },
        { true, 2, 0 }, // blocks for nothing
        { false, 2, 1 }, // does not block, with nothing outstanding
        { false, 0, 0 }, // neither asks nor acknowledges
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void EndsTheConnection_WhenRequestForIdsBreaksARule(bool blocking, int acknowledged, int requested)
    {
        Add(1);
        Add(2);
        using IDisposable offer = Offer();
        Ask(true, 0, 2);

        Ask(blocking, acknowledged, requested);

        ShouldBeWrong(ProtocolViolation.WrongContent);
        Assert.Same(_peer.Cause, Assert.Single(_errors));
    }

    [Theory]
    [InlineData(false, 1, 0)] // a pure acknowledgement
    [InlineData(false, 0, 8)] // all of the window
    [InlineData(true, 2, 10)]
    public void Answers_WhenRequestForIdsIsJustLegal(bool blocking, int acknowledged, int requested)
    {
        Add(1);
        Add(2);
        using IDisposable offer = Offer();
        Ask(true, 0, 2);

        Ask(blocking, acknowledged, requested);

        Assert.False(_peer.IsClosed);
        Assert.Equal(blocking ? 2 : 3, _peer.Heard.Count);
    }

    [Fact]
    public void EndsTheConnection_WhenTransactionAskedForWasNotAnnounced()
    {
        Add(1);
        Transaction two = Add(2);
        using IDisposable offer = Offer();
        Ask(true, 0, 1);

        AskTxs(two.Id);

        ShouldBeWrong(ProtocolViolation.WrongContent);
    }

    [Fact]
    public void EndsTheConnection_WhenTransactionAskedForWasAcknowledged()
    {
        Transaction one = Add(1);
        Add(2);
        using IDisposable offer = Offer();
        Ask(true, 0, 2);
        Ask(false, 1, 0);

        AskTxs(one.Id);

        ShouldBeWrong(ProtocolViolation.WrongContent);
    }

    [Theory]
    [InlineData(Init)]
    [InlineData(NoIds)]
    [InlineData(NoTxs)]
    [InlineData(Done)]
    public void EndsTheConnection_WhenPeerSendsWhatOnlyAClientSends(string hex)
    {
        using IDisposable offer = Offer();

        _peer.Send(NodeToNode.TxSubmission, SduSender.Responder, hex);

        ShouldBeWrong(ProtocolViolation.UnexpectedMessage);
    }

    [Fact]
    public void EndsTheConnection_WhenPeerAsksBeforeInit()
    {
        Ask(true, 0, 1);

        ShouldBeWrong(ProtocolViolation.UnexpectedMessage);
    }

    [Fact]
    public void SaysDone_WhenDisposedWhilePeerWaits()
    {
        IDisposable offer = Offer();
        Ask(true, 0, 1);

        offer.Dispose();
        _peer.Wait(TimeSpan.FromMilliseconds(1));

        Assert.Equal([Init, Done], _peer.Heard);
        Assert.False(_peer.IsClosed);
    }

    [Fact]
    public void AnswersWithNothingUntilItMaySayDone_WhenDisposedBetween()
    {
        Transaction one = Add(1);
        IDisposable offer = Offer();
        Ask(true, 0, 1);

        offer.Dispose();
        Add(2);
        AskTxs(one.Id);
        Ask(false, 0, 5);
        Ask(true, 1, 5);

        Assert.Equal([Init, Ids(one), NoTxs, NoIds, Done], _peer.Heard);
        Assert.Empty(_sent);
    }

    [Fact]
    public void StartsAnew_WhenOfferedAgainAfterDone()
    {
        Transaction one = Add(1);
        IDisposable first = Offer();
        Ask(true, 0, 1);
        first.Dispose();
        using IDisposable second = Offer();

        Ask(true, 1, 1);
        Ask(true, 0, 1);

        Assert.Equal([Init, Ids(one), Done, Init, Ids(one)], _peer.Heard);
        Assert.Empty(_errors);
    }

    [Fact]
    public void FailsTheSecondAsBusy_WhenOneOfferLives()
    {
        using IDisposable first = Offer();

        Offer();

        Assert.IsType<ProtocolBusyException>(Assert.Single(_errors));
    }

    [Fact]
    public void ReportsTheFaultAndEndsTheOffer_WhenObserverThrows()
    {
        Transaction one = Add(1);
        using IDisposable offer = _peer.Ours.TxSubmission.Offer(_mempool).Subscribe(_ => throw new InvalidOperationException("mine"));
        _peer.Wait(TimeSpan.FromMilliseconds(1));

        Ask(true, 0, 1);
        AskTxs(one.Id);
        Ask(true, 1, 1);

        Assert.Equal("mine", Assert.Single(_peer.Faults).Message);
        Assert.Equal([Init, Ids(one), Txs(one), Done], _peer.Heard);
    }

    [Fact]
    public void EndsTheConnectionAsLocal_WhenMempoolAnnouncedAnotherSize()
    {
        var lying = new LyingMempool(Transactions.Of(1));
        using IDisposable offer = _peer.Ours.TxSubmission.Offer(lying).Subscribe(_ => { }, _errors.Add);
        _peer.Wait(TimeSpan.FromMilliseconds(1));
        Ask(true, 0, 1);

        AskTxs(lying.Only.Id);

        Assert.Equal(Fault.Local, Assert.IsType<HandlerException>(_peer.Cause).Fault);
        Assert.Same(_peer.Cause, Assert.Single(_errors));
    }

    [Fact]
    public void SaysDone_WhenConnectionIsEndedInOrderWhilePeerWaits()
    {
        using IDisposable offer = Offer();
        Ask(true, 0, 1);

        _ = _peer.Ours.DisposeAsync().AsTask();
        _peer.Wait(TimeSpan.FromMilliseconds(1));

        Assert.Equal([Init, Done], _peer.Heard);
        Assert.IsType<ConnectionClosedException>(Assert.Single(_errors));
    }

    private static string Request(bool blocking, int acknowledged, int requested) =>
        Hex(TxSubmissionMessage.RequestTxIds(blocking, (ushort)acknowledged, (ushort)requested));

    private static string RequestTxs(params TransactionId[] ids) => Hex(TxSubmissionMessage.RequestTxs(ids));

    private static string Ids(params Transaction[] all) => Hex(TxSubmissionMessage.ReplyTxIds(all.Select(Transactions.Announced).ToArray()));

    private static string Txs(params Transaction[] all) => Hex(TxSubmissionMessage.ReplyTxs(all));

    private static string Hex(TxSubmissionMessage message) => CodecCheck.EncodeHex(output => TxSubmissionCodec.Write(output, message));

    private Transaction Add(int number, int bytes = 100)
    {
        Transaction transaction = Transactions.Of(number, bytes);
        Assert.True(_mempool.TryAdd(transaction));
        return transaction;
    }

    private IDisposable Offer()
    {
        IDisposable offer = _peer.Ours.TxSubmission.Offer(_mempool).Subscribe(_sent.Add, _errors.Add);
        _peer.Wait(TimeSpan.FromMilliseconds(1));
        return offer;
    }

    private void Ask(bool blocking, int acknowledged, int requested) =>
        _peer.Send(NodeToNode.TxSubmission, SduSender.Responder, Request(blocking, acknowledged, requested));

    private void AskTxs(params TransactionId[] ids) => _peer.Send(NodeToNode.TxSubmission, SduSender.Responder, RequestTxs(ids));

    private void ShouldBeWrong(ProtocolViolation violation)
    {
        ProtocolViolationException cause = Assert.IsType<ProtocolViolationException>(_peer.Cause);
        Assert.Equal((violation, Fault.Remote), (cause.Violation, cause.Fault));
    }

    private sealed class LyingMempool(Transaction only) : IMempool, IMempoolCursor
    {
        private bool _told;

        public Transaction Only { get; } = only;

        public IObservable<System.Reactive.Unit> Changes => System.Reactive.Linq.Observable.Never<System.Reactive.Unit>();

        public IMempoolCursor Follow() => this;

        public Transaction? Find(TransactionId id) => Only;

        public bool TryNext(out TransactionAnnouncement next)
        {
            next = new TransactionAnnouncement(Only.Id, Only.WireSize + 1);
            return !_told && (_told = true);
        }

        public void Dispose()
        {
        }
    }
}
