using System.Buffers;
using System.Reactive.Concurrency;
using Reactive.Network.Bearers;
using Reactive.Network.Cbor;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>
/// The other end of a connection, played by the test: says what it is told to, in the pieces it is told to, and keeps what it hears. It knows SDUs and
/// CBOR items and nothing of the mini-protocols.
/// </summary>
internal sealed class ScriptedPeer : IBearerSink
{
    private readonly IBearer _bearer;
    private readonly IScheduler _time;
    private readonly Queue<byte[]> _unsent = new();
    private readonly Dictionary<(SduSender, MiniProtocolId), List<byte>> _partial = [];
    private readonly List<byte> _received = [];
    private bool _isWriting;

    public ScriptedPeer(IBearer bearer, IScheduler time)
    {
        _bearer = bearer;
        _time = time;
    }

    /// <summary>Called with each whole message; answers may be sent from inside.</summary>
    public Action<Heard>? OnMessage { get; set; }

    /// <summary>Every message so far, in order.</summary>
    public List<Heard> Messages { get; } = [];

    /// <summary>Payload lengths of the SDUs heard, in order.</summary>
    public List<int> SduLengths { get; } = [];

    /// <summary>When the bearer ended, in ticks; <see langword="null"/> while it has not.</summary>
    public long? ClosedAt { get; private set; }

    public BearerException? Cause { get; private set; }

    /// <summary>Puts at most so many bytes into one SDU.</summary>
    public int SduBytes { get; set; } = 65_535;

    public void Start() => _bearer.Start(this);

    public IEnumerable<Heard> Of(MiniProtocolId protocol) => Messages.Where(heard => heard.Protocol == protocol);

    /// <summary>What one mini-protocol heard, as hex.</summary>
    public IEnumerable<string> HexOf(MiniProtocolId protocol) => Of(protocol).Select(heard => heard.Hex);

    public void Send(SduSender half, MiniProtocolId protocol, params byte[][] messages) =>
        SendPieces(half, protocol, messages.SelectMany(message => message.Chunk(SduBytes)));

    /// <summary>One SDU for each piece, all in one write.</summary>
    public void SendPieces(SduSender half, MiniProtocolId protocol, IEnumerable<byte[]> pieces) =>
        SendRaw([.. pieces.SelectMany(piece => Sdu(half, protocol, piece))]);

    public void SendRaw(byte[] bytes)
    {
        if (bytes.Length > 0)
        {
            _unsent.Enqueue(bytes);
            Write();
        }
    }

    public void Close() => _bearer.Close();

    public void Abort() => _bearer.Abort();

    /// <summary>An SDU as it stands on the wire.</summary>
    public static byte[] Sdu(SduSender half, MiniProtocolId protocol, ReadOnlySpan<byte> payload)
    {
        byte[] sdu = new byte[SduHeader.Size + payload.Length];
        new SduHeader(0, half, protocol, payload.Length).Write(sdu);
        payload.CopyTo(sdu.AsSpan(SduHeader.Size));
        return sdu;
    }

    void IBearerSink.OnReceived(ReadOnlySpan<byte> bytes)
    {
        _received.AddRange(bytes);
        while (_received.Count >= SduHeader.Size)
        {
            SduHeader header = SduHeader.Read([.. _received.Take(SduHeader.Size)]);
            if (_received.Count < SduHeader.Size + header.PayloadLength)
            {
                return;
            }

            byte[] payload = [.. _received.Skip(SduHeader.Size).Take(header.PayloadLength)];
            _received.RemoveRange(0, SduHeader.Size + header.PayloadLength);
            SduLengths.Add(payload.Length);
            Hear(header, payload);
        }
    }

    void IBearerSink.OnWritable()
    {
        _isWriting = false;
        Write();
    }

    void IBearerSink.OnClosed(BearerException? cause)
    {
        ClosedAt = _time.Now.Ticks;
        Cause = cause;
    }

    private void Write()
    {
        while (!_isWriting && _unsent.TryDequeue(out byte[]? bytes))
        {
            _isWriting = !_bearer.TryWrite(bytes);
        }
    }

    private void Hear(SduHeader header, byte[] payload)
    {
        if (!_partial.TryGetValue((header.Sender, header.Protocol), out List<byte>? stream))
        {
            _partial[(header.Sender, header.Protocol)] = stream = [];
        }

        stream.AddRange(payload);
        while (stream.Count > 0)
        {
            var scanner = new CborItemScanner(int.MaxValue);
            if (scanner.Scan([.. stream], out int consumed) != OperationStatus.Done)
            {
                return;
            }

            var heard = new Heard(_time.Now.Ticks, header.Sender, header.Protocol, [.. stream.Take(consumed)]);
            stream.RemoveRange(0, consumed);
            Messages.Add(heard);
            OnMessage?.Invoke(heard);
        }
    }

    /// <summary>A message that the peer heard.</summary>
    internal sealed record Heard(long At, SduSender Sender, MiniProtocolId Protocol, byte[] Bytes)
    {
        public string Hex => Convert.ToHexStringLower(Bytes);
    }
}
