using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Protocols.ChainSync;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Protocols.BlockFetch;

/// <summary>The server against a client that the test plays.</summary>
public class BlockFetchServerTests
{
    private static readonly Block[] Blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 8, BodyBytes = 400 }).Take(50)];
    private static readonly InMemoryChain Chain = ChainOf(Blocks);

    [Fact]
    public void StreamsTheRange_ByteForByte()
    {
        Conversation talk = Conversation.WithClient(Chain);

        talk.AskBlockFetch(BlockFetchMessage.RequestRange(Blocks[3].Point, Blocks[5].Point));

        Assert.Equal(
            [Hex(BlockFetchMessage.StartBatch), .. Blocks[3..6].Select(block => Hex(BlockFetchMessage.ForBlock(block))), Hex(BlockFetchMessage.BatchDone)],
            Answers(talk));
    }

    [Fact]
    public void StreamsOneRangeAfterTheOther_WhenPipelined()
    {
        Conversation talk = Conversation.WithClient(Chain);

        talk.AskBlockFetch(
            BlockFetchMessage.RequestRange(Blocks[3].Point, Blocks[3].Point),
            BlockFetchMessage.RequestRange(Blocks[9].Point, Blocks[9].Point),
            BlockFetchMessage.ClientDone,
            BlockFetchMessage.RequestRange(Blocks[1].Point, Blocks[1].Point));

        Assert.Equal(
            ["8102", Hex(BlockFetchMessage.ForBlock(Blocks[3])), "8105", "8102", Hex(BlockFetchMessage.ForBlock(Blocks[9])), "8105", "8102", Hex(BlockFetchMessage.ForBlock(Blocks[1])), "8105"],
            Answers(talk));
    }

    [Fact]
    public void SaysNoBlocks_WhenTheRangeIsNotThere()
    {
        Conversation talk = Conversation.WithClient(Chain);
        Block stranger = new ChainGenerator(new ChainGeneratorOptions { Seed = 99, Parent = Wire.TipAt(Blocks[3]), BodyBytes = 400 }).Next();

        talk.AskBlockFetch(BlockFetchMessage.RequestRange(Blocks[1].Point, stranger.Point), BlockFetchMessage.RequestRange(Blocks[1].Point, Blocks[1].Point));

        Assert.Equal("8103", Answers(talk)[0]);
        Assert.Equal(4, Answers(talk).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EndsConnection_WhenTheRangeIsNone(bool origin)
    {
        Conversation talk = Conversation.WithClient(Chain);

        talk.AskBlockFetch(BlockFetchMessage.RequestRange(origin ? Point.Origin : Blocks[5].Point, Blocks[3].Point));

        ProtocolViolationException cause = Assert.IsType<ProtocolViolationException>(talk.Cause);
        Assert.Equal((ProtocolViolation.WrongContent, "Idle", Fault.Remote), (cause.Violation, cause.State, cause.Fault));
        talk.LeaksNothing();
    }

    [Fact]
    public void ReadsNoFurtherAhead_ThanTheEgressTakes()
    {
        // 2 MB of blocks over 100 kB a second: after a second as much has arrived, and the rest of what was read waits on its way.
        int read = 0;
        Block[] large = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 4, BodyBytes = 20_000 }).Take(100)];
        var source = new ScriptedSource { Range = large, OnBlock = () => read++ };
        Conversation talk = Conversation.WithClient(source, path: new InMemoryBearerOptions { Capacity = 65_536, BytesPerSecond = 100_000 }, wait: TimeSpan.FromSeconds(0.1));
        talk.Run(TimeSpan.FromSeconds(1));
        talk.AskBlockFetch(BlockFetchMessage.RequestRange(large[0].Point, large[1].Point));

        talk.Run(TimeSpan.FromSeconds(1));
        int afterOneSecond = read;
        talk.Run(TimeSpan.FromSeconds(30));

        Assert.InRange(afterOneSecond, 100_000 / 20_000, ((100_000 + 65_536 + 131_072 + 262_143) / 20_000) + 2);
        Assert.Equal(102, Answers(talk).Count);
    }

    [Fact]
    public void HasNoTimeLimit_WhileIdle()
    {
        Conversation talk = Conversation.WithClient(Chain);
        ChainSyncServerTests.KeepPinging(talk);
        talk.AskBlockFetch(BlockFetchMessage.RequestRange(Blocks[3].Point, Blocks[3].Point));

        talk.Run(TimeSpan.FromHours(3));

        Assert.True(talk.IsOpen);
    }

    [Theory]
    [InlineData(true, "Busy")]
    [InlineData(false, "Streaming")]
    public void EndsWithLocalFault_WhenTheSourceIsSlowerThan60Seconds(bool atRange, string state)
    {
        Conversation? talk = null;
        var source = new ScriptedSource { Range = Blocks[..2] };
        void Sleep() => talk!.Time.Sleep(TimeSpan.FromSeconds(60).Ticks + 1);
        if (atRange)
        {
            source.OnRange = Sleep;
        }
        else
        {
            source.OnBlock = Sleep;
        }

        talk = Conversation.WithClient(source);
        talk.AskBlockFetch(BlockFetchMessage.RequestRange(Blocks[0].Point, Blocks[1].Point));

        ProtocolViolationException cause = Assert.IsType<ProtocolViolationException>(talk.Cause);
        Assert.Equal((ProtocolViolation.Timeout, state, Fault.Local), (cause.Violation, cause.State, cause.Fault));
        Assert.Equal(0, source.Cursors);
    }

    [Fact]
    public void EndsWithTheSourcesFault_WhenABlockIsGone()
    {
        var source = new ScriptedSource { Range = Blocks[..2], OnBlock = () => throw new ChainSourceException("gone") };
        Conversation talk = Conversation.WithClient(source);

        talk.AskBlockFetch(BlockFetchMessage.RequestRange(Blocks[0].Point, Blocks[1].Point));

        Assert.Equal((Fault.Local, "gone"), (talk.Cause!.Fault, Assert.IsType<ChainSourceException>(talk.Cause).Message));
        Assert.Equal(0, source.Cursors);
    }

    [Fact]
    public void EndsWithLocalFault_WhenNoSourceIsAttachedFor60Seconds()
    {
        Conversation talk = Conversation.WithClient(Chain);
        talk.Connection.Serve(null);
        talk.Run();
        talk.AskBlockFetch(BlockFetchMessage.RequestRange(Blocks[0].Point, Blocks[1].Point));
        long since = talk.Time.Clock - TimeSpan.FromMicroseconds(100).Ticks;

        NetworkException cause = talk.EndsAfter(TimeSpan.FromSeconds(60), since);

        Assert.Equal((ProtocolViolation.Timeout, Fault.Local), (Assert.IsType<ProtocolViolationException>(cause).Violation, cause.Fault));
    }

    [Fact]
    public void FinishesTheBatch_WhenTheSourceIsDetachedMeanwhile()
    {
        Conversation? talk = null;
        var source = new ScriptedSource { Range = Blocks[..3] };
        source.OnBlock = () => talk!.Connection.Serve(null);
        talk = Conversation.WithClient(source);

        talk.AskBlockFetch(BlockFetchMessage.RequestRange(Blocks[0].Point, Blocks[2].Point));

        Assert.Equal(5, Answers(talk).Count);
        Assert.Equal(0, source.Cursors);
    }

    private static InMemoryChain ChainOf(Block[] blocks)
    {
        var chain = new InMemoryChain();
        foreach (Block block in blocks)
        {
            chain.Append(block);
        }

        return chain;
    }

    private static List<string> Answers(Conversation talk) => [.. talk.Peer.HexOf(NodeToNode.BlockFetch)];

    private static string Hex(BlockFetchMessage message) => Convert.ToHexStringLower(Wire.Of(message));
}
