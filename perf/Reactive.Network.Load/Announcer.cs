using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Protocols.KeepAlive;

namespace Reactive.Network.Load;

/// <summary>
/// The other end of a connection, without the multiplexer: one thread and one blocking socket that shake hands, announce a header, and wait for the range that is asked for.
/// </summary>
internal sealed class Announcer(Socket socket) : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly ArrayBufferWriter<byte> _output = new();
    private int _first;
    private int _end;
    private bool _headerWanted;
    private long _rangeAsked;
    private int _rangeBytes;

    /// <summary>Bytes of the last announcement, and of the last request of a range, SDU headers included.</summary>
    public (int Announcement, int Request) Bytes { get; private set; }

    /// <summary>Bytes that a header takes to be announced, and its block to be asked for.</summary>
    public static (int Announcement, int Request) BytesFor(Block block)
    {
        var message = new ArrayBufferWriter<byte>();
        BlockFetchCodec.Write(message, BlockFetchMessage.RequestRange(block.Point, block.Point));
        int request = SduHeader.Size + message.WrittenCount;
        message.Clear();
        ChainSyncCodec.Write(message, ChainSyncMessage.RollForward(block.Header, new Tip(block.Point, block.BlockNumber)));
        return (SduHeader.Size + message.WrittenCount, request);
    }

    /// <summary>Shakes hands, says that the chain is empty, and waits until the follower waits.</summary>
    public void Begin()
    {
        while (!_headerWanted)
        {
            ReadOne();
        }
    }

    /// <summary>Announces a block and waits until it is asked for; then serves it and waits until the follower waits for the next.</summary>
    /// <returns>Ticks of the stopwatch from the announcement to the request of the range.</returns>
    public long Announce(Block block)
    {
        _output.ResetWrittenCount();
        Write(NodeToNode.ChainSync, output => ChainSyncCodec.Write(output, ChainSyncMessage.RollForward(block.Header, new Tip(block.Point, block.BlockNumber))));
        _rangeAsked = 0;
        _headerWanted = false;
        int announced = _output.WrittenCount;
        long start = Stopwatch.GetTimestamp();
        Flush();
        while (_rangeAsked == 0)
        {
            ReadOne();
        }

        long took = _rangeAsked - start;
        Bytes = (announced, _rangeBytes);
        Write(NodeToNode.BlockFetch, output =>
        {
            BlockFetchCodec.Write(output, BlockFetchMessage.StartBatch);
            BlockFetchCodec.Write(output, BlockFetchMessage.ForBlock(block));
            BlockFetchCodec.Write(output, BlockFetchMessage.BatchDone);
        });
        Flush();
        while (!_headerWanted)
        {
            ReadOne();
        }

        return took;
    }

    public void Dispose() => socket.Dispose();

    /// <summary>Takes one SDU: the follower's messages are short, and none is split.</summary>
    private void ReadOne()
    {
        Fill(SduHeader.Size);
        SduHeader header = SduHeader.Read(_buffer.AsSpan(_first));
        int whole = SduHeader.Size + header.PayloadLength;
        Fill(whole);
        if (header.Protocol == NodeToNode.BlockFetch && _rangeAsked == 0)
        {
            _rangeAsked = Stopwatch.GetTimestamp();
            _rangeBytes = whole;
        }

        ReadOnlyMemory<byte> message = _buffer.AsMemory(_first + SduHeader.Size, header.PayloadLength);
        if (header.Protocol == NodeToNode.ChainSync)
        {
            OnChainSync(ChainSyncCodec.Read(message));
        }
        else if (header.Protocol == NodeToNode.KeepAlive)
        {
            ushort cookie = KeepAliveCodec.Read(message).Cookie;
            Write(NodeToNode.KeepAlive, output => KeepAliveCodec.Write(output, KeepAliveMessage.Response(cookie)));
        }
        else if (header.Protocol == NodeToNode.Handshake)
        {
            const int Version = NodeToNode.Version14;
            byte[] data = new NodeToNodeVersionData(NetworkMagic.Devnet.Value, InitiatorOnly: true, PeerSharing: false, Query: false).Encode(Version);
            Write(NodeToNode.Handshake, output => HandshakeCodec.Write(output, new HandshakeMessage.AcceptVersion(new VersionEntry(Version, data))));
        }

        _first += whole;
        Flush();
    }

    private void OnChainSync(ChainSyncMessage message)
    {
        bool intersects = message.Kind == ChainSyncMessageKind.FindIntersect;
        Write(NodeToNode.ChainSync, output => ChainSyncCodec.Write(
            output, intersects ? ChainSyncMessage.IntersectFound(Point.Origin, Tip.Origin) : ChainSyncMessage.AwaitReply));
        _headerWanted |= !intersects;
    }

    private void Fill(int bytes)
    {
        if (_first == _end)
        {
            _first = _end = 0;
        }

        while (_end - _first < bytes)
        {
            int received = socket.Receive(_buffer.AsSpan(_end));
            _end += received > 0 ? received : throw new IOException("the follower closed the connection");
        }
    }

    private void Write(MiniProtocolId protocol, Action<ArrayBufferWriter<byte>> message)
    {
        var payload = new ArrayBufferWriter<byte>();
        message(payload);
        for (ReadOnlySpan<byte> rest = payload.WrittenSpan; !rest.IsEmpty;)
        {
            int length = Math.Min(rest.Length, 12_288);
            new SduHeader(0, SduSender.Responder, protocol, length).Write(_output.GetSpan(SduHeader.Size));
            _output.Advance(SduHeader.Size);
            _output.Write(rest[..length]);
            rest = rest[length..];
        }
    }

    private void Flush()
    {
        for (ReadOnlySpan<byte> rest = _output.WrittenSpan; !rest.IsEmpty;)
        {
            rest = rest[socket.Send(rest)..];
        }

        _output.ResetWrittenCount();
    }
}
