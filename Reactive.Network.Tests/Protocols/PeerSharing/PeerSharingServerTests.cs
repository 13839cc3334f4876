using System.Net;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.PeerSharing;
using Reactive.Network.Tests.Scenarios;
using ProtocolViolationException = Reactive.Network.Protocols.ProtocolViolationException;

namespace Reactive.Network.Tests.Protocols.PeerSharing;

/// <summary>The server against a peer that says what the test wants.</summary>
public class PeerSharingServerTests
{
    private readonly Source _source = new();
    private readonly RawPeer _peer;

    public PeerSharingServerTests() => _peer = new RawPeer(dials: true, o => o with { SharePeers = _source });

    [Fact]
    public void TellsWhatTheSourceSays_WhenAsked()
    {
        _source.Peers = [new IPEndPoint(IPAddress.Parse("192.0.2.1"), 3001), new IPEndPoint(IPAddress.Parse("2001:db8::1"), 3001)];

        Send("820008");

        Assert.Equal([8], _source.Asked);
        Assert.Equal(["82019f83001a010200c0190bb986011a20010db8000001190bb9ff"], _peer.Heard);
    }

    [Fact]
    public void TellsNothing_WhenSourceHasNothing()
    {
        Send("820008");

        Assert.Equal(["820180"], _peer.Heard);
    }

    [Theory]
    [InlineData("8200181e", 10)]
    [InlineData("8200 03", 3)]
    [InlineData("820000", 0)]
    public void TellsNoMoreThanAskedForAndNeverMoreThanTen_WhenSourceHasMore(string request, int expected)
    {
        _source.Peers = [.. Enumerable.Range(1, 40).Select(i => new IPEndPoint(IPAddress.Loopback, i))];

        Send(request.Replace(" ", "", StringComparison.Ordinal));

        Assert.Equal([expected], _source.Asked);
        Assert.Equal(expected, PeerSharingCodec.Read(Convert.FromHexString(Assert.Single(_peer.Heard))).Peers.Length);
    }

    [Fact]
    public void AnswersEachInOrder_WhenRequestsArePipelined()
    {
        _source.Peers = [.. Enumerable.Range(1, 4).Select(i => new IPEndPoint(IPAddress.Loopback, i))];

        Send("820001820002820003");

        Assert.Equal([1, 2, 3], _source.Asked);
        Assert.Equal([1, 2, 3], _peer.Heard.Select(hex => PeerSharingCodec.Read(Convert.FromHexString(hex)).Peers.Length));
    }

    [Fact]
    public void StartsAnew_WhenPeerSaidDone()
    {
        Send("8200018102820001");

        Assert.Equal(["820180", "820180"], _peer.Heard);
        Assert.False(_peer.IsClosed);
    }

    [Fact]
    public void EndsTheConnectionAsLocal_WhenSourceThrows()
    {
        _source.Failure = new InvalidOperationException("mine");

        Send("820001");

        HandlerException cause = Assert.IsType<HandlerException>(_peer.Cause);
        Assert.Equal((Fault.Local, "mine"), (cause.Fault, cause.InnerException?.Message));
    }

    [Theory]
    [InlineData("820180")]
    [InlineData("82019f83001a0100007f190bb9ff")]
    public void EndsTheConnection_WhenPeerSendsWhatOnlyAServerSends(string hex)
    {
        Send(hex);

        Assert.Equal(ProtocolViolation.UnexpectedMessage, Assert.IsType<ProtocolViolationException>(_peer.Cause).Violation);
        Assert.Empty(_source.Asked);
    }

    [Fact]
    public void IsUnknown_WhenItWasNotAgreedOn()
    {
        var peer = new RawPeer(dials: true, o => o with { SharePeers = _source }, peerSharing: false);

        peer.Send(NodeToNode.PeerSharing, SduSender.Initiator, "820001");

        MuxException cause = Assert.IsType<MuxException>(peer.Cause);
        Assert.Equal((MuxFailure.UnknownProtocol, NodeToNode.PeerSharing), (cause.Failure, cause.Protocol));
        Assert.Empty(_source.Asked);
    }

    private void Send(string hex)
    {
        _peer.Send(NodeToNode.PeerSharing, SduSender.Initiator, hex);
        _peer.Wait(TimeSpan.FromMilliseconds(1));
    }

    private sealed class Source : IPeerSource
    {
        public IReadOnlyList<IPEndPoint> Peers { get; set; } = [];

        public Exception? Failure { get; set; }

        public List<int> Asked { get; } = [];

        public IReadOnlyList<IPEndPoint> Share(int amount)
        {
            Asked.Add(amount);
            return Failure is null ? Peers : throw Failure;
        }
    }
}
