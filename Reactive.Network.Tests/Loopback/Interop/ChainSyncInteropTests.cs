using System.Text.Json;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Loopback.Interop;

/// <summary>An independent client follows a generated chain of ours while it grows and is rolled back.</summary>
[Trait("Category", "Loopback")]
[Collection("Interop")]
public sealed class ChainSyncInteropTests : IDisposable
{
    private const int Blocks = 40;

    private readonly List<Block> _blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 11, BodyBytes = 1000 }).Take(Blocks)];
    private readonly InMemoryChain _chain = new();

    public ChainSyncInteropTests() => _blocks.ForEach(_chain.Append);

    [Fact]
    public async Task BeginsAtOrigin_WhenNoIntersectionWasFound()
    {
        await using InteropSession session = await InteropSession.OpenAsync(_chain);

        await session.RequestNextAsync(2);
        JsonElement back = await session.Client.ExpectAsync("rollBackward");
        JsonElement first = await session.Client.ExpectAsync("rollForward");

        Assert.Equal(Point.Origin, InteropSession.ReadPoint(back.GetProperty("point")));
        Assert.Equal(_chain.Tip, InteropSession.ReadTip(back.GetProperty("tip")));
        Assert.Equal(_blocks[0].Point, InteropSession.ReadPoint(first));
    }

    [Fact]
    public async Task RollsBackToOriginWithNoTip_WhenTheChainIsEmpty()
    {
        await using InteropSession session = await InteropSession.OpenAsync(new InMemoryChain());

        await session.RequestNextAsync(2);
        JsonElement back = await session.Client.ExpectAsync("rollBackward");
        await session.Client.ExpectAsync("awaitReply");

        Assert.Equal(Point.Origin, InteropSession.ReadPoint(back.GetProperty("point")));
        Assert.Equal(Tip.Origin, InteropSession.ReadTip(back.GetProperty("tip")));
    }

    [Fact]
    public async Task FindsTheFirstPointOnTheChain_WhenSeveralAreOffered()
    {
        await using InteropSession session = await InteropSession.OpenAsync(_chain);

        await session.FindIntersectAsync(Unknown(), _blocks[30].Point, _blocks[35].Point, Point.Origin);
        JsonElement found = await session.Client.ExpectAsync("intersectFound");
        await session.RequestNextAsync(2);
        JsonElement back = await session.Client.ExpectAsync("rollBackward");
        JsonElement next = await session.Client.ExpectAsync("rollForward");

        Assert.Equal(_blocks[30].Point, InteropSession.ReadPoint(found.GetProperty("point")));
        Assert.Equal(_chain.Tip, InteropSession.ReadTip(found.GetProperty("tip")));
        Assert.Equal(_blocks[30].Point, InteropSession.ReadPoint(back.GetProperty("point")));
        Assert.Equal(_blocks[31].Point, InteropSession.ReadPoint(next));
    }

    [Fact]
    public async Task FindsNone_WhenNoPointIsOnTheChain()
    {
        await using InteropSession session = await InteropSession.OpenAsync(_chain);

        await session.FindIntersectAsync(Unknown());
        JsonElement unknown = await session.Client.ExpectAsync("intersectNotFound");
        await session.FindIntersectAsync();
        JsonElement empty = await session.Client.ExpectAsync("intersectNotFound");

        Assert.Equal(_chain.Tip, InteropSession.ReadTip(unknown.GetProperty("tip")));
        Assert.Equal(_chain.Tip, InteropSession.ReadTip(empty.GetProperty("tip")));
    }

    [Fact]
    public async Task SendsTheNewBlock_WhenOneComesWhileTheClientWaits()
    {
        await using InteropSession session = await InteropSession.OpenAsync(_chain);
        await AwaitAtTipAsync(session);

        Block next = new ChainGenerator(new ChainGeneratorOptions { Seed = 12, Parent = _chain.Tip, BodyBytes = 1000 }).Next();
        _chain.Append(next);
        JsonElement forward = await session.Client.ExpectAsync("rollForward");

        Assert.Equal(next.Point, InteropSession.ReadPoint(forward));
        Assert.Equal(_chain.Tip, InteropSession.ReadTip(forward.GetProperty("tip")));
    }

    [Fact]
    public async Task AnswersOthers_WhileTheClientWaitsAtTheTip()
    {
        await using InteropSession session = await InteropSession.OpenAsync(_chain);
        await AwaitAtTipAsync(session);

        Assert.Equal(99, await session.PingAsync(99));
        await session.RequestRangesAsync((_blocks[0].Point, _blocks[0].Point));

        await session.Client.ExpectAsync("startBatch");
        await session.Client.ExpectAsync("block");
        await session.Client.ExpectAsync("batchDone");
    }

    [Fact]
    public async Task RollsBackAndFollowsTheFork_WhenTheChainIsRolledBackLive()
    {
        const int Kept = 33;
        await using InteropSession session = await InteropSession.OpenAsync(_chain);
        await AwaitAtTipAsync(session);
        Point forkPoint = _blocks[Kept - 1].Point;
        List<Block> fork = [.. new ChainGenerator(
            new ChainGeneratorOptions { Seed = 13, Parent = new Tip(forkPoint, _blocks[Kept - 1].BlockNumber), BodyBytes = 1000 }).Take(12)];

        _chain.RollBack(forkPoint);
        JsonElement back = await session.Client.ExpectAsync("rollBackward");
        fork.ForEach(_chain.Append);
        await session.RequestNextAsync(fork.Count + 1);
        List<Point> seen = [];
        for (int i = 0; i < fork.Count; i++)
        {
            seen.Add(InteropSession.ReadPoint(await session.Client.ExpectAsync("rollForward")));
        }

        Assert.Equal(forkPoint, InteropSession.ReadPoint(back.GetProperty("point")));
        Assert.Equal(new Tip(forkPoint, _blocks[Kept - 1].BlockNumber), InteropSession.ReadTip(back.GetProperty("tip")));
        Assert.Equal(fork.Select(block => block.Point), seen);
        await session.Client.ExpectAsync("awaitReply");
    }

    [Fact]
    public async Task AnswersInOrder_WhenThreeHundredRequestsArePipelined()
    {
        InMemoryChain chain = VirtualPair.ChainOf(299, bodyBytes: 400);
        await using InteropSession session = await InteropSession.OpenAsync(chain);

        await session.RequestNextAsync(300);
        await session.Client.ExpectAsync("rollBackward");
        for (ulong number = 0; number < 299; number++)
        {
            Assert.Equal(number, (await session.Client.ExpectAsync("rollForward")).GetProperty("number").GetUInt64());
        }
    }

    [Fact]
    public async Task BeginsAnew_WhenTheClientWasDone()
    {
        await using InteropSession session = await InteropSession.OpenAsync(_chain);
        await session.FindIntersectAsync(_blocks[20].Point);
        await session.Client.ExpectAsync("intersectFound");

        await session.FinishAsync("chainSync");
        await session.RequestNextAsync();
        JsonElement back = await session.Client.ExpectAsync("rollBackward");
        NetworkException? cause = await session.CloseAsync();

        // What the instance that is over had found is forgotten; the client hanging up is no fault of either side.
        Assert.Equal(Point.Origin, InteropSession.ReadPoint(back.GetProperty("point")));
        Assert.True(cause is null or { Fault: Fault.Transport }, $"{cause}");
        List<(MiniProtocolId Protocol, byte[] Bytes)> sent = await session.MessagesAsync(FrameDirection.Received);
        List<ChainSyncMessage> messages =
            [.. sent.Where(message => message.Protocol == NodeToNode.ChainSync).Select(message => ChainSyncCodec.Read(message.Bytes))];
        Assert.Equal(
            [ChainSyncMessageKind.FindIntersect, ChainSyncMessageKind.Done, ChainSyncMessageKind.RequestNext],
            messages.Select(message => message.Kind));
        Assert.Equal([_blocks[20].Point], messages[0].Points.ToArray());
    }

    public void Dispose() => _chain.Dispose();

    private static Point Unknown() => new(17, new BlockHash(Enumerable.Repeat((byte)0xab, BlockHash.Size).ToArray()));

    /// <summary>Follows from the last block: back to it, then nothing.</summary>
    private async Task AwaitAtTipAsync(InteropSession session)
    {
        await session.FindIntersectAsync(_blocks[^1].Point);
        await session.Client.ExpectAsync("intersectFound");
        await session.RequestNextAsync(2);
        await session.Client.ExpectAsync("rollBackward");
        await session.Client.ExpectAsync("awaitReply");
    }
}
