using System.Reactive.Linq;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols.ChainSync;

/// <summary>The client against a server that the test plays: what it asks, and when.</summary>
public class ChainSyncClientTests
{
    private const string RequestNext = "8100";
    private const string Done = "8107";

    private static readonly Block[] Chain = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 3, BodyBytes = 400 }).Take(1000)];
    private static readonly Tip End = Wire.TipAt(Chain[^1]);

    private readonly List<ChainSyncEvent> _events = [];
    private readonly List<Exception> _errors = [];
    private int _completed;

    [Fact]
    public void AsksNothing_WhenNobodySubscribes()
    {
        Conversation talk = Conversation.WithServer();
        talk.AnswerPings();

        talk.Run(TimeSpan.FromHours(2));

        Assert.Empty(talk.Peer.Of(NodeToNode.ChainSync));
        Assert.True(talk.IsOpen);
    }

    [Fact]
    public void DeliversIntersectionOnce_WhenConfirmed()
    {
        Conversation talk = Following(Chain[4].Point);

        talk.SayChainSync(ChainSyncMessage.IntersectFound(Chain[4].Point, End));
        talk.SayChainSync(ChainSyncMessage.RollBackward(Chain[4].Point, End));
        talk.SayChainSync(Wire.Forward(Chain[5], End));

        Assert.Equal([ChainEventKind.Intersected, ChainEventKind.RollForward], _events.Select(e => e.Kind));
        Assert.Equal([Chain[4].Point, Chain[5].Point], _events.Select(e => e.Point));
    }

    /// <summary>Hashes are computed side by side and stand behind the messages: also behind one that spans SDUs, or is alone.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void DeliversEachHeaderWithItsHash(bool hashHeaders)
    {
        Conversation talk = Conversation.WithServer(options: o => o with { ChainSync = new ChainSyncOptions { HashHeaders = hashHeaders } });
        Subscribe(talk, Chain[4].Point);
        talk.Run();
        Begin(talk, 4);

        talk.SayChainSync([.. Chain[6..100].Select(static block => Wire.Forward(block, End))]);
        talk.SayChainSync(Wire.Forward(Chain[100], End));
        ChainSyncEvent[] forwards = [.. _events.Where(static e => e.Kind == ChainEventKind.RollForward)];

        Assert.Equal(Chain[5..101].Select(static block => block.Hash), forwards.Select(static e => e.Header.Hash));
        Assert.Equal(Chain[5..101].Select(static block => block.Hash), forwards.Select(static e => e.Header.Copy().Hash));
        Assert.Equal(Chain[5..101].Select(static block => block.Point), forwards.Select(static e => e.Header.Point));
        forwards[0].Header.Dispose();
        Assert.Throws<ObjectDisposedException>(() => forwards[0].Header.Hash);
    }

    [Fact]
    public void DeliversRollBack_WhenServerSwitchedForksAfterIntersection()
    {
        Conversation talk = Following(Chain[4].Point);

        talk.SayChainSync(ChainSyncMessage.IntersectFound(Chain[4].Point, End));
        talk.SayChainSync(ChainSyncMessage.RollBackward(Chain[2].Point, End));

        Assert.Equal([ChainEventKind.Intersected, ChainEventKind.RollBackward], _events.Select(e => e.Kind));
        Assert.Equal(Chain[2].Point, _events[1].Point);
    }

    [Fact]
    public void DeliversRollBackToIntersection_WhenHeadersCameBetween()
    {
        Conversation talk = Following(Chain[4].Point);
        talk.SayChainSync(ChainSyncMessage.IntersectFound(Chain[4].Point, End));
        talk.SayChainSync(ChainSyncMessage.RollBackward(Chain[4].Point, End));
        talk.SayChainSync(Wire.Forward(Chain[5], End));

        talk.SayChainSync(ChainSyncMessage.RollBackward(Chain[4].Point, End));

        Assert.Equal(ChainEventKind.RollBackward, _events[^1].Kind);
        Assert.Equal(Chain[4].Point, _events[^1].Point);
    }

    [Fact]
    public void EndsConnection_WhenIntersectionWasNotOffered()
    {
        Conversation talk = Following(Chain[4].Point);

        talk.SayChainSync(ChainSyncMessage.IntersectFound(Chain[5].Point, End));

        AssertViolation(talk, ProtocolViolation.WrongContent, "Intersect");
    }

    [Fact]
    public void Fails_WhenThereIsNoIntersection()
    {
        Conversation talk = Following(Chain[4].Point);

        talk.SayChainSync(ChainSyncMessage.IntersectNotFound(End));

        IntersectionNotFoundException error = Assert.IsType<IntersectionNotFoundException>(Assert.Single(_errors));
        Assert.Equal(End, error.Tip);
        Assert.True(talk.IsOpen);
        Assert.Equal(Done, Asked(talk)[^1]);
    }

    [Fact]
    public void EndsConnection_WhenServerAwaitsTwice()
    {
        Conversation talk = FollowingFrom(4);
        talk.SayChainSync(ChainSyncMessage.AwaitReply);

        talk.SayChainSync(ChainSyncMessage.AwaitReply);

        AssertViolation(talk, ProtocolViolation.UnexpectedMessage, "MustReply");
    }

    [Fact]
    public void EndsConnection_WhenServerSpeaksUnasked()
    {
        Conversation talk = Conversation.WithServer();

        talk.SayChainSync(ChainSyncMessage.AwaitReply);

        AssertViolation(talk, ProtocolViolation.UnexpectedMessage, "Idle", subscribed: false);
    }

    [Theory]
    [InlineData("8100")]
    [InlineData("820480")]
    [InlineData("8107")]
    public void EndsConnection_WhenServerSendsClientMessage(string hex)
    {
        Conversation talk = Following(Chain[4].Point);

        talk.Peer.Send(SduSender.Responder, NodeToNode.ChainSync, Convert.FromHexString(hex));
        talk.Run();

        AssertViolation(talk, ProtocolViolation.UnexpectedMessage, "Intersect");
    }

    [Fact]
    public void EndsConnection_WhenMessageIsTooLong()
    {
        Conversation talk = FollowingFrom(4);

        // A header of 65,535 bytes in a message of a few more; the last byte never comes.
        byte[] message = Wire.Of(ChainSyncMessage.RollForward(Header.FromMemory(new byte[65_535], Era.Conway), End));
        talk.Peer.Send(SduSender.Responder, NodeToNode.ChainSync, message[..^1]);
        talk.Run();

        Assert.Single(_errors);
        Assert.False(talk.IsOpen);
        Assert.Equal(Fault.Remote, talk.Cause!.Fault);
        _events.ForEach(e => e.Dispose());
        talk.LeaksNothing();
    }

    [Fact]
    public void AsksOneAtATime_WhileHeightIsUnknown()
    {
        Conversation talk = Following(Chain[4].Point);

        talk.SayChainSync(ChainSyncMessage.IntersectFound(Chain[4].Point, End));
        int afterIntersection = Requests(talk);
        talk.SayChainSync(ChainSyncMessage.RollBackward(Chain[4].Point, End));
        int afterConfirmation = Requests(talk);
        talk.SayChainSync(Wire.Forward(Chain[5], End));

        Assert.Equal((1, 2), (afterIntersection, afterConfirmation));
        Assert.Equal(2 + 300, Requests(talk));
    }

    [Fact]
    public void FillsToHighMarkAndDrainsToLow()
    {
        Conversation talk = FollowingFrom(4);
        int asked = Requests(talk);

        // 99 answers leave 201 under way, more than the low mark.
        talk.SayChainSync([.. Chain[6..105].Select(block => Wire.Forward(block, End))]);
        int whileDraining = Requests(talk);
        talk.SayChainSync(Wire.Forward(Chain[105], End));

        Assert.Equal(asked, whileDraining);
        Assert.Equal(asked + 100, Requests(talk));
    }

    [Fact]
    public void NeverAsksPastTheTip()
    {
        Conversation talk = Following(Chain[4].Point);
        Tip near = Wire.TipAt(Chain[10]);
        talk.SayChainSync(ChainSyncMessage.IntersectFound(Chain[4].Point, near));
        talk.SayChainSync(ChainSyncMessage.RollBackward(Chain[4].Point, near));
        talk.SayChainSync(Wire.Forward(Chain[5], near));
        int first = Requests(talk) - 2;
        for (int i = 6; i <= 10; i++)
        {
            talk.SayChainSync(Wire.Forward(Chain[i], near));
        }

        // Five headers are left; at the tip one request waits for the next.
        Assert.Equal(5, first);
        Assert.Equal(2 + 5 + 1, Requests(talk));
    }

    [Fact]
    public void AsksForTheNewBlocks_WhenTipHasMoved()
    {
        Conversation talk = Following(Chain[4].Point);
        talk.SayChainSync(ChainSyncMessage.IntersectFound(Chain[4].Point, Wire.TipAt(Chain[4])));
        talk.SayChainSync(ChainSyncMessage.RollBackward(Chain[4].Point, Wire.TipAt(Chain[4])));
        talk.SayChainSync(ChainSyncMessage.AwaitReply);
        int waiting = Requests(talk);

        talk.SayChainSync(Wire.Forward(Chain[5], Wire.TipAt(Chain[50])));

        Assert.Equal(2, waiting);
        Assert.Equal(2 + 45, Requests(talk));
    }

    [Fact]
    public void KeepsItsRequests_WhenRolledBackInTheMiddle()
    {
        Conversation talk = FollowingFrom(4);
        int asked = Requests(talk);

        talk.SayChainSync(ChainSyncMessage.RollBackward(Chain[2].Point, End));
        int afterRollBack = Requests(talk);
        talk.SayChainSync([.. Chain[3..103].Select(block => Wire.Forward(block, End))]);

        Assert.Equal(asked, afterRollBack);
        Assert.Equal(asked + 101, Requests(talk));
        Assert.Equal(Chain[102].Point, _events[^1].Point);
    }

    [Fact]
    public void AsksOneAtATime_WhenServerIsEmpty()
    {
        Conversation talk = Following(Point.Origin);

        talk.SayChainSync(ChainSyncMessage.IntersectFound(Point.Origin, Tip.Origin));
        talk.SayChainSync(ChainSyncMessage.RollBackward(Point.Origin, Tip.Origin));
        talk.SayChainSync(ChainSyncMessage.AwaitReply);

        Assert.Equal(2, Requests(talk));
        Assert.Equal(ChainEventKind.Intersected, Assert.Single(_events).Kind);
    }

    [Fact]
    public void StopsAsking_WhenConsumerTakesNothing()
    {
        Conversation talk = Conversation.WithServer();
        var consumer = new CollectingPacedObserver<ChainSyncEvent>();
        using IDisposable subscription = Paced(talk, Chain[4].Point).Subscribe(consumer);
        talk.Run();
        Begin(talk, 4);
        talk.SayChainSync([.. Chain[6..206].Select(block => Wire.Forward(block, End))]);

        talk.SayChainSync([.. Chain[206..305].Select(block => Wire.Forward(block, End))]);

        // Two requests brought the confirmation, which is nobody's to consume, and the first header; then the window was filled.
        Assert.Equal(300, consumer.Seen.Count(e => e.Kind == ChainEventKind.RollForward));
        Assert.Equal(2 + 299, Requests(talk));
    }

    [Fact]
    public void AsksAgain_WhenConsumerHasTakenDownToLowMark()
    {
        Conversation talk = Conversation.WithServer();
        var consumer = new CollectingPacedObserver<ChainSyncEvent>();
        using IDisposable subscription = Paced(talk, Chain[4].Point).Subscribe(consumer);
        talk.Run();
        Begin(talk, 4);
        talk.SayChainSync([.. Chain[6..305].Select(block => Wire.Forward(block, End))]);
        int stopped = Requests(talk);
        for (int i = 0; i <= 100; i++)
        {
            consumer.ReturnOne();
        }

        talk.Run();

        Assert.Equal(stopped + 100, Requests(talk));
    }

    [Fact]
    public async Task StopsAsking_WhenEnumerableIsNotPulled()
    {
        Conversation talk = Conversation.WithServer();
        IAsyncEnumerator<ChainSyncEvent> pull = talk.Connection.ChainSync.Follow(Chain[4].Point).ToAsyncEnumerable(capacity: 16).GetAsyncEnumerator(CancellationToken.None);
        ValueTask<bool> first = pull.MoveNextAsync();
        talk.Run();
        Begin(talk, 4);
        int next = 6;
        for (int round = 0; round < 50; round++)
        {
            int unanswered = Requests(talk) - 2 - (next - 6);
            talk.SayChainSync([.. Chain[next..(next + Math.Min(unanswered, 20))].Select(block => Wire.Forward(block, End))]);
            next += Math.Min(unanswered, 20);
        }

        Assert.True(await first);
        Assert.InRange(next - 6, 295, 300);
        Assert.Equal(2 + next - 6, Requests(talk));
        await pull.DisposeAsync();
    }

    [Fact]
    public void RefusesSecondUser()
    {
        Conversation talk = FollowingFrom(4);

        using IDisposable second = talk.Connection.ChainSync.Follow(Point.Origin).Subscribe(_ => { }, _errors.Add);

        Assert.Equal("chain-sync", Assert.IsType<ProtocolBusyException>(Assert.Single(_errors)).Protocol);
        Assert.True(talk.IsOpen);
    }

    [Fact]
    public void DrainsThenSaysDone_WhenDisposedInTheMiddleOfABatch()
    {
        Conversation talk = Conversation.WithServer();
        IDisposable subscription = Subscribe(talk, Chain[4].Point);
        talk.Run();
        Begin(talk, 4);
        int delivered = _events.Count;

        subscription.Dispose();
        talk.SayChainSync([.. Chain[6..305].Select(block => Wire.Forward(block, End))]);
        bool doneTooEarly = Asked(talk)[^1] == Done;
        talk.SayChainSync(Wire.Forward(Chain[305], End));

        Assert.False(doneTooEarly);
        Assert.Equal(delivered, _events.Count);
        Assert.Equal(Done, Asked(talk)[^1]);
        Assert.Empty(_errors);
        Assert.True(talk.IsOpen);
    }

    [Fact]
    public void EndsConnection_WhenDrainedAnswerIsWrong()
    {
        Conversation talk = Conversation.WithServer();
        IDisposable subscription = Subscribe(talk, Chain[4].Point);
        talk.Run();
        Begin(talk, 4);
        subscription.Dispose();

        talk.SayChainSync(ChainSyncMessage.IntersectNotFound(End));

        AssertViolation(talk, ProtocolViolation.UnexpectedMessage, "CanAwait", subscribed: false);
    }

    [Fact]
    public void WaitsForTheDrain_WhenSubscribedAfterDispose()
    {
        Conversation talk = Conversation.WithServer();
        Subscribe(talk, Chain[4].Point).Dispose();
        IDisposable first = Subscribe(talk, Chain[4].Point);
        talk.Run();
        Begin(talk, 4);
        first.Dispose();

        using IDisposable second = Subscribe(talk, Chain[9].Point);
        talk.Run();
        int asked = Asked(talk).Length;
        talk.SayChainSync([.. Chain[6..306].Select(block => Wire.Forward(block, End))]);

        // The same instance goes on: Done is said only where nobody waits.
        Assert.Equal(Wire.Of(ChainSyncMessage.FindIntersect(new[] { Chain[9].Point })), talk.Peer.Of(NodeToNode.ChainSync).Last().Bytes);
        Assert.Equal(asked + 1, Asked(talk).Length);
        Assert.Empty(_errors);
    }

    [Fact]
    public void StartsANewInstance_WhenSubscribedAfterDone()
    {
        Conversation talk = Following(Chain[4].Point);
        talk.SayChainSync(ChainSyncMessage.IntersectNotFound(End));

        using IDisposable second = Subscribe(talk, Chain[5].Point);
        talk.Run();
        talk.SayChainSync(ChainSyncMessage.IntersectFound(Chain[5].Point, End));

        Assert.Equal(
            ["8204", Done, "8204", RequestNext], Asked(talk).Select(hex => hex[..Math.Min(hex.Length, 4)]));
        Assert.Equal(Chain[5].Point, Assert.Single(_events).Point);
    }

    [Fact]
    public void FindsTip_ByAskingForNoPoint()
    {
        Conversation talk = Conversation.WithServer();
        var tips = new List<Tip>();
        using IDisposable subscription = talk.Connection.ChainSync.FindTip().Subscribe(tips.Add, _errors.Add, () => _completed++);
        talk.Run();

        talk.SayChainSync(ChainSyncMessage.IntersectNotFound(End));

        Assert.Equal(["820480", Done], Asked(talk));
        Assert.Equal(End, Assert.Single(tips));
        Assert.Equal(1, _completed);
    }

    [Fact]
    public void FollowsOnTheSameInstance_WhenSubscribedInsideTheTip()
    {
        Conversation talk = Conversation.WithServer();
        using IDisposable subscription = talk.Connection.ChainSync.FindTip()
            .SelectMany(tip => talk.Connection.ChainSync.Follow(tip.Point)).Subscribe(_events.Add, _errors.Add);
        talk.Run();

        talk.SayChainSync(ChainSyncMessage.IntersectNotFound(End));
        talk.SayChainSync(ChainSyncMessage.IntersectFound(End.Point, End));

        Assert.Equal(End.Point, Assert.Single(_events).Point);
        Assert.Empty(_errors);
        Assert.DoesNotContain(Done, Asked(talk));
    }

    [Fact]
    public void EndsConnection_WhenTipIsAnsweredWithIntersection()
    {
        Conversation talk = Conversation.WithServer();
        using IDisposable subscription = talk.Connection.ChainSync.FindTip().Subscribe(_ => { }, _errors.Add);
        talk.Run();

        talk.SayChainSync(ChainSyncMessage.IntersectFound(Point.Origin, End));

        AssertViolation(talk, ProtocolViolation.WrongContent, "Intersect");
    }

    [Fact]
    public void EndsOnlyTheSubscription_WhenObserverThrows()
    {
        Conversation talk = Conversation.WithServer();
        using IDisposable subscription = talk.Connection.ChainSync.Follow(Chain[4].Point).Subscribe(e =>
        {
            _events.Add(e);
            if (e.Kind == ChainEventKind.RollForward)
            {
                throw new InvalidOperationException("the user's");
            }
        }, _errors.Add);
        talk.Run();
        Begin(talk, 4);

        Assert.Equal("the user's", Assert.Single(talk.Faults).Message);
        Assert.Equal(2, _events.Count);
        Assert.Empty(_errors);
        Assert.True(talk.IsOpen);
        Assert.Equal(Done, Asked(talk)[^1]);
    }

    /// <summary>An observer that threw in <c>OnError</c> while it waited for a drain took the scheduler's thread with it.</summary>
    [Fact]
    public void ReportsFault_WhenWaitingObserverThrowsAtTheEnd()
    {
        Conversation talk = Conversation.WithServer();
        IDisposable first = Subscribe(talk, Chain[4].Point);
        talk.Run();
        first.Dispose();
        using IDisposable second = talk.Connection.ChainSync.Follow(Point.Origin)
            .Subscribe(_ => { }, _ => throw new InvalidOperationException("the user's"));
        talk.Run();

        talk.Peer.Abort();
        talk.Run();

        Assert.Equal("the user's", Assert.Single(talk.Faults).Message);
    }

    /// <summary>A subscription that was disposed while it waited for a drain was told of the end all the same.</summary>
    [Fact]
    public void TellsNothing_WhenDisposedWhileWaiting()
    {
        Conversation talk = Conversation.WithServer();
        IDisposable first = Subscribe(talk, Chain[4].Point);
        talk.Run();
        first.Dispose();
        Subscribe(talk, Point.Origin).Dispose();

        talk.Peer.Abort();
        talk.Run();

        Assert.Empty(_errors);
    }

    [Fact]
    public void FailsOnceWithTheFirstCause_WhenBearerEnds()
    {
        Conversation talk = FollowingFrom(4);

        talk.Peer.Abort();
        talk.Run();

        Assert.Same(talk.Cause, Assert.Single(_errors));
        Assert.Equal(BearerFailure.Reset, Assert.IsType<BearerException>(talk.Cause).Kind);
        talk.Connection.ChainSync.Follow(Point.Origin).Subscribe(_ => { }, _errors.Add);
        Assert.Equal(2, _errors.Count);
    }

    [Fact]
    public void SaysDone_WhenConnectionIsDisposedInOrder()
    {
        // The consumer holds all it may be given: nothing is under way, and the client has agency.
        Conversation talk = Conversation.WithServer();
        using IDisposable subscription = Paced(talk, Chain[4].Point).Subscribe(new CollectingPacedObserver<ChainSyncEvent>());
        talk.Run();
        Begin(talk, 4);
        talk.SayChainSync([.. Chain[6..305].Select(block => Wire.Forward(block, End))]);
        int asked = Requests(talk);

        _ = talk.Connection.DisposeAsync().AsTask();
        talk.Run();

        // Not the task of the call: what waits for it goes on on the thread pool.
        Assert.True(talk.Connection.Completion.IsCompleted);
        Assert.Equal(asked, Requests(talk));
        Assert.Equal(Done, Asked(talk)[^1]);
    }

    [Theory]
    [InlineData(false, "Intersect")]
    [InlineData(true, "CanAwait")]
    public void TimesOut_WhenServerDoesNotAnswerIn10Seconds(bool intersected, string state)
    {
        Conversation talk = Following(Chain[4].Point);
        long since = talk.Peer.Of(NodeToNode.ChainSync).Single().At;
        if (intersected)
        {
            talk.SayChainSync(ChainSyncMessage.IntersectFound(Chain[4].Point, End));
            since = talk.Peer.Of(NodeToNode.ChainSync).Last().At;
        }

        // The clock starts when the client has sent: a tick before the peer has heard.
        NetworkException cause = talk.EndsAfter(TimeSpan.FromSeconds(10), since - 1);

        AssertTimeout(cause, state);
        talk.Run();
        Assert.Same(cause, Assert.Single(_errors));
    }

    [Fact]
    public void WaitsBetween601And911Seconds_WhenServerMustReply()
    {
        var waits = new List<TimeSpan>();
        for (int seed = 1; seed <= 20; seed++)
        {
            Conversation talk = Conversation.WithServer(options: o => o with { Seed = seed });
            talk.AnswerPings();
            using IDisposable subscription = Subscribe(talk, Chain[4].Point);
            talk.Run();
            Begin(talk, 4, block: false);
            long since = talk.Time.Clock;
            talk.SayChainSync(ChainSyncMessage.AwaitReply);

            talk.Run(TimeSpan.FromSeconds(920));

            AssertTimeout(Assert.IsType<ProtocolViolationException>(talk.Cause), "MustReply");
            waits.Add(TimeSpan.FromTicks(talk.Peer.ClosedAt!.Value - since));
        }

        Assert.All(waits, wait => Assert.InRange(wait.TotalSeconds, 601, 911.001));
        Assert.True(waits.Max() - waits.Min() > TimeSpan.FromSeconds(150), "the limits lie too close together to be drawn at random");
    }

    [Fact]
    public void DrawsTheLimitAfresh_WhenServerMustReplyAgain()
    {
        // The first wait is answered after 600 s; a limit of 601 s or more that began then ends 1,201 s or more from the start.
        Conversation talk = Conversation.WithServer();
        talk.AnswerPings();
        using IDisposable subscription = Subscribe(talk, Chain[4].Point);
        talk.Run();
        Begin(talk, 4, block: false);
        talk.SayChainSync(ChainSyncMessage.AwaitReply);
        talk.Run(TimeSpan.FromSeconds(600));
        talk.SayChainSync(Wire.Forward(Chain[5], Wire.TipAt(Chain[5])));
        talk.SayChainSync(ChainSyncMessage.AwaitReply);

        talk.Run(TimeSpan.FromSeconds(600));

        Assert.True(talk.IsOpen);
        talk.Run(TimeSpan.FromSeconds(312));
        AssertTimeout(Assert.IsType<ProtocolViolationException>(talk.Cause), "MustReply");
    }

    [Fact]
    public void WaitsForEver_WhenTrustedServerMustReply()
    {
        Conversation talk = Conversation.WithServer(options: o => o with { ChainSync = new ChainSyncOptions { TrustPeer = true } });
        talk.AnswerPings();
        using IDisposable subscription = Subscribe(talk, Chain[4].Point);
        talk.Run();
        Begin(talk, 4, block: false);
        talk.SayChainSync(ChainSyncMessage.AwaitReply);

        talk.Run(TimeSpan.FromHours(5));

        Assert.True(talk.IsOpen);
    }

    [Fact]
    public void StartsTheClockOfAPipelinedRequest_WhenItIsNext()
    {
        // 300 requests under way; each answer comes 9 s after the one before.
        Conversation talk = FollowingFrom(4);
        talk.AnswerPings();
        for (int i = 6; i < 16; i++)
        {
            talk.Run(TimeSpan.FromSeconds(9));
            talk.SayChainSync(Wire.Forward(Chain[i], End));
        }

        Assert.True(talk.IsOpen);
        talk.Run(TimeSpan.FromSeconds(10.1));
        AssertTimeout(Assert.IsType<ProtocolViolationException>(talk.Cause), "CanAwait");
    }

    [Fact]
    public void GivesHeadersBack_WhenRecycled()
    {
        Conversation talk = Conversation.WithServer();
        int seen = 0;
        using IDisposable subscription = talk.Connection.ChainSync.Follow(Chain[4].Point).Recycle(_ => seen++, _errors.Add);
        talk.Run();
        Begin(talk, 4);
        talk.SayChainSync([.. Chain[6..306].Select(block => Wire.Forward(block, End))]);

        talk.Peer.Abort();
        talk.Run();

        Assert.Equal(302, seen);
        talk.LeaksNothing();
    }

    [Fact]
    public void KeepsHeadersAsTheyWere_WhenOthersAreGivenBack()
    {
        Conversation talk = Conversation.WithServer();
        var kept = new List<Header>();
        int count = 0;
        using IDisposable subscription = talk.Connection.ChainSync.Follow(Chain[4].Point).Subscribe(e =>
        {
            if (e.Kind == ChainEventKind.RollForward)
            {
                if (count++ % 3 == 0)
                {
                    kept.Add(e.Header);
                }
                else
                {
                    e.Dispose();
                }
            }
        });
        talk.Run();
        Begin(talk, 4);
        for (int i = 6; i < 900; i += 100)
        {
            talk.SayChainSync([.. Chain[i..(i + 100)].Select(block => Wire.Forward(block, End))]);
        }

        Assert.Equal(Enumerable.Range(0, kept.Count).Select(i => Chain[5 + (3 * i)].Header.Hash), kept.Select(header => header.Hash));
        Assert.True(kept.Count > 250);
    }

    [Fact]
    public void Throws_WhenHeaderIsReadAfterItWasGivenBack()
    {
        Conversation talk = FollowingFrom(4);
        ChainSyncEvent forward = _events[^1];

        forward.Dispose();

        Assert.Throws<ObjectDisposedException>(() => forward.Header.Slot);
        Assert.Throws<ObjectDisposedException>(forward.Dispose);
    }

    [Fact]
    public void RefusesMoreThanAThousandPoints()
    {
        Conversation talk = Conversation.WithServer();

        Assert.Throws<ArgumentOutOfRangeException>(() => talk.Connection.ChainSync.Follow([.. Enumerable.Repeat(Point.Origin, 1001)]));
    }

    private static string[] Asked(Conversation talk) => [.. talk.Peer.HexOf(NodeToNode.ChainSync)];

    private static int Requests(Conversation talk) => Asked(talk).Count(hex => hex == RequestNext);

    private static IPacedObservable<ChainSyncEvent> Paced(Conversation talk, Point point) =>
        Assert.IsType<IPacedObservable<ChainSyncEvent>>(talk.Connection.ChainSync.Follow(point), exactMatch: false);

    /// <summary>Intersection, confirmation, and the first header: from then on the window is open.</summary>
    private static void Begin(Conversation talk, int at, bool block = true)
    {
        Tip tip = block ? End : Wire.TipAt(Chain[at]);
        talk.SayChainSync(ChainSyncMessage.IntersectFound(Chain[at].Point, tip));
        talk.SayChainSync(ChainSyncMessage.RollBackward(Chain[at].Point, tip));
        if (block)
        {
            talk.SayChainSync(Wire.Forward(Chain[at + 1], tip));
        }
    }

    private static void AssertTimeout(NetworkException cause, string state)
    {
        ProtocolViolationException timeout = Assert.IsType<ProtocolViolationException>(cause);
        Assert.Equal((ProtocolViolation.Timeout, "chain-sync", state, Fault.Remote), (timeout.Violation, timeout.Protocol, timeout.State, timeout.Fault));
        Assert.NotNull(timeout.TimeLimit);
    }

    private void AssertViolation(Conversation talk, ProtocolViolation violation, string state, bool subscribed = true)
    {
        ProtocolViolationException cause = Assert.IsType<ProtocolViolationException>(talk.Cause);
        Assert.Equal((violation, "chain-sync", state, Fault.Remote), (cause.Violation, cause.Protocol, cause.State, cause.Fault));
        if (subscribed)
        {
            Assert.Same(cause, Assert.Single(_errors));
        }

        _events.ForEach(e => e.Dispose());
        talk.LeaksNothing();
    }

    private IDisposable Subscribe(Conversation talk, Point point) =>
        talk.Connection.ChainSync.Follow(point).Subscribe(_events.Add, _errors.Add, () => _completed++);

    private Conversation Following(Point point)
    {
        Conversation talk = Conversation.WithServer();
        Subscribe(talk, point);
        talk.Run();
        return talk;
    }

    private Conversation FollowingFrom(int at)
    {
        Conversation talk = Following(Chain[at].Point);
        Begin(talk, at);
        return talk;
    }
}
