using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.LocalTxSubmission;
using Reactive.Network.Tests.Scenarios;
using ProtocolViolationException = Reactive.Network.Protocols.ProtocolViolationException;

namespace Reactive.Network.Tests.Protocols.LocalTxSubmission;

/// <summary>Each half against bytes, and both against one another, in virtual time.</summary>
public class LocalTxSubmissionTests
{
    private const string SubmitHex = "82008206d8184e84a300d901028001800200a0f5f6";
    private static readonly Transaction Tx = new(Era.Conway, Convert.FromHexString("84a300d901028001800200a0f5f6"));
    private readonly List<string> _seen = [];

    [Fact]
    public void CompletesBehindOneElement_WhenTheNodeAccepts()
    {
        var peer = new RawLocalPeer();
        using IDisposable submission = Submit(peer.Ours);
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(NodeToClient.TxSubmission, "8101");

        Assert.Equal([SubmitHex], peer.Heard);
        Assert.Equal(["accepted", "done"], _seen);
    }

    [Fact]
    public void FailsWithTheReasonAndStaysOpen_WhenTheNodeRejects()
    {
        var peer = new RawLocalPeer();
        Exception? error = null;
        using IDisposable submission = peer.Ours.TxSubmission.Submit(Tx).Subscribe(_ => { }, e => error = e);
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(NodeToClient.TxSubmission, "82028182068183051a000de7561a00080fd6");

        var rejected = Assert.IsType<TransactionRejectedException>(error);
        Assert.Equal(Fault.Remote, rejected.Fault);
        Assert.Equal("Conway: ConwayTreasuryValueMismatch 911190 528342", rejected.Rejection.Text);
        Assert.Null(peer.Cause);
    }

    [Fact]
    public void SubmitsOneAfterTheOther_WhenSeveralAreSubscribed()
    {
        var peer = new RawLocalPeer();
        using IDisposable first = Submit(peer.Ours, "1 ");
        using IDisposable second = Submit(peer.Ours, "2 ");
        peer.Wait(TimeSpan.FromSeconds(1));
        int before = peer.Heard.Count;

        peer.Send(NodeToClient.TxSubmission, "8101");
        peer.Send(NodeToClient.TxSubmission, "82028100");

        Assert.Equal((1, 2), (before, peer.Heard.Count));
        Assert.Equal(["1 accepted", "1 done", "2 TransactionRejectedException"], _seen);
    }

    [Fact]
    public void IsNotSent_WhenDisposedBeforeItsTurn()
    {
        var peer = new RawLocalPeer();
        using IDisposable first = Submit(peer.Ours, "1 ");
        Submit(peer.Ours, "2 ").Dispose();
        using IDisposable third = Submit(peer.Ours, "3 ");
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(NodeToClient.TxSubmission, "8101");
        peer.Send(NodeToClient.TxSubmission, "8101");

        Assert.Equal(2, peer.Heard.Count);
        Assert.Equal(["1 accepted", "1 done", "3 accepted", "3 done"], _seen);
    }

    [Fact]
    public void DropsTheVerdict_WhenDisposedWhileItIsOut()
    {
        var peer = new RawLocalPeer();
        IDisposable first = Submit(peer.Ours);
        peer.Wait(TimeSpan.FromSeconds(1));
        first.Dispose();
        using IDisposable second = Submit(peer.Ours, "2 ");

        peer.Send(NodeToClient.TxSubmission, "82028100");
        peer.Send(NodeToClient.TxSubmission, "8101");

        Assert.Equal(["2 accepted", "2 done"], _seen);
    }

    [Fact]
    public void FailsAsBusy_WhenAHundredWait()
    {
        var peer = new RawLocalPeer();
        using IDisposable underWay = Submit(peer.Ours);
        peer.Wait(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 100; i++)
        {
            Submit(peer.Ours);
        }

        Submit(peer.Ours, "last ");

        Assert.Equal(["last ProtocolBusyException"], _seen);
    }

    [Fact]
    public void FailsWithTheCause_WhenTheNodeEndsTheStream()
    {
        var peer = new RawLocalPeer();
        using IDisposable first = Submit(peer.Ours, "1 ");
        using IDisposable second = Submit(peer.Ours, "2 ");
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Close();
        peer.Wait(TimeSpan.FromSeconds(2));

        Assert.Equal(["1 BearerException", "2 BearerException"], _seen);
    }

    [Fact]
    public void GoesOnWithTheNext_WhenAnObserverThrows()
    {
        var peer = new RawLocalPeer();
        using IDisposable first = peer.Ours.TxSubmission.Submit(Tx).Subscribe(_ => throw new InvalidOperationException("mine"));
        using IDisposable second = Submit(peer.Ours, "2 ");
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(NodeToClient.TxSubmission, "8101");
        peer.Send(NodeToClient.TxSubmission, "8101");

        Assert.Equal("mine", Assert.Single(peer.Faults).Message);
        Assert.Equal(["2 accepted", "2 done"], _seen);
    }

    [Theory]
    [InlineData("8101")] // no transaction was submitted
    [InlineData("8103")]
    public void EndsTheConnection_WhenTheNodeSpeaksOutOfTurn(string hex)
    {
        var peer = new RawLocalPeer();

        peer.Send(NodeToClient.TxSubmission, hex);

        Assert.Equal(ProtocolViolation.UnexpectedMessage, Assert.IsType<ProtocolViolationException>(peer.Cause).Violation);
    }

    [Fact]
    public void AnswersInOrderAndOneAtATime_WhenRequestsArePipelined()
    {
        var acceptor = new Acceptor();
        var peer = new RawLocalPeer(new LocalService { Transactions = acceptor });

        peer.Send(NodeToClient.TxSubmission, SubmitHex + SubmitHex);
        int first = acceptor.Asked.Count;
        acceptor.Asked[0].Verdict.OnNext(null);
        peer.Wait(TimeSpan.FromSeconds(1));
        acceptor.Asked[1].Verdict.OnNext(TransactionRejection.WrongEra(Era.Conway, Era.Babbage));
        peer.Wait(TimeSpan.FromSeconds(1));

        Assert.Equal(1, first);
        Assert.True(Tx.Bytes.Span.SequenceEqual(acceptor.Asked[0].Transaction.Bytes.Span));
        Assert.Equal(["8101", "820282820666436f6e77617982056742616262616765"], peer.Heard);
    }

    [Fact]
    public void WaitsAsLongAsItTakes_WhenTheMempoolIsFull()
    {
        var acceptor = new Acceptor();
        var peer = new RawLocalPeer(new LocalService { Transactions = acceptor });

        peer.Send(NodeToClient.TxSubmission, SubmitHex);
        peer.Wait(TimeSpan.FromDays(30));
        bool alive = peer.Cause is null && !peer.IsClosed;
        acceptor.Asked[0].Verdict.OnNext(null);
        peer.Wait(TimeSpan.FromSeconds(1));

        Assert.True(alive);
        Assert.Equal(["8101"], peer.Heard);
    }

    [Fact]
    public void EndsAsLocal_WhenTheAcceptorFailsOrSaysNothing()
    {
        var acceptor = new Acceptor();
        var failing = new RawLocalPeer(new LocalService { Transactions = acceptor });
        failing.Send(NodeToClient.TxSubmission, SubmitHex);
        acceptor.Asked[0].Verdict.OnError(new InvalidOperationException("mine"));
        failing.Wait(TimeSpan.FromSeconds(1));
        var silent = new RawLocalPeer(new LocalService { Transactions = acceptor });
        silent.Send(NodeToClient.TxSubmission, SubmitHex);
        acceptor.Asked[1].Verdict.OnCompleted();
        silent.Wait(TimeSpan.FromSeconds(1));

        Assert.Equal("mine", Assert.IsType<HandlerException>(failing.Cause).InnerException?.Message);
        Assert.Equal(Fault.Local, Assert.IsType<HandlerException>(silent.Cause).Fault);
    }

    [Fact]
    public void LetsTheAcceptorGo_WhenTheClientIsGone()
    {
        var acceptor = new Acceptor();
        var peer = new RawLocalPeer(new LocalService { Transactions = acceptor });
        peer.Send(NodeToClient.TxSubmission, SubmitHex);
        bool before = acceptor.Asked[0].Verdict.HasObservers;

        peer.Ours.Dispose();
        peer.Wait(TimeSpan.FromSeconds(1));

        Assert.Equal((true, false), (before, acceptor.Asked[0].Verdict.HasObservers));
    }

    [Fact]
    public void StartsAnew_WhenTheClientSaidDone()
    {
        var peer = new RawLocalPeer(new LocalService { Transactions = new Acceptor { AcceptsAll = true } });

        peer.Send(NodeToClient.TxSubmission, SubmitHex + "8103" + SubmitHex);
        peer.Wait(TimeSpan.FromSeconds(1));

        Assert.Equal(["8101", "8101"], peer.Heard);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(262_144)]
    public void IsAccepted_WhenClientMeetsNode(int chunk)
    {
        var pair = new VirtualLocalPair(new LocalService { Transactions = new Acceptor { AcceptsAll = true } }, bearer: new() { MaxChunk = chunk });
        using IDisposable submission = Submit(pair.Client);

        pair.Run(TimeSpan.FromSeconds(1));
        ValueTask disposed = pair.Client.DisposeAsync();
        pair.Run(TimeSpan.FromSeconds(3));

        Assert.Equal(["accepted", "done"], _seen);
        Assert.True(disposed.IsCompletedSuccessfully);
        Assert.Null(pair.NodeCause);
    }

    private IDisposable Submit(LocalConnection connection, string name = "") => connection.TxSubmission.Submit(Tx).Subscribe(
        _ => _seen.Add($"{name}accepted"), error => _seen.Add($"{name}{error.GetType().Name}"), () => _seen.Add($"{name}done"));

    private sealed class Acceptor : ITransactionAcceptor
    {
        public bool AcceptsAll { get; init; }

        public List<(Transaction Transaction, Subject<TransactionRejection?> Verdict)> Asked { get; } = [];

        public IObservable<TransactionRejection?> Submit(Transaction transaction)
        {
            var verdict = new Subject<TransactionRejection?>();
            Asked.Add((transaction, verdict));
            return AcceptsAll ? Observable.Return<TransactionRejection?>(null) : verdict;
        }
    }
}
