using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Tests.Protocols.ChainSync;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Protocols.KeepAlive;

/// <summary>The client against a server that the test plays.</summary>
public class KeepAliveClientTests
{
    private readonly List<TimeSpan> _roundTrips = [];
    private readonly List<Exception> _errors = [];
    private int _completed;

    [Fact]
    public void PingsAtOnce_AndTenSecondsAfterEachAnswer()
    {
        Conversation talk = Conversation.WithServer();
        talk.AnswerPings();

        talk.Run(TimeSpan.FromSeconds(95));

        long[] at = [.. talk.Peer.Of(NodeToNode.KeepAlive).Select(heard => heard.At)];
        Assert.Equal(10, at.Length);
        Assert.InRange(at[0], 1, 10);
        Assert.All(at.Zip(at.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, TimeSpan.TicksPerSecond * 10, (TimeSpan.TicksPerSecond * 10) + TimeSpan.TicksPerMillisecond));
    }

    [Fact]
    public void DrawsACookieForEachPing()
    {
        Conversation talk = Conversation.WithServer();
        talk.AnswerPings();

        talk.Run(TimeSpan.FromSeconds(300));

        Assert.True(talk.Peer.HexOf(NodeToNode.KeepAlive).Distinct().Count() > 25);
    }

    [Fact]
    public void MeasuresTheRoundTrip()
    {
        var path = new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(40) };
        var talk = Conversation.WithServer(path: path, wait: TimeSpan.FromSeconds(1));
        talk.Connection.KeepAlive.RoundTrips.Subscribe(_roundTrips.Add);
        talk.AnswerPings();

        talk.Run(TimeSpan.FromSeconds(25));

        // The first ping waited for the peer to answer at all; a turn of a strand costs a tick.
        Assert.All(_roundTrips.Skip(1), rtt => Assert.InRange((rtt - TimeSpan.FromMilliseconds(80)).Ticks, 0, 10));
        Assert.Equal(3, _roundTrips.Count);
        Assert.Equal(_roundTrips[^1], talk.Connection.KeepAlive.RoundTrip);
    }

    [Fact]
    public void EndsConnection_WhenCookieIsAnother()
    {
        Conversation talk = Conversation.WithServer();
        talk.Connection.KeepAlive.RoundTrips.Subscribe(_roundTrips.Add, _errors.Add);
        ushort cookie = KeepAliveCodec.Read(talk.Peer.Of(NodeToNode.KeepAlive).Single().Bytes).Cookie;

        talk.Peer.Send(SduSender.Responder, NodeToNode.KeepAlive, Wire.Of(KeepAliveMessage.Response((ushort)(cookie + 1))));
        talk.Run();

        ProtocolViolationException cause = Assert.IsType<ProtocolViolationException>(talk.Cause);
        Assert.Equal((ProtocolViolation.WrongContent, "keep-alive", "Server", Fault.Remote), (cause.Violation, cause.Protocol, cause.State, cause.Fault));
        Assert.Same(cause, Assert.Single(_errors));
        talk.LeaksNothing();
    }

    [Fact]
    public void EndsConnection_WhenServerAnswersTwice()
    {
        Conversation talk = Conversation.WithServer();
        talk.AnswerPings();
        byte[] answer = Wire.Of(KeepAliveMessage.Response(KeepAliveCodec.Read(talk.Peer.Of(NodeToNode.KeepAlive).Single().Bytes).Cookie));

        talk.Peer.Send(SduSender.Responder, NodeToNode.KeepAlive, answer);
        talk.Run();

        Assert.Equal("Client", Assert.IsType<ProtocolViolationException>(talk.Cause).State);
    }

    [Fact]
    public void TimesOut_WhenServerDoesNotAnswerIn60Seconds()
    {
        Conversation talk = Conversation.WithServer();
        talk.Connection.KeepAlive.RoundTrips.Subscribe(_roundTrips.Add, _errors.Add);

        NetworkException cause = talk.EndsAfter(TimeSpan.FromSeconds(60), talk.Peer.Of(NodeToNode.KeepAlive).Single().At - 1);

        ProtocolViolationException timeout = Assert.IsType<ProtocolViolationException>(cause);
        Assert.Equal((ProtocolViolation.Timeout, "Server", TimeSpan.FromSeconds(60)), (timeout.Violation, timeout.State, timeout.TimeLimit));
        talk.Run();
        Assert.Same(cause, Assert.Single(_errors));
    }

    [Fact]
    public async Task SaysDone_WhenConnectionIsDisposedInOrder()
    {
        Conversation talk = Conversation.WithServer();
        talk.AnswerPings();
        talk.Connection.KeepAlive.RoundTrips.Subscribe(_roundTrips.Add, _errors.Add, () => _completed++);
        talk.Run();

        ValueTask end = talk.Connection.DisposeAsync();
        talk.Run();

        await end;
        Assert.Equal("8102", talk.Peer.HexOf(NodeToNode.KeepAlive).Last());
        Assert.Equal((1, 0), (_completed, _errors.Count));
    }

    [Fact]
    public void GoesOnPinging_WhenAnObserverThrows()
    {
        Conversation talk = Conversation.WithServer();
        talk.AnswerPings();
        talk.Connection.KeepAlive.RoundTrips.Subscribe(_ => throw new InvalidOperationException("the user's"));

        talk.Run(TimeSpan.FromSeconds(35));

        Assert.Equal("the user's", Assert.Single(talk.Faults).Message);
        Assert.Equal(4, talk.Peer.Of(NodeToNode.KeepAlive).Count());
    }

    [Fact]
    public void SaysNothing_WhileAnAcceptedConnectionIsNotUsedByThisSide()
    {
        Conversation talk = Conversation.WithClient(VirtualPair.ChainOf(1), oneWay: false);
        ChainSyncServerTests.KeepPinging(talk);

        talk.Run(TimeSpan.FromSeconds(60));
        int before = talk.Peer.Messages.Count(heard => heard.Sender == SduSender.Initiator);
        talk.Connection.ChainSync.Follow(Point.Origin).Subscribe();
        talk.Run();

        Assert.Equal(0, before);
        Assert.Contains(talk.Peer.Messages, heard => heard.Sender == SduSender.Initiator && heard.Protocol == NodeToNode.KeepAlive);
    }
}
