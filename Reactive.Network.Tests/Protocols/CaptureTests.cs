using System.Text.Json;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Protocols.TxSubmission;
using Reactive.Network.Tests.Protocols.BlockFetch;
using Reactive.Network.Tests.Protocols.ChainSync;
using Reactive.Network.Tests.Protocols.Handshake;
using Reactive.Network.Tests.Protocols.TxSubmission;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols;

/// <summary>Byte streams as they were seen on sockets: SDUs, then items across SDUs, then messages.</summary>
public class CaptureTests
{
    [Fact]
    public void DecodesWhole_WhenStreamWasCaptured()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path("messages", "captures.json")));
        JsonElement captures = document.RootElement.GetProperty("captures");

        foreach (JsonElement capture in captures.EnumerateArray())
        {
            DecodesWhole(capture);
        }

        Assert.Equal(12, captures.GetArrayLength());
    }

    private static void DecodesWhole(JsonElement capture)
    {
        byte[] stream = File.ReadAllBytes(DataFolder.Path(capture.GetProperty("file").GetString()!.Split('/')));
        var lanes = new Dictionary<(MiniProtocolId, SduSender), ItemAssembler>();
        var items = new List<(MiniProtocolId Protocol, SduSender Sender, byte[] Bytes)>();
        int position = 0;
        foreach (JsonElement expected in capture.GetProperty("sdus").EnumerateArray())
        {
            SduHeader header = SduHeader.Read(stream.AsSpan(position));
            Assert.Equal(
                new SduHeader(
                    expected.GetProperty("timestamp").GetUInt32(), Sender(expected),
                    new MiniProtocolId(expected.GetProperty("mini_protocol").GetUInt16()), expected.GetProperty("length").GetInt32()),
                header);
            position += SduHeader.Size;
            if (!lanes.TryGetValue((header.Protocol, header.Sender), out ItemAssembler? lane))
            {
                lanes[(header.Protocol, header.Sender)] = lane = new ItemAssembler();
            }

            lane.Append(stream.AsSpan(position, header.PayloadLength), item => items.Add((header.Protocol, header.Sender, item)));
            position += header.PayloadLength;
        }

        Assert.Equal(stream.Length, position);
        Assert.All(lanes.Values, lane => Assert.True(lane.IsEmpty));
        JsonElement[] messages = [.. capture.GetProperty("messages").EnumerateArray()];
        Assert.Equal(messages.Length, items.Count);
        for (int i = 0; i < messages.Length; i++)
        {
            Assert.Equal(messages[i].GetProperty("mini_protocol").GetUInt16(), items[i].Protocol.Value);
            Assert.Equal(Sender(messages[i]), items[i].Sender);
            Assert.Equal(messages[i].GetProperty("size").GetInt32(), items[i].Bytes.Length);
            ShouldMean(messages[i], items[i].Bytes, capture.GetProperty("mode").GetString() == "n2n");
        }
    }

    private static void ShouldMean(JsonElement message, byte[] bytes, bool isNodeToNode)
    {
        var vector = new Vector(
            "capture", isNodeToNode, !isNodeToNode, message.GetProperty("message").GetString(), bytes, true, message.GetProperty("fields"));
        switch (message.GetProperty("protocol").GetString())
        {
            case "handshake":
                ProtocolBundle bundle = isNodeToNode ? ProtocolBundle.NodeToNode : ProtocolBundle.NodeToClient;
                HandshakeVectorTests.ShouldMean(vector, HandshakeCodec.Read(bytes, bundle));
                break;
            case "chain-sync":
                ChainSyncVectorTests.ShouldMean(vector, ChainSyncCodec.Read(bytes));
                break;
            case "block-fetch":
                BlockFetchVectorTests.ShouldMean(vector, BlockFetchCodec.Read(bytes));
                break;
            case "keep-alive":
                Assert.Equal(message.GetProperty("fields").GetProperty("cookie").GetUInt16(), KeepAliveCodec.Read(bytes).Cookie);
                break;
            case "tx-submission2":
                TxSubmissionVectorTests.ShouldMean(vector, TxSubmissionCodec.Read(bytes));
                break;
            default:
                Assert.Fail($"a message of {message.GetProperty("protocol").GetString()}");
                break;
        }
    }

    private static SduSender Sender(JsonElement json) =>
        json.GetProperty("direction").GetString() == "initiator" ? SduSender.Initiator : SduSender.Responder;
}
