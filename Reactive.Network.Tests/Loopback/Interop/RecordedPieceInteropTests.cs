using System.Security.Cryptography;
using System.Text.Json;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Storage;

namespace Reactive.Network.Tests.Loopback.Interop;

/// <summary>
/// An independent client follows and fetches recorded pieces of real chains that we serve from their files. What it saw is compared with the files, read by
/// their layout; slots, numbers and hashes are its own reckoning.
/// </summary>
[Trait("Category", "Loopback")]
[Collection("Interop")]
public class RecordedPieceInteropTests
{
    /// <summary>Headers asked for ahead, as the reference does at most.</summary>
    private const int Window = 200;

    /// <summary>The newest blocks of a piece, which has them all but for one; there they reach over its hard fork.</summary>
    private const int MostFetched = 3_000;

    private const int BlocksPerRange = 50;
    private const int RangesAhead = 4;

    [Theory]
    [MemberData(nameof(ChainPieces.Good), MemberType = typeof(ChainPieces))]
    public async Task SendsWhatTheFilesHave_WhenAPieceIsFollowedFromOrigin(string name)
    {
        ChainPiece piece = ChainPieces.Load(name);
        List<RecordedBlock> blocks = RecordedBlocks.Of(piece);
        using ImmutableDatabase database = ImmutableDatabase.Open(piece.Directory);
        await using InteropSession session = await InteropSession.OpenAsync(database, new NetworkMagic(764_824_073));

        await session.FindIntersectAsync(Point.Origin);
        JsonElement found = await session.Client.ExpectAsync("intersectFound");
        await FollowAsync(session, blocks, piece.Last);
        Assert.Equal(4711, await session.PingAsync(4711));
        await session.FinishAsync("chainSync");
        await FetchAsync(session, blocks);
        await session.FinishAsync("blockFetch");
        await session.FindIntersectAsync(blocks[0].Point, Point.Origin);
        JsonElement again = await session.Client.ExpectAsync("intersectFound");
        Assert.Equal(4712, await session.PingAsync(4712));
        await session.FinishAsync("keepAlive");
        NetworkException? cause = await session.CloseAsync();

        Assert.Equal(Point.Origin, InteropSession.ReadPoint(found.GetProperty("point")));
        Assert.Equal(piece.Last, InteropSession.ReadTip(found.GetProperty("tip")));
        Assert.Equal(blocks[0].Point, InteropSession.ReadPoint(again.GetProperty("point")));
        Assert.True(cause is null or { Fault: Fault.Transport }, $"{cause}");
        await ShouldBeUnderstoodAsync(session, blocks);
    }

    private static async Task FollowAsync(InteropSession session, List<RecordedBlock> blocks, Tip tip)
    {
        int asked = Math.Min(Window, blocks.Count + 1);
        await session.RequestNextAsync(asked);
        JsonElement back = await session.Client.ExpectAsync("rollBackward");
        Assert.Equal(Point.Origin, InteropSession.ReadPoint(back.GetProperty("point")));
        for (int i = 0; i < blocks.Count; i++)
        {
            JsonElement seen = await session.Client.ExpectAsync("rollForward");
            RecordedBlock block = blocks[i];
            Assert.Equal(block.Point, InteropSession.ReadPoint(seen));
            Assert.Equal(Math.Max(block.Tag - 1, 0), seen.GetProperty("era").GetInt32());
            Assert.Equal(block.Header.Length, seen.GetProperty("bytes").GetInt32());
            Assert.Equal(Sha256(block.Header), seen.GetProperty("sha256").GetString());
            Assert.Equal(tip, InteropSession.ReadTip(seen.GetProperty("tip")));
            if (block.Tag <= 1)
            {
                Assert.Equal(block.Tag, seen.GetProperty("kind").GetInt32());
                Assert.Equal(block.Bytes.Length, seen.GetProperty("size").GetInt32());
            }

            // Half a window at a time, and none beyond the last block.
            int ahead = asked - i - 2;
            if (ahead == Window / 2 && asked < blocks.Count + 1)
            {
                int more = Math.Min(Window / 2, blocks.Count + 1 - asked);
                await session.RequestNextAsync(more);
                asked += more;
            }
        }
    }

    private static async Task FetchAsync(InteropSession session, List<RecordedBlock> blocks)
    {
        RecordedBlock[][] ranges = RangesOf(blocks);
        await session.RequestRangesAsync([.. ranges.Take(RangesAhead).Select(Ends)]);
        for (int i = 0; i < ranges.Length; i++)
        {
            await session.Client.ExpectAsync("startBatch");
            foreach (RecordedBlock block in ranges[i])
            {
                JsonElement seen = await session.Client.ExpectAsync("block");
                Assert.Equal(block.Bytes.Length, seen.GetProperty("bytes").GetInt32());
                Assert.Equal(Sha256(block.Bytes), seen.GetProperty("sha256").GetString());
            }

            await session.Client.ExpectAsync("batchDone");
            if (i + RangesAhead < ranges.Length)
            {
                await session.RequestRangesAsync(Ends(ranges[i + RangesAhead]));
            }
        }
    }

    /// <summary>Everything that the client sent is whole messages to our codecs, and those that it was told to send.</summary>
    private static async Task ShouldBeUnderstoodAsync(InteropSession session, List<RecordedBlock> blocks)
    {
        List<(MiniProtocolId Protocol, byte[] Bytes)> sent = await session.MessagesAsync(FrameDirection.Received);

        List<ChainSyncMessage> chainSync = [.. Of(NodeToNode.ChainSync).Select(bytes => ChainSyncCodec.Read(bytes))];
        Assert.Equal(
            [
                ChainSyncMessageKind.FindIntersect,
                .. Enumerable.Repeat(ChainSyncMessageKind.RequestNext, blocks.Count + 1),
                ChainSyncMessageKind.Done,
                ChainSyncMessageKind.FindIntersect,
            ],
            chainSync.Select(message => message.Kind));
        Assert.Equal([Point.Origin], chainSync[0].Points.ToArray());
        Assert.Equal([blocks[0].Point, Point.Origin], chainSync[^1].Points.ToArray());

        List<BlockFetchMessage> blockFetch = [.. Of(NodeToNode.BlockFetch).Select(bytes => BlockFetchCodec.Read(bytes))];
        Assert.Equal(BlockFetchMessageKind.ClientDone, blockFetch[^1].Kind);
        Assert.Equal(RangesOf(blocks).Select(Ends), blockFetch.SkipLast(1).Select(message => (message.First, message.Last)));

        Assert.Equal(
            [KeepAliveMessage.KeepAlive(4711), KeepAliveMessage.KeepAlive(4712), KeepAliveMessage.Done],
            Of(NodeToNode.KeepAlive).Select(bytes => KeepAliveCodec.Read(bytes)));

        IEnumerable<byte[]> Of(MiniProtocolId protocol) => sent.Where(message => message.Protocol == protocol).Select(message => message.Bytes);
    }

    private static RecordedBlock[][] RangesOf(List<RecordedBlock> blocks) => [.. blocks.TakeLast(MostFetched).Chunk(BlocksPerRange)];

    private static (Point First, Point Last) Ends(RecordedBlock[] range) => (range[0].Point, range[^1].Point);

    private static string Sha256(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes.Span));
}
