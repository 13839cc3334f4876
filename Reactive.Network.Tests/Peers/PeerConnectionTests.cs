using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Peers;

/// <summary>One connection as a whole: what is agreed on, which roles run, and how it ends.</summary>
public class PeerConnectionTests
{
    private const string OneWay = "8200a20e84182af500f40f84182af500f4";
    private const string TwoWay = "8200a20e84182af400f40f84182af400f4";

    private readonly List<Exception> _errors = [];

    [Theory]
    [InlineData(false, OneWay)]
    [InlineData(true, TwoWay)]
    public void ProposesInitiatorOnly_ExactlyWhereNothingIsServed(bool serves, string proposal)
    {
        Conversation talk = Conversation.Unopened(isOutbound: true, o => o with { Serve = serves ? VirtualPair.ChainOf(1) : null });

        talk.Run();

        Assert.Equal([proposal], talk.Peer.HexOf(NodeToNode.Handshake));
    }

    [Fact]
    public void ProposesVersion16_OnlyWhereAnOptionAsks()
    {
        Conversation talk = Conversation.Unopened(isOutbound: true, o => o with { OfferExperimentalVersion = true });

        talk.Run();

        Assert.Equal(["8200a30e84182af500f40f84182af500f41085182af500f4f4"], talk.Peer.HexOf(NodeToNode.Handshake));
    }

    [Theory]
    [InlineData(OneWay, "83010f84182af500f4", false)]
    [InlineData(TwoWay, "83010f84182af400f4", true)]
    [InlineData("8200a10e84182af401f4", "83010e84182af400f4", true)]
    public void AnswersWithWhatBothCan(string proposal, string answer, bool duplex)
    {
        Conversation talk = Conversation.Unopened(isOutbound: false, o => o with { Serve = VirtualPair.ChainOf(1) });

        Propose(talk, proposal);

        Assert.Equal([answer], talk.Peer.HexOf(NodeToNode.Handshake));
        Assert.Equal((duplex, false), (talk.Connection.Version!.Value.IsDuplex, talk.Connection.Version.Value.PeerSharing));
    }

    [Theory]
    [InlineData("8200a20e8402f400f40f8402f400f4", typeof(RefusalReason.Refused))]
    [InlineData("8200a10d84182af400f4", typeof(RefusalReason.VersionMismatch))]
    [InlineData("8200a10f83182af400", typeof(RefusalReason.HandshakeDecodeError))]
    public void RefusesAndCloses_WhenTheProposalDoesNotFit(string proposal, Type reason)
    {
        Conversation talk = Conversation.Unopened(isOutbound: false, o => o with { Serve = VirtualPair.ChainOf(1) });

        Propose(talk, proposal);
        talk.Peer.Close();
        talk.Run();

        HandshakeRefusedException cause = Assert.IsType<HandshakeRefusedException>(talk.Cause);
        Assert.IsType(reason, cause.Reason);
        Assert.True(cause.IsLocal);
        Assert.StartsWith("8202", Assert.Single(talk.Peer.HexOf(NodeToNode.Handshake)), StringComparison.Ordinal);
        Assert.NotNull(talk.Peer.ClosedAt);
    }

    [Fact]
    public void FailsEverySubscription_WhenRefused()
    {
        Conversation talk = Conversation.Unopened(isOutbound: true);
        talk.Connection.ChainSync.Follow(Point.Origin).Subscribe(_ => { }, _errors.Add);
        talk.Connection.Negotiated.Subscribe(_ => { }, _errors.Add);
        talk.Run();

        talk.Peer.Send(SduSender.Responder, NodeToNode.Handshake, Convert.FromHexString("82028200820e0f"));
        talk.Run();

        HandshakeRefusedException cause = Assert.IsType<HandshakeRefusedException>(talk.Cause);
        Assert.False(cause.IsLocal);
        Assert.Equal([cause, cause], _errors);
    }

    [Theory]
    [InlineData(true, "Confirm")]
    [InlineData(false, "Propose")]
    public void TimesOut_WhenTheHandshakeTakesMoreThan10Seconds(bool isOutbound, string state)
    {
        Conversation talk = Conversation.Unopened(isOutbound);

        NetworkException cause = talk.EndsAfter(TimeSpan.FromSeconds(10), since: 0);

        ProtocolViolationException timeout = Assert.IsType<ProtocolViolationException>(cause);
        Assert.Equal((ProtocolViolation.Timeout, "handshake", state, Fault.Remote), (timeout.Violation, timeout.Protocol, timeout.State, timeout.Fault));
        talk.LeaksNothing();
    }

    [Fact]
    public async Task ReturnsTheTable_WhenAskingForVersions()
    {
        Conversation talk = Conversation.Unopened(isOutbound: false, o => o with { Serve = VirtualPair.ChainOf(1) });
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(talk.Time);
        using PeerConnection server = PeerConnection.Accept(b, talk.Options);
        Task<VersionTable> answer = PeerConnection.QueryVersionsAsync(a, talk.Options with { Serve = null }, TestContext.Current.CancellationToken);

        talk.Run();

        Assert.Equal([14, 15], (await answer).Select(entry => entry.Version));
    }

    /// <summary>A peer that accepted a query left the caller waiting for ever, on a connection that pinged.</summary>
    [Fact]
    public async Task Fails_WhenAQueryIsAccepted()
    {
        Conversation talk = Conversation.Unopened(isOutbound: false);
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(talk.Time);
        var peer = new ScriptedPeer(b, talk.Time);
        peer.OnMessage = _ => peer.Send(SduSender.Responder, NodeToNode.Handshake, Wire.Accept(oneWay: true));
        Task<VersionTable> answer = PeerConnection.QueryVersionsAsync(a, talk.Options, TestContext.Current.CancellationToken);
        peer.Start();

        talk.Run();

        Assert.Equal("8200a20e84182af500f50f84182af500f5", peer.HexOf(NodeToNode.Handshake).Single());
        ProtocolViolationException error = await Assert.ThrowsAsync<ProtocolViolationException>(() => answer);
        Assert.Equal(ProtocolViolation.UnexpectedMessage, error.Violation);
    }

    [Fact]
    public void AnswersAQuery_AndWaits20SecondsForTheClientToClose()
    {
        Conversation talk = Conversation.Unopened(isOutbound: false, o => o with { Serve = VirtualPair.ChainOf(1) });
        Propose(talk, "8200a20e84182af400f50f84182af400f5");
        long since = talk.Peer.Messages.Single().At - 1;

        talk.Time.AdvanceTo(since + TimeSpan.FromSeconds(20).Ticks - 1);
        bool early = talk.Peer.ClosedAt is not null && talk.Peer.Cause is not null;
        talk.Time.AdvanceTo(since + TimeSpan.FromSeconds(20).Ticks + 10);

        Assert.Equal(["8203a20e84182af400f40f84182af400f4"], talk.Peer.HexOf(NodeToNode.Handshake));
        Assert.False(early, "closed before 20 s were over");
        Assert.NotNull(talk.Peer.ClosedAt);
        Assert.Null(talk.Cause);
    }

    [Fact]
    public void ClosesAnAcceptedConnection_WhenThePeerRunsNothingFor5Seconds()
    {
        Conversation talk = Conversation.WithClient(VirtualPair.ChainOf(1));
        long since = talk.Peer.Of(NodeToNode.Handshake).Single().At - 1;

        NetworkException cause = talk.EndsAfter(TimeSpan.FromSeconds(5), since);

        MuxException idle = Assert.IsType<MuxException>(cause);
        Assert.Equal((MuxFailure.IdleTimeout, Fault.Transport), (idle.Failure, idle.Fault));
    }

    [Fact]
    public void ClosesAnAcceptedConnection_5SecondsAfterTheLastResponderEnded()
    {
        Conversation talk = Conversation.WithClient(VirtualPair.ChainOf(1));
        talk.Peer.Send(SduSender.Initiator, NodeToNode.KeepAlive, Convert.FromHexString("820000"));
        talk.Run(TimeSpan.FromSeconds(60));
        bool whileRunning = talk.IsOpen;
        talk.Peer.Send(SduSender.Initiator, NodeToNode.KeepAlive, Convert.FromHexString("8102"));
        long since = talk.Time.Clock + 1;
        talk.Run();

        NetworkException cause = talk.EndsAfter(TimeSpan.FromSeconds(5), since);

        Assert.True(whileRunning);
        Assert.Equal(MuxFailure.IdleTimeout, Assert.IsType<MuxException>(cause).Failure);
    }

    /// <summary>A subscription before the handshake was forgotten by it: the connection was closed for being idle, in the middle of its use.</summary>
    [Fact]
    public void StaysOpen_WhenThisSideUsedItBeforeTheHandshake()
    {
        Conversation talk = Conversation.Unopened(isOutbound: false, o => o with { Serve = VirtualPair.ChainOf(1) });
        talk.Connection.ChainSync.Follow(Point.Origin).Subscribe(_ => { }, _errors.Add);
        Propose(talk, TwoWay);
        talk.AnswerPings();

        talk.Run(TimeSpan.FromSeconds(8));

        Assert.True(talk.IsOpen);
        Assert.Empty(_errors);
    }

    /// <summary>A client that cannot run kept the connection open for ever.</summary>
    [Fact]
    public void IsStillIdle_WhenThisSideAskedForARoleThatWasNotAgreedOn()
    {
        Conversation talk = Conversation.WithClient(VirtualPair.ChainOf(1), oneWay: true);
        talk.Connection.ChainSync.Follow(Point.Origin).Subscribe(_ => { }, _errors.Add);

        talk.Run(TimeSpan.FromSeconds(5.1));

        Assert.Equal(SduSender.Initiator, Assert.IsType<RoleNotAgreedException>(Assert.Single(_errors)).Half);
        Assert.Equal(MuxFailure.IdleTimeout, Assert.IsType<MuxException>(talk.Cause).Failure);
    }

    [Fact]
    public void CannotServe_WhenItSaidThatItRunsNoResponders()
    {
        Conversation talk = Conversation.WithServer();

        Assert.Throws<InvalidOperationException>(() => talk.Connection.Serve(VirtualPair.ChainOf(1)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EndsByAgreement_WhenDisposedInOrderOnEitherSide(bool client)
    {
        var pair = new VirtualPair(VirtualPair.ChainOf(20));
        pair.Client.ChainSync.Follow(Point.Origin).Subscribe(_ => { }, _errors.Add);
        pair.Run(TimeSpan.FromSeconds(1));

        ValueTask end = (client ? pair.Client : pair.Server).DisposeAsync();
        pair.Run(TimeSpan.FromSeconds(3));

        await end;
        Assert.True(pair.Client.Completion.IsCompleted);
        Assert.True(pair.Server.Completion.IsCompleted);
        Assert.Null(await (client ? pair.Client : pair.Server).Completion);
        Assert.Single(_errors);
    }

    [Fact]
    public async Task EndsOnceAndForAll_WhenDisposedAgainAndAgain()
    {
        var pair = new VirtualPair(VirtualPair.ChainOf(20));
        pair.Run(TimeSpan.FromSeconds(1));

        pair.Client.Dispose();
        pair.Client.Dispose();
        ValueTask end = pair.Client.DisposeAsync();
        pair.Run(TimeSpan.FromSeconds(1));

        await end;
        Assert.Null(await pair.Client.Completion);
    }

    [Fact]
    public void BothSidesFollowAndFetch_WhenTheConnectionIsDuplex()
    {
        var other = VirtualPair.ChainOf(60, seed: 2);
        var pair = new VirtualPair(VirtualPair.ChainOf(40), client: o => o with { Serve = other });
        (List<Point> Headers, List<Point> Blocks) ofServer = FollowAndFetch(pair.Client);
        (List<Point> Headers, List<Point> Blocks) ofClient = FollowAndFetch(pair.Server);

        pair.Run(TimeSpan.FromSeconds(30));

        Assert.True(pair.Client.Version!.Value.IsDuplex);
        Assert.Equal((40, 60), (ofServer.Headers.Count, ofClient.Headers.Count));
        Assert.Equal(ofServer.Headers, ofServer.Blocks);
        Assert.Equal(ofClient.Headers, ofClient.Blocks);
        Assert.False(pair.Client.Completion.IsCompleted);
    }

    [Fact]
    public void DrawsDifferently_ForPeersOfTheSameOptions()
    {
        var options = new NetworkOptions { Magic = NetworkMagic.Devnet, Seed = 3, Scheduler = new Microsoft.Reactive.Testing.TestScheduler() };

        string[] cookies = [.. new[] { "a", "b", "a" }.Select(name => FirstPing(options, name))];

        Assert.NotEqual(cookies[0], cookies[1]);
        Assert.Equal(cookies[0], cookies[2]);
    }

    private static string FirstPing(NetworkOptions options, string name)
    {
        var time = (Microsoft.Reactive.Testing.TestScheduler)options.Scheduler;
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time, new InMemoryBearerOptions { NameOfB = name });
        var peer = new ScriptedPeer(b, time);
        peer.OnMessage = heard =>
        {
            if (heard.Protocol == NodeToNode.Handshake)
            {
                peer.Send(SduSender.Responder, NodeToNode.Handshake, Wire.Accept(oneWay: true));
            }
        };
        using PeerConnection connection = PeerConnection.Connect(a, options);
        peer.Start();
        time.AdvanceBy(TimeSpan.TicksPerSecond);
        return peer.HexOf(NodeToNode.KeepAlive).Single();
    }

    private static (List<Point> Headers, List<Point> Blocks) FollowAndFetch(PeerConnection connection)
    {
        List<Point> headers = [];
        List<Point> blocks = [];
        connection.ChainSync.Follow(Point.Origin).Subscribe(e =>
        {
            if (e.Kind == ChainEventKind.RollForward)
            {
                headers.Add(e.Point);
                connection.BlockFetch.Fetch([BlockRequest.For(e.Header)]).Subscribe(block => blocks.Add(block.Point));
            }
        });
        return (headers, blocks);
    }

    private static void Propose(Conversation talk, string proposal)
    {
        talk.Peer.Send(SduSender.Initiator, NodeToNode.Handshake, Convert.FromHexString(proposal));
        talk.Run();
    }
}
