using System.Security.Cryptography;
using System.Text.Json;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Loopback.Interop;

/// <summary>An independent client fetches blocks of a generated chain of ours.</summary>
[Trait("Category", "Loopback")]
[Collection("Interop")]
public sealed class BlockFetchInteropTests : IDisposable
{
    private readonly InMemoryChain _chain = new();
    private readonly List<Block> _blocks = [];

    public BlockFetchInteropTests()
    {
        // From one SDU a block to eight.
        foreach (int bodyBytes in (int[])[300, 11_000, 12_288, 30_000, 88_000])
        {
            var generator = new ChainGenerator(new ChainGeneratorOptions { Seed = bodyBytes, Parent = _chain.Tip, BodyBytes = bodyBytes });
            foreach (Block block in generator.Take(6))
            {
                _chain.Append(block);
                _blocks.Add(block);
            }
        }
    }

    [Fact]
    public async Task SendsEveryByte_WhenTheWholeChainIsFetched()
    {
        await using InteropSession session = await InteropSession.OpenAsync(_chain);

        await session.RequestRangesAsync((_blocks[0].Point, _blocks[^1].Point));

        await ExpectBatchAsync(session, _blocks);
    }

    [Fact]
    public async Task AnswersInOrder_WhenRangesArePipelined()
    {
        await using InteropSession session = await InteropSession.OpenAsync(_chain);

        await session.RequestRangesAsync([.. _blocks.Chunk(4).Select(range => (range[0].Point, range[^1].Point))]);

        foreach (Block[] range in _blocks.Chunk(4))
        {
            await ExpectBatchAsync(session, range);
        }
    }

    [Fact]
    public async Task SendsNoBlocks_WhenAnEndOfTheRangeIsNotOnTheChain()
    {
        var elsewhere = new BlockHash(Enumerable.Repeat((byte)0xcd, BlockHash.Size).ToArray());
        await using InteropSession session = await InteropSession.OpenAsync(_chain);

        await session.RequestRangesAsync(
            (new Point(_blocks[3].Slot, elsewhere), _blocks[5].Point),
            (_blocks[3].Point, new Point(_blocks[5].Slot, elsewhere)),
            (_blocks[3].Point, _blocks[3].Point));

        await session.Client.ExpectAsync("noBlocks");
        await session.Client.ExpectAsync("noBlocks");
        await ExpectBatchAsync(session, [_blocks[3]]);
    }

    [Fact]
    public async Task SendsNoBlocks_WhenTheRangeWasRolledBack()
    {
        await using InteropSession session = await InteropSession.OpenAsync(_chain);
        _chain.RollBack(_blocks[10].Point);

        await session.RequestRangesAsync((_blocks[9].Point, _blocks[11].Point), (_blocks[9].Point, _blocks[10].Point));

        await session.Client.ExpectAsync("noBlocks");
        await ExpectBatchAsync(session, _blocks[9..11]);
    }

    [Fact]
    public async Task BeginsAnew_WhenTheClientWasDone()
    {
        await using InteropSession session = await InteropSession.OpenAsync(_chain);
        await session.RequestRangesAsync((_blocks[0].Point, _blocks[1].Point));
        await ExpectBatchAsync(session, _blocks[..2]);

        await session.FinishAsync("blockFetch");
        await session.RequestRangesAsync((_blocks[2].Point, _blocks[3].Point));
        await ExpectBatchAsync(session, _blocks[2..4]);
        await session.CloseAsync();

        List<(MiniProtocolId Protocol, byte[] Bytes)> sent = await session.MessagesAsync(FrameDirection.Received);
        List<BlockFetchMessage> messages =
            [.. sent.Where(message => message.Protocol == NodeToNode.BlockFetch).Select(message => BlockFetchCodec.Read(message.Bytes))];
        Assert.Equal(
            [BlockFetchMessageKind.RequestRange, BlockFetchMessageKind.ClientDone, BlockFetchMessageKind.RequestRange],
            messages.Select(message => message.Kind));
        Assert.Equal((_blocks[2].Point, _blocks[3].Point), (messages[2].First, messages[2].Last));
    }

    public void Dispose() => _chain.Dispose();

    private static async Task ExpectBatchAsync(InteropSession session, IReadOnlyList<Block> blocks)
    {
        await session.Client.ExpectAsync("startBatch");
        foreach (Block block in blocks)
        {
            JsonElement seen = await session.Client.ExpectAsync("block");
            Assert.Equal(block.Size, seen.GetProperty("bytes").GetInt32());
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(block.Span)), seen.GetProperty("sha256").GetString());
        }

        await session.Client.ExpectAsync("batchDone");
    }
}
