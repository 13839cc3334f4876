using System.Text.Json;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Recording;
using Reactive.Network.Tests.Protocols;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Recording;

/// <summary>
/// Chain-sync as nodes of a private network served it, forks and a relay among them (<c>messages/conversations</c>): our client hears it, and our server says it.
/// </summary>
public class ConversationReplayTests
{
    private const string Proposal = "8200a20e84182af500f40f84182af500f4";
    private const string Acceptance = "83010f84182af500f4";

    public static TheoryData<string, int> Conversations => new()
    {
        { "intersect_origin_one_rollforward", 2 },
        { "within_k_fork_v1", 3 },
        { "fork_and_select_v1", 3 },
        { "exceeds_k_no_switch_v1", 3 },
    };

    [Theory]
    [MemberData(nameof(Conversations))]
    public void OurClientHearsEveryHeader_WhenTheServerIsPlayed(string name, int served)
    {
        List<ChainSyncMessage[]> all = Load(name);
        Assert.Equal(served, all.Count);
        foreach (ChainSyncMessage[] said in all)
        {
            var events = new List<ChainSyncEvent>();

            ReplayReport report = Recordings.AsServer(Recording(said), client => client.ChainSync.Follow(Point.Origin).Subscribe(events.Add, _ => { }));

            Assert.Null(report.Difference);
            Assert.Equal((ChainEventKind.Intersected, Point.Origin, said[0].Tip), (events[0].Kind, events[0].Point, events[0].Tip));
            Assert.Equal(said.Skip(1).Select(one => (one.Header.Hash, one.Header.Point, one.Tip)), events.Skip(1).Select(e => (e.Header.Hash, e.Point, e.Tip)));
            ShouldBeOneChain(events.Skip(1).Select(e => e.Header));
        }
    }

    [Theory]
    [MemberData(nameof(Conversations))]
    public void OurServerSaysTheSame_WhenTheClientIsPlayed(string name, int served)
    {
        List<ChainSyncMessage[]> all = Load(name);
        Assert.Equal(served, all.Count);
        foreach (ChainSyncMessage[] said in all)
        {
            ReplayReport report = Recordings.AsClient(Recording(said), Chain(said));

            Assert.Null(report.Difference);
            Assert.Equal(2 + said.Length, report.Matched);
        }
    }

    [Fact]
    public void BothSidesAreTheSame_WhenTheShortestIsTornAnywhere()
    {
        ChainSyncMessage[] said = Load("intersect_origin_one_rollforward")[0];
        byte[] file = Recording(said);
        for (int at = 1; at < 1_200; at++)
        {
            var events = new List<ChainSyncEvent>();

            Assert.Null(Recordings.AsServer(file, client => client.ChainSync.Follow(Point.Origin).Subscribe(events.Add, _ => { }), tornAt: at).Difference);
            Assert.Equal(2, events.Count);
            if (at < 100)
            {
                Assert.Null(Recordings.AsClient(file, Chain(said), tornAt: at).Difference);
            }
        }
    }

    private static void ShouldBeOneChain(IEnumerable<Header> headers)
    {
        BlockHash? previous = null;
        foreach (Header header in headers)
        {
            Assert.True(header.TryReadFields(out HeaderFields fields));
            Assert.True(previous is null || fields.PreviousHash == previous, "a link is broken");
            previous = header.Hash;
        }
    }

    private static CapturedChain Chain(ChainSyncMessage[] said) => new(
        [(Point.Origin, said[0].Tip)],
        [.. said.Select(one => one.Kind == ChainSyncMessageKind.RollForward ? ChainStep.Forward(one.Header, one.Tip) : ChainStep.Backward(one.Point, one.Tip))]);

    /// <summary>What each node said, and what a relay behind them said.</summary>
    private static List<ChainSyncMessage[]> Load(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path("messages", "conversations", $"{name}.json")));
        JsonElement root = document.RootElement;
        Dictionary<string, byte[]> headers = root.GetProperty("headers").EnumerateArray()
            .ToDictionary(one => one.GetProperty("hash").GetString()!, one => Convert.FromHexString(one.GetProperty("hex").GetString()!));
        return
        [
            .. root.GetProperty("peers").EnumerateArray().Select(peer => peer.GetProperty("served"))
                .Append(root.GetProperty("expected_downstream"))
                .Select(served => served.EnumerateArray().Select(message => Read(message, headers)).ToArray()),
        ];
    }

    private static ChainSyncMessage Read(JsonElement message, Dictionary<string, byte[]> headers)
    {
        JsonElement tipJson = message.GetProperty("tip");
        var tip = new Tip(Vectors.Point(tipJson), tipJson.GetProperty("block_number").GetUInt64());
        if (message.GetProperty("message").GetString() == "MsgRollBackward")
        {
            return ChainSyncMessage.RollBackward(Vectors.Point(message.GetProperty("point")), tip);
        }

        byte[] bytes = headers[message.GetProperty("header_hash").GetString()!];
        var header = Header.FromMemory(bytes, (Era)message.GetProperty("hfc_tag").GetInt32());
        Assert.Equal(message.GetProperty("header_hash").GetString(), header.Hash.ToString());
        return ChainSyncMessage.RollForward(header, tip);
    }

    private static byte[] Recording(ChainSyncMessage[] said) => Recordings.Of(
    [
        (CaptureSide.Client, 0, SduSender.Initiator, Proposal),
        (CaptureSide.Server, 0, SduSender.Responder, Acceptance),
        (CaptureSide.Client, 2, SduSender.Initiator, "82049f80ff"),
        (CaptureSide.Server, 2, SduSender.Responder, Hex(ChainSyncMessage.IntersectFound(Point.Origin, said[0].Tip))),
        .. said.SelectMany(one => new[]
        {
            (CaptureSide.Client, 2, SduSender.Initiator, "8100"),
            (CaptureSide.Server, 2, SduSender.Responder, Hex(one)),
        }),
    ]);

    private static string Hex(ChainSyncMessage message) => CodecCheck.EncodeHex(output => ChainSyncCodec.Write(output, message));
}
