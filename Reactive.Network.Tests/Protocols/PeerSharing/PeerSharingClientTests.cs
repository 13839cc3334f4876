using System.Net;
using Reactive.Network.Cbor;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.PeerSharing;
using Reactive.Network.Tests.Scenarios;
using ProtocolViolationException = Reactive.Network.Protocols.ProtocolViolationException;

namespace Reactive.Network.Tests.Protocols.PeerSharing;

/// <summary>The client against a peer that says what the test wants.</summary>
public class PeerSharingClientTests
{
    private const string OnePeer = "82019f83001a0100007f190bb9ff";
    private const string TwoPeers = "82019f83001a010200c0190bb986011a20010db8000001190bb9ff";

    private readonly RawPeer _peer = new(dials: false, o => o with { SharePeers = IPeerSource.None });
    private readonly List<IReadOnlyList<IPEndPoint>> _answers = [];
    private readonly List<Exception> _errors = [];
    private int _completed;

    [Fact]
    public void TellsTheAddressesAndCompletes_WhenPeerAnswers()
    {
        using IDisposable request = Ask(8);

        Answer(TwoPeers);

        Assert.Equal(["820008"], _peer.Heard);
        Assert.Equal("192.0.2.1:3001 [2001:db8::1]:3001", string.Join(' ', Assert.Single(_answers)));
        Assert.Equal((1, 0), (_completed, _errors.Count));
    }

    [Fact]
    public void AsksAgain_WhenSubscribedFromInsideTheAnswer()
    {
        _peer.Ours.PeerSharing.Request(1).Subscribe(_ => Ask(2));
        _peer.Wait(TimeSpan.FromSeconds(1));

        Answer(OnePeer);

        Assert.Equal(["820001", "820002"], _peer.Heard);
        Assert.Empty(_errors);
    }

    [Fact]
    public void FailsTheSecondAsBusy_WhenOneRequestIsUnderWay()
    {
        using IDisposable first = Ask(8);

        Ask(8);

        Assert.Equal("peer-sharing", Assert.IsType<ProtocolBusyException>(Assert.Single(_errors)).Protocol);
        Assert.False(_peer.IsClosed);
    }

    [Fact]
    public void DrainsTheAnswerAndThenAsksForTheNext_WhenRequestWasDisposed()
    {
        Ask(8).Dispose();
        using IDisposable second = Ask(3);
        string[] before = [.. _peer.Heard];

        Answer(TwoPeers);
        Answer(OnePeer);

        Assert.Equal(["820008"], before);
        Assert.Equal(["820008", "820003"], _peer.Heard);
        Assert.Equal("127.0.0.1:3001", string.Join(' ', Assert.Single(_answers)));
    }

    [Fact]
    public void SaysNothing_WhenRequestWasDisposedBeforeItsTurn()
    {
        _peer.Ours.PeerSharing.Request(8).Subscribe().Dispose();

        _peer.Wait(TimeSpan.FromSeconds(1));

        Assert.Empty(_peer.Heard);
    }

    [Fact]
    public void EndsTheConnection_WhenPeerTellsMoreThanAskedFor()
    {
        Ask(1);

        Answer(TwoPeers);

        ProtocolViolationException cause = Assert.IsType<ProtocolViolationException>(_peer.Cause);
        Assert.Equal((ProtocolViolation.WrongContent, Fault.Remote), (cause.Violation, cause.Fault));
        Assert.Same(cause, Assert.Single(_errors));
        Assert.Empty(_answers);
    }

    [Fact]
    public void EndsTheConnectionAtItsTick_WhenPeerDoesNotAnswer()
    {
        _peer.Ours.PeerSharing.Request(8).Subscribe(_answers.Add, _errors.Add);
        long asked = _peer.Time.Clock + 1; // one turn of the lane, in which it is sent
        _peer.Time.AdvanceTo(asked + TimeSpan.FromSeconds(60).Ticks - 1);
        bool early = _peer.Ours.Completion.IsCompleted;

        _peer.Time.AdvanceBy(1);

        Assert.False(early);
        ProtocolViolationException cause = Assert.IsType<ProtocolViolationException>(_peer.Cause);
        Assert.Equal((ProtocolViolation.Timeout, "Busy", TimeSpan.FromSeconds(60)), (cause.Violation, cause.State, cause.TimeLimit));
    }

    [Fact]
    public void StaysOpen_WhenNobodyAsksForAnHour()
    {
        using IDisposable request = Ask(8);
        Answer("820180");

        _peer.Wait(TimeSpan.FromHours(1));

        Assert.False(_peer.IsClosed);
        Assert.Empty(Assert.Single(_answers));
    }

    [Fact]
    public void EndsTheConnection_WhenAnswerIsTooLong()
    {
        Ask(255);
        byte[] tooLong = [0x82, 1, 0x9f, .. Enumerable.Repeat(Convert.FromHexString("86011a20010db81a000000001a000000001a00000001190bb9"), 240).SelectMany(x => x), 0xff];

        _peer.Send(NodeToNode.PeerSharing, SduSender.Responder, tooLong);

        Assert.Equal(MuxFailure.IngressOverrun, Assert.IsType<MuxException>(_peer.Cause).Failure);
    }

    [Theory]
    [InlineData("820008")] // a request from the responder
    [InlineData("8102")]
    public void EndsTheConnection_WhenPeerSendsWhatOnlyAClientSends(string hex)
    {
        Ask(8);

        Answer(hex);

        Assert.Equal(ProtocolViolation.UnexpectedMessage, Assert.IsType<ProtocolViolationException>(_peer.Cause).Violation);
    }

    [Fact]
    public void EndsTheConnection_WhenPeerAnswersUnasked()
    {
        Answer(OnePeer);

        Assert.Equal(ProtocolViolation.UnexpectedMessage, Assert.IsType<ProtocolViolationException>(_peer.Cause).Violation);
    }

    [Fact]
    public void EndsTheConnection_WhenAnswerIsNoMessage()
    {
        Ask(8);

        Answer("820181820000");

        Assert.IsType<CodecException>(_peer.Cause);
        Assert.IsType<CodecException>(Assert.Single(_errors));
    }

    [Fact]
    public void SaysDone_WhenConnectionIsEndedInOrder()
    {
        using IDisposable request = Ask(8);
        Answer("820180");

        _ = _peer.Ours.DisposeAsync().AsTask();
        _peer.Wait(TimeSpan.FromMilliseconds(1));

        Assert.Equal(["820008", "8102"], _peer.Heard);
        Assert.Null(_peer.Cause);
    }

    [Fact]
    public void Fails_WhenConnectionEndsFirst()
    {
        Ask(8);

        _peer.Ours.Dispose();
        _peer.Wait(TimeSpan.FromMilliseconds(1));

        Assert.IsType<ConnectionClosedException>(Assert.Single(_errors));
        Ask(8);
        Assert.IsType<ConnectionClosedException>(_errors[1]);
    }

    [Fact]
    public void ReportsTheFaultAndStaysOpen_WhenObserverThrows()
    {
        _peer.Ours.PeerSharing.Request(8).Subscribe(_ => throw new InvalidOperationException("mine"));
        _peer.Wait(TimeSpan.FromMilliseconds(1));

        Answer("820180");

        Assert.Equal("mine", Assert.Single(_peer.Faults).Message);
        Assert.False(_peer.IsClosed);
        using IDisposable next = Ask(1);
        Assert.Equal("820001", _peer.Heard[^1]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public void Throws_WhenAmountIsOutOfRange(int amount)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _peer.Ours.PeerSharing.Request(amount));
    }

    private IDisposable Ask(int amount)
    {
        IDisposable request = _peer.Ours.PeerSharing.Request(amount).Subscribe(_answers.Add, _errors.Add, () => _completed++);
        _peer.Wait(TimeSpan.FromMilliseconds(1));
        return request;
    }

    private void Answer(string hex)
    {
        _peer.Send(NodeToNode.PeerSharing, SduSender.Responder, hex);
        _peer.Wait(TimeSpan.FromMilliseconds(1));
    }
}
