using System.Formats.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Protocols;
using Reactive.Network.Tests.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>
/// What a server and a client of ours really put on the wire, against the same messages written here from the specification with System.Formats.Cbor: a second
/// look at point lists, header wrapping and tag 24 that shares no code with the codecs.
/// </summary>
public class ServedBytesTests
{
    private const CborTag EncodedItem = (CborTag)24;

    [Theory]
    [InlineData("assembled-mainnet-byron-00000", 764_824_073)]
    [InlineData("assembled-preprod-shelley-00004", 1)]
    [InlineData("devnet-conway", 42)]
    public void AreThoseOfTheSpecification_WhenAPieceIsFollowedAndFetched(string name, uint magic)
    {
        ChainPiece piece = ChainPieces.Load(name);
        using ImmutableDatabase database = ImmutableDatabase.Open(piece.Directory);
        List<Block> blocks = database.Blocks(piece.First, piece.Last.Point);
        var pair = new VirtualPair(
            client: options => options with { Magic = new NetworkMagic(magic) },
            server: options => options with { Magic = new NetworkMagic(magic), Serve = database });
        List<Frame> frames = [];
        using IDisposable tap = pair.Server.Frames.Subscribe(frames.Add);
        int followed = 0;
        using IDisposable follow = pair.Client.ChainSync.Follow([piece.First, Point.Origin]).Subscribe(_ => followed++);
        pair.Run(TimeSpan.FromSeconds(1));
        using IDisposable fetch = pair.Client.BlockFetch.Fetch([.. blocks.Take(3).Select(block => BlockRequest.For(block.Header))]).Subscribe(_ => { });
        pair.Run(TimeSpan.FromSeconds(1));

        List<byte[]> accept = Items(frames, FrameDirection.Sent, NodeToNode.Handshake);
        List<byte[]> asked = Items(frames, FrameDirection.Received, NodeToNode.ChainSync);
        List<byte[]> chainSync = Items(frames, FrameDirection.Sent, NodeToNode.ChainSync);
        List<byte[]> blockFetch = Items(frames, FrameDirection.Sent, NodeToNode.BlockFetch);

        Equal([Accept(magic)], accept);
        Equal(FindIntersect([piece.First, Point.Origin]), asked[0]);
        Equal(
            [
                Message(5, 3, writer => { WritePoint(writer, piece.First); WriteTip(writer, piece.Last); }),
                Message(3, 3, writer => { WritePoint(writer, piece.First); WriteTip(writer, piece.Last); }),
                .. blocks.Skip(1).Select(block => RollForward(block, piece.Last)),
                Message(1, 1, _ => { }),
            ],
            chainSync);
        // The client may cut the range by bytes: a batch or several.
        byte[] startBatch = Message(2, 1, _ => { });
        byte[] batchDone = Message(5, 1, _ => { });
        Equal(startBatch, blockFetch[0]);
        Equal(batchDone, blockFetch[^1]);
        Equal([.. blocks.Take(3).Select(ForBlock)], blockFetch.FindAll(item => !item.SequenceEqual(startBatch) && !item.SequenceEqual(batchDone)));
        Assert.Equal(blocks.Count, followed);
    }

    private static List<byte[]> Items(List<Frame> frames, FrameDirection direction, MiniProtocolId protocol)
    {
        var lane = new ItemAssembler();
        List<byte[]> items = [];
        foreach (Frame frame in frames.Where(frame => frame.Direction == direction && frame.Header.Protocol == protocol))
        {
            lane.Append(frame.Payload.Span, items.Add);
        }

        Assert.True(lane.IsEmpty);
        return items;
    }

    private static void Equal(List<byte[]> expected, List<byte[]> actual) =>
        Assert.Equal(expected.Select(Convert.ToHexStringLower), actual.Select(Convert.ToHexStringLower));

    private static void Equal(byte[] expected, byte[] actual) => Assert.Equal(Convert.ToHexStringLower(expected), Convert.ToHexStringLower(actual));

    /// <summary>[1, 15, [magic, initiator only, peer sharing, query]].</summary>
    private static byte[] Accept(uint magic) => Message(1, 3, writer =>
    {
        writer.WriteUInt32(NodeToNode.Version15);
        writer.WriteStartArray(4);
        writer.WriteUInt32(magic);
        writer.WriteBoolean(true);
        writer.WriteUInt32(0);
        writer.WriteBoolean(false);
        writer.WriteEndArray();
    });

    /// <summary>[4, [_ point, ...]]: the list as the reference writes it.</summary>
    private static byte[] FindIntersect(Point[] points) => Message(4, 2, writer =>
    {
        writer.WriteStartArray(null);
        foreach (Point point in points)
        {
            WritePoint(writer, point);
        }

        writer.WriteEndArray();
    });

    /// <summary>[2, [era, 24(header)], tip], and for Byron [2, [0, [[kind, size], 24(header)]], tip].</summary>
    private static byte[] RollForward(Block block, Tip tip) => Message(2, 3, writer =>
    {
        int tag = block.Span[1];
        writer.WriteStartArray(2);
        writer.WriteInt32(Math.Max(0, tag - 1));
        if (tag <= 1)
        {
            writer.WriteStartArray(2);
            writer.WriteStartArray(2);
            writer.WriteInt32(tag);
            writer.WriteInt32(block.Size);
            writer.WriteEndArray();
        }

        writer.WriteTag(EncodedItem);
        writer.WriteByteString(FirstElement(block.Memory));
        if (tag <= 1)
        {
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        WriteTip(writer, tip);
    });

    /// <summary>[4, 24(block)].</summary>
    private static byte[] ForBlock(Block block) => Message(4, 2, writer =>
    {
        writer.WriteTag(EncodedItem);
        writer.WriteByteString(block.Span);
    });

    private static byte[] Message(int tag, int length, Action<CborWriter> writeFields)
    {
        var writer = new CborWriter();
        writer.WriteStartArray(length);
        writer.WriteInt32(tag);
        writeFields(writer);
        writer.WriteEndArray();
        return writer.Encode();
    }

    private static void WritePoint(CborWriter writer, Point point)
    {
        writer.WriteStartArray(point.IsOrigin ? 0 : 2);
        if (!point.IsOrigin)
        {
            writer.WriteUInt64(point.Slot);
            writer.WriteByteString(point.Hash.AsSpan());
        }

        writer.WriteEndArray();
    }

    private static void WriteTip(CborWriter writer, Tip tip)
    {
        writer.WriteStartArray(2);
        WritePoint(writer, tip.Point);
        writer.WriteUInt64(tip.BlockNumber);
        writer.WriteEndArray();
    }

    /// <summary>The header: the first element of the block in [tag, block].</summary>
    private static ReadOnlySpan<byte> FirstElement(ReadOnlyMemory<byte> tagged)
    {
        var reader = new CborReader(tagged);
        reader.ReadStartArray();
        reader.ReadInt32();
        reader.ReadStartArray();
        return reader.ReadEncodedValue().Span;
    }
}
