using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.Handshake;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>
/// The other end of a local connection, a node or its client, that is nothing but the bytes a test gives it: says what it likes, when it likes, and keeps
/// what it hears, in virtual time. Its handshake is honest.
/// </summary>
internal sealed class RawLocalPeer : IBearerSink
{
    private readonly IBearer _bearer;
    private readonly int _version;
    private readonly bool _isClient;
    private readonly List<byte> _received = [];
    private readonly Dictionary<MiniProtocolId, List<byte>> _lanes = [];
    private readonly Queue<byte[]> _unsent = new();
    private bool _isWriting;

    /// <param name="service">What our side answers with: this peer is a client. <see langword="null"/>: our side is the client.</param>
    /// <param name="options">The options of our side.</param>
    /// <param name="version">The version to agree on.</param>
    public RawLocalPeer(LocalService? service = null, Func<NetworkOptions, NetworkOptions>? options = null, int version = 23)
    {
        _version = NodeToClient.VersionBit + version;
        _isClient = service is not null;
        NetworkOptions own = (options ?? (o => o))(new NetworkOptions
        {
            Magic = NetworkMagic.Devnet,
            Scheduler = Time,
            Seed = 7,
            ObserverFaulted = Faults.Add,
        });
        (IBearer ours, _bearer) = InMemoryBearer.CreatePair(Time);
        _bearer.Start(this);
        Ours = service is null ? LocalConnection.Connect(ours, own) : LocalConnection.Accept(ours, own, service);
        if (_isClient)
        {
            var offer = new NodeToClientOffer(own.Magic.Value) { NewestVersion = _version };
            Send(NodeToClient.Handshake, Encode(new HandshakeMessage.ProposeVersions(offer.ToTable())));
        }

        Time.AdvanceBy(100);
    }

    public TestScheduler Time { get; } = new();

    /// <summary>Our side.</summary>
    public LocalConnection Ours { get; }

    public List<Exception> Faults { get; } = [];

    /// <summary>Every message but those of the handshake, in hexadecimal, in order of arrival.</summary>
    public List<string> Heard { get; } = [];

    /// <summary>Whether our side has closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether bytes wait because our side does not read.</summary>
    public bool IsHeldUp => _isWriting;

    /// <summary>The cause with which our side ended.</summary>
    public NetworkException? Cause => Ours.Completion.IsCompleted ? Ours.Completion.Result : null;

    /// <summary>Sends a message in SDUs of at most 12,288 bytes, and gives our side the turns to take it.</summary>
    public void Send(MiniProtocolId protocol, string hex) => Send(protocol, Convert.FromHexString(hex));

    /// <inheritdoc cref="Send(MiniProtocolId, string)"/>
    public void Send(MiniProtocolId protocol, byte[] message, int sduBytes = 12_288)
    {
        Say(protocol, message, sduBytes);
        Time.AdvanceBy(100);
    }

    private void Say(MiniProtocolId protocol, byte[] message, int sduBytes = 12_288)
    {
        foreach (byte[] piece in message.Chunk(sduBytes))
        {
            byte[] sdu = new byte[SduHeader.Size + piece.Length];
            new SduHeader(0, _isClient ? SduSender.Initiator : SduSender.Responder, protocol, piece.Length).Write(sdu);
            piece.CopyTo(sdu, SduHeader.Size);
            _unsent.Enqueue(sdu);
        }

        Write();
    }

    /// <summary>Lets time pass.</summary>
    public void Wait(TimeSpan time) => Time.AdvanceBy(time.Ticks);

    public void Close() => _bearer.Close();

    /// <summary>Reads nothing any more: what our side sends waits.</summary>
    public void PauseReading() => _bearer.PauseReading();

    /// <summary>Reads on.</summary>
    public void ResumeReading() => _bearer.ResumeReading();

    void IBearerSink.OnReceived(ReadOnlySpan<byte> bytes)
    {
        _received.AddRange(bytes);
        while (_received.Count >= SduHeader.Size)
        {
            SduHeader header = SduHeader.Read(_received[..SduHeader.Size].ToArray());
            if (_received.Count < SduHeader.Size + header.PayloadLength)
            {
                return;
            }

            byte[] payload = [.. _received.Skip(SduHeader.Size).Take(header.PayloadLength)];
            _received.RemoveRange(0, SduHeader.Size + header.PayloadLength);
            Take(header, payload);
        }
    }

    void IBearerSink.OnWritable()
    {
        _isWriting = false;
        Write();
    }

    void IBearerSink.OnClosed(BearerException? cause) => IsClosed = true;

    private static byte[] Encode(HandshakeMessage message) => Protocols.CodecCheck.Encode(output => HandshakeCodec.Write(output, message));

    private void Write()
    {
        while (!_isWriting && _unsent.TryDequeue(out byte[]? bytes))
        {
            _isWriting = !_bearer.TryWrite(bytes);
        }
    }

    private void Take(SduHeader header, byte[] payload)
    {
        if (header.Protocol == NodeToClient.Handshake)
        {
            if (!_isClient)
            {
                byte[] data = new NodeToClientVersionData(NetworkMagic.Devnet.Value, false).Encode();
                Say(header.Protocol, Encode(new HandshakeMessage.AcceptVersion(new VersionEntry(_version, data))));
            }

            return;
        }

        if (!_lanes.TryGetValue(header.Protocol, out List<byte>? lane))
        {
            _lanes[header.Protocol] = lane = [];
        }

        lane.AddRange(payload);
        while (CborItem.Measure(lane.ToArray(), out int length, out _) == System.Buffers.OperationStatus.Done)
        {
            Heard.Add(Convert.ToHexStringLower([.. lane.Take(length)]));
            lane.RemoveRange(0, length);
        }
    }
}
