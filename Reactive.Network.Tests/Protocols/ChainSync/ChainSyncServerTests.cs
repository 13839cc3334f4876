using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Protocols.ChainSync;

/// <summary>The server against a client that the test plays.</summary>
public class ChainSyncServerTests
{
    private static readonly Block[] Blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 8, BodyBytes = 400 }).Take(700)];
    private static readonly Block[] Fork =
        [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 9, BodyBytes = 400, Parent = Wire.TipAt(Blocks[5]) }).Take(20)];

    [Fact]
    public void RollsBackToOriginFirst_WhenNoIntersectionWasFound()
    {
        Conversation talk = Serving(3);

        talk.AskChainSync(ChainSyncMessage.RequestNext, ChainSyncMessage.RequestNext);

        Tip tip = Wire.TipAt(Blocks[2]);
        Assert.Equal([Hex(ChainSyncMessage.RollBackward(Point.Origin, tip)), Hex(Wire.Forward(Blocks[0], tip))], Answers(talk));
    }

    [Fact]
    public void FindsTheFirstPointOnTheChain_AndRollsBackToItFirst()
    {
        Conversation talk = Serving(10);
        Tip tip = Wire.TipAt(Blocks[9]);

        talk.AskChainSync(
            ChainSyncMessage.FindIntersect(new[] { Fork[3].Point, Blocks[4].Point, Blocks[7].Point }), ChainSyncMessage.RequestNext, ChainSyncMessage.RequestNext);

        Assert.Equal(
            [Hex(ChainSyncMessage.IntersectFound(Blocks[4].Point, tip)), Hex(ChainSyncMessage.RollBackward(Blocks[4].Point, tip)), Hex(Wire.Forward(Blocks[5], tip))],
            Answers(talk));
    }

    [Fact]
    public void LeavesThePointerWhereItWas_WhenThereIsNoIntersection()
    {
        Conversation talk = Serving(10);
        Tip tip = Wire.TipAt(Blocks[9]);

        talk.AskChainSync(
            ChainSyncMessage.FindIntersect(new[] { Blocks[4].Point }),
            ChainSyncMessage.RequestNext,
            ChainSyncMessage.FindIntersect(Array.Empty<Point>()),
            ChainSyncMessage.FindIntersect(new[] { Fork[0].Point }),
            ChainSyncMessage.RequestNext);

        Assert.Equal(
            [Hex(ChainSyncMessage.IntersectNotFound(tip)), Hex(ChainSyncMessage.IntersectNotFound(tip)), Hex(Wire.Forward(Blocks[5], tip))], Answers(talk)[2..]);
    }

    [Fact]
    public void AwaitsOnce_ThenAnswersWhenTheChainGrows()
    {
        InMemoryChain chain = ChainOf(2);
        Conversation talk = Conversation.WithClient(chain);
        talk.AskChainSync(ChainSyncMessage.FindIntersect(new[] { Blocks[1].Point }), ChainSyncMessage.RequestNext, ChainSyncMessage.RequestNext);
        List<string> waiting = Answers(talk);

        talk.Run(TimeSpan.FromSeconds(50));
        chain.Append(Blocks[2]);
        talk.Run();

        Assert.Equal(Hex(ChainSyncMessage.AwaitReply), waiting[^1]);
        Assert.Equal([.. waiting, Hex(Wire.Forward(Blocks[2], Wire.TipAt(Blocks[2])))], Answers(talk));
    }

    [Fact]
    public void RollsBackToTheForkPoint_WhenTheChainSwitches()
    {
        InMemoryChain chain = ChainOf(10);
        Conversation talk = Conversation.WithClient(chain);
        talk.AskChainSync(ChainSyncMessage.FindIntersect(new[] { Blocks[3].Point }));
        talk.AskChainSync([.. Enumerable.Repeat(ChainSyncMessage.RequestNext, 8)]);
        int before = Answers(talk).Count;

        chain.RollBack(Blocks[5].Point);
        foreach (Block block in Fork[..6])
        {
            chain.Append(block);
        }

        talk.Run();
        talk.AskChainSync(ChainSyncMessage.RequestNext);

        Tip tip = Wire.TipAt(Fork[5]);
        ChainSyncMessage rollBack = Read(Answers(talk)[before]);
        Assert.Equal((ChainSyncMessageKind.RollBackward, Blocks[5].Point), (rollBack.Kind, rollBack.Point));
        Assert.Equal(Hex(Wire.Forward(Fork[0], tip)), Answers(talk)[before + 1]);
    }

    [Fact]
    public void AnswersThreeHundredPipelinedRequests()
    {
        Conversation talk = Serving(700);

        talk.AskChainSync([.. Enumerable.Repeat(ChainSyncMessage.RequestNext, 300)]);

        Assert.Equal(300, Answers(talk).Count);
        Assert.Equal(Hex(Wire.Forward(Blocks[298], Wire.TipAt(Blocks[699]))), Answers(talk)[^1]);
    }

    [Fact]
    public void StartsANewInstanceAtOrigin_WhenTheClientSaysDone()
    {
        Conversation talk = Serving(10);
        talk.AskChainSync(ChainSyncMessage.FindIntersect(new[] { Blocks[3].Point }), ChainSyncMessage.RequestNext, ChainSyncMessage.Done);

        talk.AskChainSync(ChainSyncMessage.RequestNext);

        Assert.Equal(Point.Origin, Read(Answers(talk)[^1]).Point);
        Assert.True(talk.IsOpen);
    }

    [Fact]
    public void WaitsForTheClient_3373Seconds()
    {
        // A client of keep-alive keeps the connection alive meanwhile.
        Conversation talk = Serving(10);
        KeepPinging(talk);
        talk.AskChainSync(ChainSyncMessage.RequestNext);
        long since = talk.Peer.Of(NodeToNode.ChainSync).Last().At - 1;

        NetworkException cause = talk.EndsAfter(TimeSpan.FromSeconds(3373), since);

        AssertTimeout(cause, "Idle", Fault.Remote);
    }

    [Fact]
    public void HasNoTimeLimit_WhileItMustReply()
    {
        Conversation talk = Serving(0);
        KeepPinging(talk);
        talk.AskChainSync(ChainSyncMessage.RequestNext, ChainSyncMessage.RequestNext);

        talk.Run(TimeSpan.FromHours(3));

        Assert.True(talk.IsOpen);
    }

    [Fact]
    public void EndsWithLocalFault_WhenTheSourceIsSlowerThanTheLimit()
    {
        Conversation? talk = null;
        var source = new ScriptedSource { OnNext = () => talk!.Time.Sleep(TimeSpan.FromSeconds(10).Ticks + 1) };
        talk = Conversation.WithClient(source);

        talk.AskChainSync(ChainSyncMessage.RequestNext);

        AssertTimeout(talk.Cause!, "CanAwait", Fault.Local);
        Assert.Empty(Answers(talk));
    }

    [Fact]
    public void EndsWithLocalFault_WhenTheSourceThrows()
    {
        var source = new ScriptedSource { OnNext = () => throw new InvalidOperationException("disk") };
        Conversation talk = Conversation.WithClient(source);

        talk.AskChainSync(ChainSyncMessage.RequestNext);

        HandlerException cause = Assert.IsType<HandlerException>(talk.Cause);
        Assert.Equal(("chain-sync", Fault.Local, "disk"), (cause.Protocol, cause.Fault, cause.InnerException!.Message));
    }

    [Fact]
    public void DisposesItsCursorAndItsSubscription_WhenTheConnectionEnds()
    {
        var source = new ScriptedSource();
        Conversation talk = Conversation.WithClient(source);
        talk.AskChainSync(ChainSyncMessage.RequestNext);
        (int cursors, int observers) = (source.Cursors, source.Observers);

        talk.Peer.Abort();
        talk.Run();

        Assert.Equal((1, 1), (cursors, observers));
        Assert.Equal((0, 0), (source.Cursors, source.Observers));
    }

    /// <summary>Requests without a handler waited for ever, although the peer could not know why.</summary>
    [Fact]
    public void EndsWithLocalFault_WhenNoSourceIsAttachedFor10Seconds()
    {
        Conversation talk = Serving(10);
        talk.Connection.Serve(null);
        talk.Run();
        talk.AskChainSync(ChainSyncMessage.RequestNext);
        long since = talk.Time.Clock - TimeSpan.FromMicroseconds(100).Ticks;

        NetworkException cause = talk.EndsAfter(TimeSpan.FromSeconds(10), since);

        AssertTimeout(cause, "Idle", Fault.Local);
    }

    [Fact]
    public void AnswersWhatHasWaited_WhenASourceIsAttachedAgain()
    {
        Conversation talk = Serving(10);
        talk.AskChainSync(ChainSyncMessage.FindIntersect(new[] { Blocks[3].Point }), ChainSyncMessage.RequestNext);
        talk.Connection.Serve(null);
        talk.Run();
        talk.AskChainSync(ChainSyncMessage.RequestNext);
        int whileDetached = Answers(talk).Count;

        talk.Run(TimeSpan.FromSeconds(9));
        talk.Connection.Serve(ChainOf(20));
        talk.Run(TimeSpan.FromSeconds(3));

        // Its successor starts every client at origin.
        Assert.Equal(2, whileDetached);
        Assert.Equal(Hex(ChainSyncMessage.RollBackward(Point.Origin, Wire.TipAt(Blocks[19]))), Answers(talk)[2]);
        Assert.True(talk.IsOpen);
    }

    [Fact]
    public void GoesOnFromOrigin_WhenTheSourceIsExchangedWhileItMustReply()
    {
        Conversation talk = Serving(2);
        talk.AskChainSync(ChainSyncMessage.FindIntersect(new[] { Blocks[1].Point }), ChainSyncMessage.RequestNext, ChainSyncMessage.RequestNext);

        talk.Connection.Serve(ChainOf(20));
        talk.Run();

        Assert.Equal(Hex(ChainSyncMessage.RollBackward(Point.Origin, Wire.TipAt(Blocks[19]))), Answers(talk)[^1]);
    }

    [Theory]
    [InlineData("8101")]
    [InlineData("830380828000")]
    [InlineData("8206828000")]
    public void EndsConnection_WhenClientSendsServerMessage(string hex)
    {
        Conversation talk = Serving(10);

        talk.Peer.Send(SduSender.Initiator, NodeToNode.ChainSync, Convert.FromHexString(hex));
        talk.Run();

        ProtocolViolationException cause = Assert.IsType<ProtocolViolationException>(talk.Cause);
        Assert.Equal((ProtocolViolation.UnexpectedMessage, "Idle"), (cause.Violation, cause.State));
        talk.LeaksNothing();
    }

    internal static void KeepPinging(Conversation talk)
    {
        talk.Peer.OnMessage += heard =>
        {
            if (heard.Protocol == NodeToNode.KeepAlive)
            {
                talk.Time.ScheduleAbsolute(0, talk.Time.Clock + TimeSpan.FromSeconds(60).Ticks, (_, _) => Ping(talk));
            }
        };
        Ping(talk);
    }

    private static IDisposable Ping(Conversation talk)
    {
        talk.Peer.Send(SduSender.Initiator, NodeToNode.KeepAlive, Convert.FromHexString("820001"));
        return System.Reactive.Disposables.Disposable.Empty;
    }

    private static InMemoryChain ChainOf(int blocks)
    {
        var chain = new InMemoryChain();
        foreach (Block block in Blocks[..blocks])
        {
            chain.Append(block);
        }

        return chain;
    }

    private static Conversation Serving(int blocks) => Conversation.WithClient(ChainOf(blocks));

    private static List<string> Answers(Conversation talk) => [.. talk.Peer.HexOf(NodeToNode.ChainSync)];

    private static string Hex(ChainSyncMessage message) => Convert.ToHexStringLower(Wire.Of(message));

    private static ChainSyncMessage Read(string hex) => ChainSyncCodec.Read(Convert.FromHexString(hex));

    private static void AssertTimeout(NetworkException cause, string state, Fault fault)
    {
        ProtocolViolationException timeout = Assert.IsType<ProtocolViolationException>(cause);
        Assert.Equal((ProtocolViolation.Timeout, "chain-sync", state, fault), (timeout.Violation, timeout.Protocol, timeout.State, timeout.Fault));
    }
}
