using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols.BlockFetch;

/// <summary>The client against a server that the test plays: which ranges it asks for, and when.</summary>
public class BlockFetchClientTests
{
    private const string Done = "8101";

    private static readonly Block[] Chain = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 5, BodyBytes = 400 }).Take(2500)];

    private readonly List<Block> _blocks = [];
    private readonly List<Exception> _errors = [];
    private int _completed;

    [Fact]
    public void AsksForExactlyTheReferenceWindow()
    {
        Conversation talk = Start();

        Subscribe(talk, Wanted(0, 100, announced: 10_000));
        talk.Run();

        // Half a window, which 20 blocks of 10,000 bytes cross, and again what crosses the whole of it.
        Assert.Equal([(0, 19), (20, 39)], Ranges(talk));
    }

    [Fact]
    public void AsksAgain_WhenDownToTheLowMark()
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(0, 100, announced: 10_000));
        talk.Run();

        talk.SayBlockFetch(Batch(0, 19));
        int atHalf = Ranges(talk).Count;
        talk.SayBlockFetch(BlockFetchMessage.StartBatch, BlockFetchMessage.ForBlock(Chain[20]));

        // 400,000 are out; below 196,608 are left after the 21st block.
        Assert.Equal(2, atHalf);
        Assert.Equal([(0, 19), (20, 39), (40, 59), (60, 60)], Ranges(talk));
    }

    [Fact]
    public void AsksForOneBlock_WhenItIsLargerThanTheWindow()
    {
        Conversation talk = Start();

        Subscribe(talk, Wanted(0, 3, announced: 1_000_000));
        talk.Run();

        Assert.Equal([(0, 0)], Ranges(talk));
    }

    [Fact]
    public void AsksForAThousandBlocksAtMost_WhenTheyAreSaidToBeTiny()
    {
        Conversation talk = Start();

        Subscribe(talk, Wanted(0, 2500, announced: 0));
        talk.Run();

        Assert.Equal([(0, 999), (1000, 1999), (2000, 2499)], Ranges(talk));
    }

    /// <summary>A header that announced two gigabytes took the budget of every connection with the same options.</summary>
    [Fact]
    public void CountsNoMoreThanAMessageMayBe_WhenAnnouncedSizeIsALie()
    {
        Conversation talk = Start();

        Subscribe(talk, Wanted(0, 1, announced: int.MaxValue));
        talk.Run();

        Assert.Equal(2_500_000, talk.Options.Budget.Taken);
    }

    [Fact]
    public void HasAHundredRequestsInFlightAtMost()
    {
        Conversation talk = Start(o => o with { MaxFetches = 1000 });
        for (int i = 0; i < 150; i++)
        {
            Subscribe(talk, Wanted(i, 1, announced: 100));
        }

        talk.Run();
        int before = Ranges(talk).Count;
        talk.SayBlockFetch(Batch(0, 0));

        Assert.Equal((100, 101), (before, Ranges(talk).Count));
    }

    [Fact]
    public void ServesFetchesInOrder_WithTheNextOnesRequestsUnderWay()
    {
        Conversation talk = Start();
        var order = new List<string>();
        talk.Connection.BlockFetch.Fetch(Wanted(0, 2)).Subscribe(_ => order.Add("a"), () => order.Add("a."));
        talk.Connection.BlockFetch.Fetch(Wanted(7, 1)).Subscribe(_ => order.Add("b"), () => order.Add("b."));
        talk.Run();
        List<(int, int)> asked = Ranges(talk);

        talk.SayBlockFetch([.. Batch(0, 1), .. Batch(7, 7)]);

        Assert.Equal([(0, 1), (7, 7)], asked);
        Assert.Equal(["a", "a", "a.", "b", "b."], order);
        Assert.Equal(0, talk.Options.Budget.Taken);
    }

    [Fact]
    public void DeliversBlocksAsTheyAre()
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(3, 4));
        talk.Run();

        talk.SayBlockFetch(Batch(3, 6));

        Assert.Equal(Chain[3..7].Select(block => Convert.ToHexString(block.Span)), _blocks.Select(block => Convert.ToHexString(block.Span)));
        Assert.Equal(1, _completed);
        Assert.Empty(_errors);
    }

    [Fact]
    public void FailsOneFetchOnly_WhenServerHasNoBlocks()
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(0, 60, announced: 10_000));
        Subscribe(talk, Wanted(100, 1));
        talk.Run();

        talk.SayBlockFetch(BlockFetchMessage.NoBlocks);
        int afterRefusal = _errors.Count;
        talk.SayBlockFetch(Batch(20, 39));
        talk.SayBlockFetch(Batch(100, 100));

        // The second range of the refused fetch was asked for before: it is drained.
        BlocksUnavailableException error = Assert.IsType<BlocksUnavailableException>(Assert.Single(_errors));
        Assert.Equal((1, Chain[0].Point, Chain[19].Point), (afterRefusal, error.First, error.Last));
        Assert.Equal([(0, 19), (20, 39), (100, 100)], Ranges(talk));
        Assert.Equal(Chain[100].Point, Assert.Single(_blocks).Point);
        Assert.Equal(0, talk.Options.Budget.Taken);
        Assert.True(talk.IsOpen);
    }

    /// <summary>The fetch whose batch ended too early was never told of the connection's end: it hung for ever.</summary>
    [Fact]
    public void EndsConnectionAndFetch_WhenBatchIsTooShort()
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(0, 3));
        talk.Run();

        talk.SayBlockFetch(BlockFetchMessage.StartBatch, BlockFetchMessage.ForBlock(Chain[0]), BlockFetchMessage.BatchDone);

        AssertViolation(talk, ProtocolViolation.WrongContent, "Streaming");
    }

    [Fact]
    public void EndsConnection_WhenBatchIsTooLong()
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(0, 1));
        talk.Run();

        talk.SayBlockFetch(BlockFetchMessage.StartBatch, BlockFetchMessage.ForBlock(Chain[0]), BlockFetchMessage.ForBlock(Chain[1]));

        AssertViolation(talk, ProtocolViolation.WrongContent, "Streaming");
    }

    [Fact]
    public void EndsConnection_WhenBlockComesBeforeTheBatch()
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(0, 1));
        talk.Run();

        talk.SayBlockFetch(BlockFetchMessage.ForBlock(Chain[0]));

        AssertViolation(talk, ProtocolViolation.UnexpectedMessage, "Busy");
    }

    [Fact]
    public void EndsConnection_WhenServerSpeaksUnasked()
    {
        Conversation talk = Start();

        talk.SayBlockFetch(BlockFetchMessage.StartBatch);

        Assert.Equal(ProtocolViolation.UnexpectedMessage, Assert.IsType<ProtocolViolationException>(talk.Cause).Violation);
    }

    [Fact]
    public void TellsEveryFetch_WhenBlockIsAnother()
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(0, 2));
        Subscribe(talk, Wanted(10, 2));
        talk.Run();

        talk.SayBlockFetch(BlockFetchMessage.StartBatch, BlockFetchMessage.ForBlock(Chain[0]), BlockFetchMessage.ForBlock(Chain[2]));

        InvalidBlockException cause = Assert.IsType<InvalidBlockException>(talk.Cause);
        Assert.Equal((Chain[1].Point, BlockDefect.WrongHeader, Fault.Remote), (cause.Point, cause.Defect, cause.Fault));
        Assert.Equal([cause, cause], _errors);
        GiveBackAll(talk);
    }

    /// <summary>Blocks that came together are checked together: those before a wrong one are delivered all the same.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(39)]
    public void DeliversWhatCameBefore_WhenABlockOfManyIsDamaged(int damaged)
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(0, 40));
        talk.Run();
        byte[] bytes = Chain[damaged].Span.ToArray();
        bytes[^20] ^= 1;
        BlockFetchMessage[] batch = Batch(0, 39);
        batch[1 + damaged] = BlockFetchMessage.ForBlock(Block.FromMemory(bytes));

        talk.SayBlockFetch(batch);

        InvalidBlockException cause = Assert.IsType<InvalidBlockException>(talk.Cause);
        Assert.Equal((Chain[damaged].Point, BlockDefect.WrongBodyHash), (cause.Point, cause.Defect));
        Assert.Equal(Chain[..damaged].Select(static block => block.Point), _blocks.Select(static block => block.Point));
        Assert.Equal([cause], _errors);
        GiveBackAll(talk);
    }

    /// <summary>The first thing that is wrong is the block, not what came behind it in the same turn.</summary>
    [Fact]
    public void EndsWithTheBlock_WhenAnotherViolationFollowsInTheSameTurn()
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(0, 2));
        talk.Run();

        talk.SayBlockFetch(BlockFetchMessage.StartBatch, BlockFetchMessage.ForBlock(Chain[1]), BlockFetchMessage.NoBlocks);

        Assert.Equal(Chain[0].Point, Assert.IsType<InvalidBlockException>(talk.Cause).Point);
        GiveBackAll(talk);
    }

    [Fact]
    public void DeliversNoMore_WhenTheObserverDisposesInTheMiddleOfATurn()
    {
        Conversation talk = Start();
        IDisposable? fetch = null;
        fetch = talk.Connection.BlockFetch.Fetch(Wanted(0, 20)).Subscribe(block =>
        {
            _blocks.Add(block);
            if (_blocks.Count == 3)
            {
                fetch!.Dispose();
            }
        });
        talk.Run();

        talk.SayBlockFetch(Batch(0, 19));

        Assert.Equal(3, _blocks.Count);
        Assert.Equal(0, talk.Options.Budget.Taken);
        Assert.True(talk.IsOpen);
        talk.Connection.Dispose();
        talk.Run();
        GiveBackAll(talk);
    }

    [Theory]
    [InlineData(BlockCheck.None, false)]
    [InlineData(BlockCheck.Header, false)]
    [InlineData(BlockCheck.Body, true)]
    public void ChecksWhatItIsToldTo_WhenBodyIsDamaged(BlockCheck check, bool ends)
    {
        Conversation talk = Start(o => o with { Check = check });
        Subscribe(talk, Wanted(0, 1));
        talk.Run();
        byte[] bytes = Chain[0].Span.ToArray();
        bytes[^20] ^= 1;

        talk.SayBlockFetch(BlockFetchMessage.StartBatch, BlockFetchMessage.ForBlock(Block.FromMemory(bytes)), BlockFetchMessage.BatchDone);

        Assert.Equal(ends, !talk.IsOpen);
        Assert.Equal(ends ? 0 : 1, _blocks.Count);
        if (ends)
        {
            Assert.Equal(BlockDefect.WrongBodyHash, Assert.IsType<InvalidBlockException>(talk.Cause).Defect);
        }
    }

    [Fact]
    public void DrainsAndGoesOn_WhenDisposedInTheMiddleOfABatch()
    {
        Conversation talk = Start();
        IDisposable first = Subscribe(talk, Wanted(0, 100, announced: 10_000));
        talk.Run();
        talk.SayBlockFetch(Batch(0, 19)[..6]);
        int delivered = _blocks.Count;

        first.Dispose();
        Subscribe(talk, Wanted(200, 1));
        talk.SayBlockFetch([.. Batch(0, 19)[6..], .. Batch(20, 39)]);
        talk.SayBlockFetch(Batch(200, 200));

        Assert.Equal((5, 6), (delivered, _blocks.Count));
        Assert.Equal(Chain[200].Point, _blocks[^1].Point);
        Assert.Equal([(0, 19), (20, 39), (200, 200)], Ranges(talk));
        Assert.Equal(0, talk.Options.Budget.Taken);
        Assert.Empty(_errors);
        Assert.True(talk.IsOpen);
    }

    [Fact]
    public void EndsConnection_WhenDrainedBlockIsAnother()
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(0, 2)).Dispose();
        IDisposable second = Subscribe(talk, Wanted(0, 2));
        talk.Run();
        second.Dispose();

        talk.SayBlockFetch(BlockFetchMessage.StartBatch, BlockFetchMessage.ForBlock(Chain[1]));

        Assert.IsType<InvalidBlockException>(talk.Cause);
        Assert.Empty(_errors);
        GiveBackAll(talk);
    }

    [Fact]
    public void AsksNothing_WhenDisposedAtOnce()
    {
        Conversation talk = Start();

        Subscribe(talk, Wanted(0, 2)).Dispose();
        talk.Run();

        Assert.Empty(Ranges(talk));
        Assert.Equal(0, talk.Options.Budget.Taken);
    }

    [Fact]
    public void RefusesOneFetchMore_ThanMayWait()
    {
        Conversation talk = Start(o => o with { MaxFetches = 2 });
        Subscribe(talk, Wanted(0, 1));
        Subscribe(talk, Wanted(1, 1));

        Subscribe(talk, Wanted(2, 1));

        Assert.Equal("block-fetch", Assert.IsType<ProtocolBusyException>(Assert.Single(_errors)).Protocol);
        talk.Run();
        talk.SayBlockFetch([.. Batch(0, 0), .. Batch(1, 1)]);
        Subscribe(talk, Wanted(2, 1));
        Assert.Single(_errors);
    }

    /// <summary>Fetches that were disposed behind one that stood still kept their places: no other could be made.</summary>
    [Fact]
    public void ForgetsAFetch_WhenDisposedBehindOneThatStandsStill()
    {
        Conversation talk = Start(o => o with { MaxFetches = 2 });
        var still = new CollectingPacedObserver<Block>();
        using IDisposable first = Paced(talk, Wanted(0, 100, announced: 100_000)).Subscribe(still);
        talk.Run();
        talk.SayBlockFetch([.. Batch(0, 1), .. Batch(2, 3)]);
        for (int i = 0; i < 10; i++)
        {
            Subscribe(talk, Wanted(500, 1)).Dispose();
            talk.Run();
        }

        Assert.Equal(4, still.Held);
        Assert.Empty(_errors);
    }

    [Fact]
    public void AsksNoMore_WhenConsumerTakesNothing()
    {
        Conversation talk = Start();
        var consumer = new CollectingPacedObserver<Block>();
        using IDisposable subscription = Paced(talk, Wanted(0, 100, announced: 10_000)).Subscribe(consumer);
        talk.Run();
        talk.SayBlockFetch([.. Batch(0, 19), .. Batch(20, 39)]);

        talk.Run();

        Assert.Equal((40, 2), (consumer.Held, Ranges(talk).Count));
        Assert.Equal(400_000, talk.Options.Budget.Taken);
    }

    [Fact]
    public void AsksAgain_WhenConsumerHasTakenDownToTheLowMark()
    {
        Conversation talk = Start();
        var consumer = new CollectingPacedObserver<Block>();
        using IDisposable subscription = Paced(talk, Wanted(0, 100, announced: 10_000)).Subscribe(consumer);
        talk.Run();
        talk.SayBlockFetch([.. Batch(0, 19), .. Batch(20, 39)]);
        for (int i = 0; i < 20; i++)
        {
            consumer.ReturnOne();
        }

        talk.Run();
        int tooEarly = Ranges(talk).Count;
        consumer.ReturnOne();
        talk.Run();

        Assert.Equal(2, tooEarly);
        Assert.Equal((40, 59), Ranges(talk)[2]);
    }

    [Fact]
    public void TakesCreditsBack_WhenDisposedWhileBlocksAreHeld()
    {
        Conversation talk = Start();
        var consumer = new CollectingPacedObserver<Block>();
        IDisposable subscription = Paced(talk, Wanted(0, 100, announced: 10_000)).Subscribe(consumer);
        talk.Run();
        talk.SayBlockFetch(Batch(0, 19));

        subscription.Dispose();
        talk.SayBlockFetch(Batch(20, 39));
        long afterDrain = talk.Options.Budget.Taken;
        consumer.ReturnOne();
        talk.Run();

        Assert.Equal((20, 0L), (consumer.Seen.Count, afterDrain));
        Assert.Equal(0, talk.Options.Budget.Taken);
    }

    [Fact]
    public void CountsBlocks_WhileTheyAreHeldBehindTheEndOfTheirFetch()
    {
        Conversation talk = Start();
        var consumer = new CollectingPacedObserver<Block>();
        using IDisposable subscription = Paced(talk, Wanted(0, 3, announced: 10_000)).Subscribe(consumer);
        talk.Run();
        talk.SayBlockFetch(Batch(0, 2));
        long held = talk.Options.Budget.Taken;
        consumer.ReturnOne();
        talk.Run();

        Assert.True(consumer.IsCompleted);
        Assert.Equal((30_000, 20_000), (held, talk.Options.Budget.Taken));
    }

    /// <summary>
    /// What a buffer still held when it was left counted for ever: after some subscriptions the window was gone, and nothing was asked for any more.
    /// </summary>
    [Theory]
    [InlineData(5)]
    [InlineData(3)]
    public void ReturnsWhatABufferHeld_WhenItIsLeft(int wanted)
    {
        // Of five, two are still to come; of three, the fetch is complete.
        Conversation talk = Start();
        IDisposable subscription = talk.Connection.BlockFetch.Fetch(Wanted(0, wanted, announced: 10_000))
            .BoundedBuffer(10, scheduler: new TestScheduler()).Subscribe(_blocks.Add);
        talk.Run();
        talk.SayBlockFetch([BlockFetchMessage.StartBatch, .. Chain[..3].Select(BlockFetchMessage.ForBlock)]);
        if (wanted == 3)
        {
            talk.SayBlockFetch(BlockFetchMessage.BatchDone);
        }

        subscription.Dispose();
        talk.Run();

        Assert.Equal((wanted - 3) * 10_000, talk.Options.Budget.Taken);
        Assert.Empty(_blocks);
    }

    [Fact]
    public async Task ReturnsWhatAnEnumeratorHeld_WhenItIsLeft()
    {
        Conversation talk = Start();
        IAsyncEnumerator<Block> pull = talk.Connection.BlockFetch.Fetch(Wanted(0, 3, announced: 10_000))
            .ToAsyncEnumerable(capacity: 10).GetAsyncEnumerator(CancellationToken.None);
        ValueTask<bool> first = pull.MoveNextAsync();
        talk.Run();
        talk.SayBlockFetch(Batch(0, 2));
        Assert.True(await first);
        long held = talk.Options.Budget.Taken;

        await pull.DisposeAsync();
        talk.Run();

        // The one in hand is the user's until the enumerator goes on, which it does not.
        Assert.Equal((30_000, 10_000), (held, talk.Options.Budget.Taken));
    }

    [Fact]
    public void SharesTheBudget_AmongConnectionsOfTheSameOptions()
    {
        Conversation first = Start(network: o => o with { MaxIngressBytes = 250_000 });
        NetworkOptions shared = first.Options;
        Conversation second = Start(network: o => shared with { Scheduler = o.Scheduler, Pool = o.Pool });
        Subscribe(first, Wanted(0, 100, announced: 10_000));
        first.Run();

        Subscribe(second, Wanted(0, 100, announced: 10_000));
        second.Run();
        int whileTaken = Ranges(second).Sum(range => range.Item2 - range.Item1 + 1);
        first.SayBlockFetch(Batch(0, 19));
        second.Run();

        // 25 blocks fit: the first connection has 20 and 5 of them; the second may always have one.
        Assert.Equal(25, Ranges(first)[..6].Sum(range => range.Item2 - range.Item1 + 1));
        Assert.Equal(1, whileTaken);
        Assert.True(Ranges(second).Count > 1, "the second connection was not woken when bytes came back");
        Assert.InRange(shared.Budget.Taken, 0, 250_000 + 10_000);
    }

    [Fact]
    public void GivesTheBudgetBack_WhenConnectionEnds()
    {
        Conversation talk = Start();
        var consumer = new CollectingPacedObserver<Block>();
        using IDisposable subscription = Paced(talk, Wanted(0, 100, announced: 10_000)).Subscribe(consumer);
        talk.Run();
        talk.SayBlockFetch(Batch(0, 19)[..^3]);

        talk.Peer.Abort();
        talk.Run();

        Assert.Same(talk.Cause, consumer.Error);
        Assert.Equal(0, talk.Options.Budget.Taken);
        consumer.ReturnOne();
        talk.Run();
        Assert.Equal(0, talk.Options.Budget.Taken);
    }

    [Fact]
    public void EndsOnlyTheFetch_WhenObserverThrows()
    {
        Conversation talk = Start();
        talk.Connection.BlockFetch.Fetch(Wanted(0, 2)).Subscribe(_ => throw new InvalidOperationException("the user's"), _errors.Add);
        Subscribe(talk, Wanted(10, 1));
        talk.Run();

        talk.SayBlockFetch([.. Batch(0, 1), .. Batch(10, 10)]);

        Assert.Equal("the user's", Assert.Single(talk.Faults).Message);
        Assert.Equal(Chain[10].Point, Assert.Single(_blocks).Point);
        Assert.Empty(_errors);
        Assert.Equal(0, talk.Options.Budget.Taken);
        Assert.True(talk.IsOpen);
    }

    [Fact]
    public void TimesOut_WhenNoBatchStartsIn60Seconds()
    {
        Conversation talk = Start();
        talk.AnswerPings();
        Subscribe(talk, Wanted(0, 1));
        talk.Run();

        NetworkException cause = talk.EndsAfter(TimeSpan.FromSeconds(60), talk.Peer.Of(NodeToNode.BlockFetch).Single().At - 1);

        AssertTimeout(cause, "Busy");
    }

    [Fact]
    public void TimesOut_60SecondsAfterTheLastBlock()
    {
        Conversation talk = Start();
        talk.AnswerPings();
        Subscribe(talk, Wanted(0, 5));
        talk.Run();
        talk.SayBlockFetch(BlockFetchMessage.StartBatch);
        for (int i = 0; i < 3; i++)
        {
            talk.Run(TimeSpan.FromSeconds(59));
            talk.SayBlockFetch(BlockFetchMessage.ForBlock(Chain[i]));
        }

        // The last block came with the run that ended just now: one tick into it.
        long since = talk.Time.Clock - TimeSpan.FromMicroseconds(100).Ticks + 1;
        NetworkException cause = talk.EndsAfter(TimeSpan.FromSeconds(60), since);

        AssertTimeout(cause, "Streaming");
    }

    [Fact]
    public void TimesOut_WhenABlockTricklesIn()
    {
        Conversation talk = Start();
        talk.AnswerPings();
        Subscribe(talk, Wanted(0, 1));
        talk.Run();
        talk.SayBlockFetch(BlockFetchMessage.StartBatch);
        byte[] block = Wire.Of(BlockFetchMessage.ForBlock(Chain[0]));
        for (int i = 0; i < 59; i++)
        {
            talk.Peer.Send(SduSender.Responder, NodeToNode.BlockFetch, block[i..(i + 1)]);
            talk.Run(TimeSpan.FromSeconds(1));
        }

        Assert.True(talk.IsOpen);
        talk.Run(TimeSpan.FromSeconds(2));
        AssertTimeout(Assert.IsType<ProtocolViolationException>(talk.Cause), "Streaming");
    }

    [Fact]
    public void EndsConnection_WhenMessageOutgrowsTheStateWhileItArrives()
    {
        // In Busy 65,535 bytes are the limit; in Streaming 2,500,000. Neither message ever ends.
        Conversation busy = Start();
        Subscribe(busy, Wanted(0, 1));
        busy.Run();
        busy.Peer.Send(SduSender.Responder, NodeToNode.BlockFetch, [0x82, 0x04, 0xd8, 0x18, 0x5a, 0x00, 0x02, 0x00, 0x00, .. new byte[70_000]]);
        busy.Run();

        Conversation streaming = Start();
        Subscribe(streaming, Wanted(0, 1));
        streaming.Run();
        streaming.SayBlockFetch(BlockFetchMessage.StartBatch);
        streaming.Peer.Send(SduSender.Responder, NodeToNode.BlockFetch, [0x82, 0x04, 0xd8, 0x18, 0x5a, 0x00, 0x26, 0x25, 0xa0]);
        streaming.Run();

        Assert.Equal(65_535, Assert.IsType<ProtocolViolationException>(busy.Cause).ByteLimit);
        Assert.Equal(Fault.Remote, streaming.Cause!.Fault);
        Assert.Equal(2, _errors.Count);
        GiveBackAll(busy);
        GiveBackAll(streaming);
    }

    [Fact]
    public void WidensTheWindow_WhenThePathIsLong()
    {
        // 10 MB/s over a round trip of 200 ms: 2 MB are under way, 3 MB and a block are what the window grows to.
        var path = new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(100), BytesPerSecond = 10_000_000, Capacity = 64 * 1024 * 1024 };
        var time = new TestScheduler();
        var options = new NetworkOptions { Magic = NetworkMagic.Devnet, Scheduler = time, Seed = 1 };
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time, path);
        InMemoryChain chain = VirtualPair.ChainOf(400, bodyBytes: 50_000);
        using PeerConnection server = PeerConnection.Accept(b, options with { Serve = chain });
        using PeerConnection client = PeerConnection.Connect(a, options);
        var headers = new List<Header>();
        using IDisposable follow = client.ChainSync.Follow(Point.Origin).Subscribe(e =>
        {
            if (e.Kind == ChainEventKind.RollForward)
            {
                headers.Add(e.Header);
            }
        });
        time.AdvanceBy(TimeSpan.FromSeconds(5).Ticks);
        Assert.Equal(400, headers.Count);
        long most = 0;
        int count = 0;
        using IDisposable fetch = client.BlockFetch.Fetch([.. headers.Select(BlockRequest.For)]).Subscribe(_ =>
        {
            count++;
            most = Math.Max(most, options.Budget.Taken);
        });

        time.AdvanceBy(TimeSpan.FromSeconds(8).Ticks);

        Assert.Equal(400, count);
        Assert.InRange(most, 2_000_000, 3_600_000);
        Assert.Equal(0, options.Budget.Taken);
    }

    [Fact]
    public async Task SaysDone_WhenConnectionIsDisposedInOrder()
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(0, 1));
        talk.Run();
        talk.SayBlockFetch(Batch(0, 0));

        ValueTask end = talk.Connection.DisposeAsync();
        talk.Run();

        await end;
        Assert.Equal(Done, talk.Peer.HexOf(NodeToNode.BlockFetch).Last());
        Assert.Null(talk.Cause);
    }

    [Fact]
    public void FailsWithConnectionClosed_WhenDisposedLocally()
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(0, 1));
        talk.Run();

        talk.Connection.Dispose();
        talk.Run();

        Assert.IsType<ConnectionClosedException>(Assert.Single(_errors));
        Subscribe(talk, Wanted(0, 1));
        Assert.Equal(2, _errors.Count);
    }

    [Fact]
    public void KeepsBlocksAsTheyWere_WhenOthersAreGivenBack()
    {
        Conversation talk = Start();
        var kept = new List<Block>();
        int count = 0;
        talk.Connection.BlockFetch.Fetch(Wanted(0, 600)).Subscribe(block =>
        {
            if (count++ % 3 == 0)
            {
                kept.Add(block);
            }
            else
            {
                block.Dispose();
            }
        });
        talk.Run();
        for (int asked = 0; asked < Ranges(talk).Count; asked++)
        {
            (int from, int to) = Ranges(talk)[asked];
            talk.SayBlockFetch(Batch(from, to));
        }

        Assert.Equal(600, count);
        Assert.Equal(
            Enumerable.Range(0, 200).Select(i => Convert.ToHexString(Chain[3 * i].Span)), kept.Select(block => Convert.ToHexString(block.Span)));
    }

    [Fact]
    public void Throws_WhenBlockIsReadAfterItWasGivenBack()
    {
        Conversation talk = Start();
        Subscribe(talk, Wanted(0, 1));
        talk.Run();
        talk.SayBlockFetch(Batch(0, 0));

        _blocks[0].Dispose();

        Assert.Throws<ObjectDisposedException>(() => _blocks[0].Slot);
        Assert.Throws<ObjectDisposedException>(() => _blocks[0].Dispose());
    }

    [Fact]
    public void RefusesWhatIsNoRange()
    {
        Conversation talk = Start();

        Assert.Throws<ArgumentOutOfRangeException>(() => talk.Connection.BlockFetch.Fetch([]));
        Assert.Throws<ArgumentException>(() => talk.Connection.BlockFetch.Fetch([new BlockRequest(Point.Origin, 1)]));
    }

    private static Conversation Start(
        Func<BlockFetchOptions, BlockFetchOptions>? blockFetch = null, Func<NetworkOptions, NetworkOptions>? network = null) =>
        Conversation.WithServer(options: o => (network ?? (x => x))(o) with
        {
            BlockFetch = (blockFetch ?? (x => x))(new BlockFetchOptions { Window = FetchWindow.Reference }),
        });

    private static BlockRequest[] Wanted(int first, int count, int announced = 1500) =>
        [.. Chain.Skip(first).Take(count).Select(block => new BlockRequest(block.Point, announced))];

    private static BlockFetchMessage[] Batch(int first, int last) =>
        [BlockFetchMessage.StartBatch, .. Chain[first..(last + 1)].Select(BlockFetchMessage.ForBlock), BlockFetchMessage.BatchDone];

    private static IPacedObservable<Block> Paced(Conversation talk, BlockRequest[] wanted) =>
        Assert.IsType<IPacedObservable<Block>>(talk.Connection.BlockFetch.Fetch(wanted), exactMatch: false);

    private static List<(int, int)> Ranges(Conversation talk) =>
    [
        .. talk.Peer.Of(NodeToNode.BlockFetch).Select(heard => BlockFetchCodec.Read(heard.Bytes))
            .Where(message => message.Kind == BlockFetchMessageKind.RequestRange)
            .Select(message => (IndexOf(message.First), IndexOf(message.Last))),
    ];

    private static int IndexOf(Point point) => Indexes[point];

    private static readonly Dictionary<Point, int> Indexes = Chain.Select((block, i) => (block.Point, i)).ToDictionary(x => x.Point, x => x.i);

    private static void AssertTimeout(NetworkException cause, string state)
    {
        ProtocolViolationException timeout = Assert.IsType<ProtocolViolationException>(cause);
        Assert.Equal(
            (ProtocolViolation.Timeout, "block-fetch", state, Fault.Remote, TimeSpan.FromSeconds(60)),
            (timeout.Violation, timeout.Protocol, timeout.State, timeout.Fault, timeout.TimeLimit));
    }

    private IDisposable Subscribe(Conversation talk, BlockRequest[] wanted) =>
        talk.Connection.BlockFetch.Fetch(wanted).Subscribe(_blocks.Add, _errors.Add, () => _completed++);

    private void AssertViolation(Conversation talk, ProtocolViolation violation, string state)
    {
        ProtocolViolationException cause = Assert.IsType<ProtocolViolationException>(talk.Cause);
        Assert.Equal((violation, "block-fetch", state, Fault.Remote), (cause.Violation, cause.Protocol, cause.State, cause.Fault));
        Assert.Same(cause, Assert.Single(_errors));
        GiveBackAll(talk);
    }

    private void GiveBackAll(Conversation talk)
    {
        _blocks.ForEach(block => block.Dispose());
        _blocks.Clear();
        talk.LeaksNothing();
    }
}
