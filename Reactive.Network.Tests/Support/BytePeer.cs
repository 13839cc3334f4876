using Reactive.Network.Bearers;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Tests.Support;

/// <summary>
/// A raw remote end: writes whatever bytes it is told to, keeps what it gets, and plays by no rules. It answers nothing by itself.
/// </summary>
internal sealed class BytePeer : IBearerSink
{
    private readonly IBearer _bearer;
    private readonly Queue<byte[]> _unsent = new();
    private readonly List<byte> _received = [];
    private bool _pending;

    public BytePeer(IBearer bearer)
    {
        _bearer = bearer;
        bearer.Start(this);
    }

    /// <summary>The answer to a proposal: version 15 on the development network, duplex.</summary>
    public static byte[] Acceptance { get; } = Convert.FromHexString("83010f84182af400f4");

    /// <summary>Everything that came in.</summary>
    public byte[] Received => [.. _received];

    /// <summary>What came in, as SDUs; what is not whole yet is left out.</summary>
    public IReadOnlyList<(SduHeader Header, byte[] Payload)> Sdus
    {
        get
        {
            var sdus = new List<(SduHeader, byte[])>();
            ReadOnlySpan<byte> rest = Received;
            while (rest.Length >= SduHeader.Size)
            {
                SduHeader header = SduHeader.Read(rest);
                if (rest.Length < SduHeader.Size + header.PayloadLength)
                {
                    break;
                }

                sdus.Add((header, rest.Slice(SduHeader.Size, header.PayloadLength).ToArray()));
                rest = rest[(SduHeader.Size + header.PayloadLength)..];
            }

            return sdus;
        }
    }

    /// <summary>Whether the connection is gone.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>How it went.</summary>
    public BearerException? Cause { get; private set; }

    /// <summary>One SDU, header and payload; the header may lie about the length.</summary>
    public static byte[] Sdu(int protocol, SduSender sender, ReadOnlySpan<byte> payload, int? claimedLength = null)
    {
        byte[] sdu = new byte[SduHeader.Size + payload.Length];
        new SduHeader(0, sender, new MiniProtocolId((ushort)protocol), claimedLength ?? payload.Length).Write(sdu);
        payload.CopyTo(sdu.AsSpan(SduHeader.Size));
        return sdu;
    }

    /// <summary>A proposal of versions 14 and 15 on the development network.</summary>
    public static byte[] Proposal(bool initiatorOnly = false)
    {
        string one = initiatorOnly ? "f5" : "f4";
        return Convert.FromHexString($"8200a20e84182a{one}00f40f84182a{one}00f4");
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Send(params ReadOnlySpan<byte> bytes)
    {
        _unsent.Enqueue(bytes.ToArray());
        WriteOn();
    }

    /// <summary>Writes hex digits as bytes.</summary>
    public void SendHex(string hex) => Send(Convert.FromHexString(hex));

    /// <summary>Writes one SDU.</summary>
    public void SendSdu(int protocol, SduSender sender, params ReadOnlySpan<byte> payload) => Send(Sdu(protocol, sender, payload));

    /// <summary>Writes one SDU of hex digits.</summary>
    public void SendSdu(int protocol, SduSender sender, string hex) => SendSdu(protocol, sender, Convert.FromHexString(hex));

    /// <summary>Opens as the side that connected.</summary>
    public void Propose(bool initiatorOnly = false) => SendSdu(0, SduSender.Initiator, Proposal(initiatorOnly));

    /// <summary>Answers as the side that was connected to.</summary>
    public void Accept() => SendSdu(0, SduSender.Responder, Acceptance);

    /// <summary>Ends in order, behind what was sent.</summary>
    public void Close() => _bearer.Close();

    /// <summary>Resets.</summary>
    public void Abort() => _bearer.Abort();

    void IBearerSink.OnReceived(ReadOnlySpan<byte> bytes) => _received.AddRange(bytes);

    void IBearerSink.OnWritable()
    {
        _pending = false;
        _unsent.Dequeue();
        WriteOn();
    }

    void IBearerSink.OnClosed(BearerException? cause)
    {
        IsClosed = true;
        Cause = cause;
    }

    private void WriteOn()
    {
        while (!_pending && _unsent.TryPeek(out byte[]? batch))
        {
            if (!_bearer.TryWrite(batch))
            {
                _pending = true;
                return;
            }

            _unsent.Dequeue();
        }
    }
}
