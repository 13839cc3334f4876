using System.Net;
using System.Text.Json;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.PeerSharing;
using Reactive.Network.Tests.Protocols;

namespace Reactive.Network.Tests.Loopback.Interop;

/// <summary>Our server and the independent client on one TCP connection, with every SDU of it recorded.</summary>
internal sealed class InteropSession : IAsyncDisposable
{
    /// <summary>For what our side does by itself once the client did its part.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly PeerListener _listener;
    private readonly List<Frame> _frames = [];
    private readonly TaskCompletionSource _recorded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private InteropSession(IChainSource chain, NetworkMagic magic, IPeerSource? share, TypeScriptClient client)
    {
        Client = client;
        Magic = magic;
        TaskCompletionSource<PeerConnection> accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Accepted = accepted.Task;
        TcpBearerListener listener = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        Port = listener.LocalEndPoint.Port;
        // However slow this machine is, nothing recorded may be lost, and the pauses between the steps of a test are no idling of the client's.
        var mux = new MuxOptions { MaxFrameBytes = 256 * 1024 * 1024, InboundIdleTimeout = Patience };
        var options = new NetworkOptions { Magic = magic, Serve = chain, SharePeers = share, Mux = mux };
        _listener = PeerListener.Start(listener, options, connection =>
        {
            connection.Frames.Subscribe(_frames.Add, _ => _recorded.SetResult(), _recorded.SetResult);
            accepted.SetResult(connection);
        });
    }

    public TypeScriptClient Client { get; }

    public NetworkMagic Magic { get; }

    private int Port { get; }

    private Task<PeerConnection> Accepted { get; }

    /// <summary>The connection as our side has it.</summary>
    public PeerConnection Connection => Accepted.Result;

    /// <summary>Connected; nothing is sent yet. Skips the calling test where the client cannot run.</summary>
    public static async Task<InteropSession> ConnectAsync(IChainSource chain, NetworkMagic? magic = null, IPeerSource? share = null)
    {
        var session = new InteropSession(chain, magic ?? NetworkMagic.Devnet, share, TypeScriptClient.Start());
        try
        {
            await session.Client.TellAsync(new { command = "connect", port = session.Port });
            await session.Client.ExpectAsync("connected");
            await session.Accepted.WaitAsync(Patience, TestContext.Current.CancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connected, and the handshake done as an initiator only.</summary>
    public static async Task<InteropSession> OpenAsync(IChainSource chain, NetworkMagic? magic = null)
    {
        InteropSession session = await ConnectAsync(chain, magic);
        await session.ProposeAsync(initiatorOnly: true);
        JsonElement accept = await session.Client.ExpectAsync("accept");
        Assert.Equal(14, accept.GetProperty("version").GetInt32());
        return session;
    }

    public Task ProposeAsync(bool initiatorOnly = false, bool peerSharing = false, bool query = false, uint? magic = null) =>
        Client.TellAsync(new { command = "propose", magic = magic ?? Magic.Value, initiatorOnly, peerSharing, query });

    public Task RequestNextAsync(int count = 1) => Client.TellAsync(new { command = "requestNext", count });

    public Task FindIntersectAsync(params Point[] points) =>
        Client.TellAsync(new { command = "findIntersect", points = points.Select(Json).ToArray() });

    public Task RequestRangesAsync(params (Point First, Point Last)[] ranges) =>
        Client.TellAsync(new { command = "requestRanges", ranges = ranges.Select(range => new[] { Json(range.First), Json(range.Last) }).ToArray() });

    /// <summary>A ping, and its answer.</summary>
    public async Task<int> PingAsync(int cookie)
    {
        await Client.TellAsync(new { command = "keepAlive", cookie });
        return (await Client.ExpectAsync("alive")).GetProperty("cookie").GetInt32();
    }

    /// <summary>MsgDone of <c>chainSync</c>, <c>blockFetch</c> or <c>keepAlive</c>.</summary>
    public async Task FinishAsync(string protocol)
    {
        await Client.TellAsync(new { command = "done", protocol });
        await Client.ExpectAsync("done");
    }

    /// <summary>The client hangs up. The cause that our side names.</summary>
    public async Task<NetworkException?> CloseAsync()
    {
        await Client.TellAsync(new { command = "close" });
        return await EndAsync();
    }

    /// <summary>Waits until our side says that the connection is over, and why.</summary>
    public Task<NetworkException?> EndAsync() => Connection.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);

    /// <summary>Every message that went one way, in order, once the connection is over: SDUs put together to whole items, with nothing left.</summary>
    public async Task<List<(MiniProtocolId Protocol, byte[] Bytes)>> MessagesAsync(FrameDirection direction)
    {
        await _recorded.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        var lanes = new Dictionary<MiniProtocolId, ItemAssembler>();
        var messages = new List<(MiniProtocolId, byte[])>();
        foreach (Frame frame in _frames.Where(frame => frame.Direction == direction))
        {
            // The client runs no responder, and our side no initiator.
            Assert.Equal(direction == FrameDirection.Received ? SduSender.Initiator : SduSender.Responder, frame.Header.Sender);
            if (!lanes.TryGetValue(frame.Header.Protocol, out ItemAssembler? lane))
            {
                lanes[frame.Header.Protocol] = lane = new ItemAssembler();
            }

            lane.Append(frame.Payload.Span, item => messages.Add((frame.Header.Protocol, item)));
        }

        Assert.All(lanes.Values, lane => Assert.True(lane.IsEmpty));
        return messages;
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        _listener.Dispose();
    }

    /// <summary>A point as the script writes it.</summary>
    public static Point ReadPoint(JsonElement json) => json.ValueKind == JsonValueKind.Null
        ? Point.Origin
        : new Point(json.GetProperty("slot").GetUInt64(), BlockHash.Parse(json.GetProperty("hash").GetString()!));

    /// <summary>A tip as the script writes it.</summary>
    public static Tip ReadTip(JsonElement json) => new(ReadPoint(json.GetProperty("point")), json.GetProperty("number").GetUInt64());

    private static object? Json(Point point) => point.IsOrigin ? null : new { slot = point.Slot, hash = point.Hash.ToString() };
}
