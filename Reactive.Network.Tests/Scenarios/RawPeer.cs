using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>
/// A peer that is nothing but the bytes a test gives it: says what it likes, when it likes, and keeps what it hears, in virtual time. Its handshake is
/// honest: version 15, both roles, peer sharing as asked for. It answers pings.
/// </summary>
internal sealed class RawPeer : IBearerSink
{
    private readonly IBearer _bearer;
    private readonly NetworkOptions _options;
    private readonly bool _peerSharing;
    private readonly bool _dials;
    private readonly Dictionary<(MiniProtocolId, SduSender), List<byte>> _lanes = [];

    /// <param name="dials">Whether this peer opens the connection; else ours does.</param>
    /// <param name="options">The options of our side.</param>
    /// <param name="peerSharing">Whether this peer shares peers.</param>
    public RawPeer(bool dials, Func<NetworkOptions, NetworkOptions>? options = null, bool peerSharing = true)
    {
        _dials = dials;
        _peerSharing = peerSharing;
        _options = (options ?? (o => o))(new NetworkOptions
        {
            Magic = NetworkMagic.Devnet,
            Scheduler = Time,
            Seed = 7,
            Serve = new InMemoryChain(),
            ObserverFaulted = Faults.Add,
        });
        (IBearer ours, _bearer) = InMemoryBearer.CreatePair(Time);
        _bearer.Start(this);
        Ours = dials ? PeerConnection.Accept(ours, _options) : PeerConnection.Connect(ours, _options);
        if (dials)
        {
            Send(NodeToNode.Handshake, SduSender.Initiator, Encode(new HandshakeMessage.ProposeVersions(Offer().ToTable())));
        }

        // Far below every time limit, and enough for every turn of the handshake.
        Time.AdvanceBy(100);
    }

    public TestScheduler Time { get; } = new();

    /// <summary>Our side.</summary>
    public PeerConnection Ours { get; }

    public List<Exception> Faults { get; } = [];

    /// <summary>Every message but those of handshake and keep-alive, in hexadecimal, in order of arrival.</summary>
    public List<string> Heard { get; } = [];

    /// <summary>Whether our side has closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The cause with which our side ended.</summary>
    public NetworkException? Cause => Ours.Completion.IsCompleted ? Ours.Completion.Result : null;

    public void Send(MiniProtocolId protocol, SduSender half, string hex) => Send(protocol, half, Convert.FromHexString(hex));

    /// <summary>Sends a message in SDUs of at most 12,288 bytes, and gives our side the turns to take it.</summary>
    public void Send(MiniProtocolId protocol, SduSender half, byte[] message)
    {
        foreach (byte[] piece in message.Chunk(12_288))
        {
            WriteSdu(protocol, half, piece);
        }

        Time.AdvanceBy(100);
    }

    /// <summary>Sends a message that fits into one SDU and closes the connection behind it, both in one moment.</summary>
    public void SendAndClose(MiniProtocolId protocol, SduSender half, string hex)
    {
        WriteSdu(protocol, half, Convert.FromHexString(hex));
        _bearer.Close();
        Time.AdvanceBy(100);
    }

    /// <summary>Lets time pass.</summary>
    public void Wait(TimeSpan time) => Time.AdvanceBy(time.Ticks);

    void IBearerSink.OnReceived(ReadOnlySpan<byte> bytes)
    {
        List<byte> all = Lane(default, default);
        all.AddRange(bytes);
        while (all.Count >= SduHeader.Size)
        {
            SduHeader header = SduHeader.Read(all[..SduHeader.Size].ToArray());
            if (all.Count < SduHeader.Size + header.PayloadLength)
            {
                return;
            }

            byte[] payload = [.. all.Skip(SduHeader.Size).Take(header.PayloadLength)];
            all.RemoveRange(0, SduHeader.Size + header.PayloadLength);
            Take(header, payload);
        }
    }

    void IBearerSink.OnWritable()
    {
    }

    void IBearerSink.OnClosed(BearerException? cause) => IsClosed = true;

    private static byte[] Encode(HandshakeMessage message) =>
        Protocols.CodecCheck.Encode(output => HandshakeCodec.Write(output, message));

    private NodeToNodeOffer Offer() => new(_options.Magic.Value) { PeerSharing = _peerSharing };

    private void WriteSdu(MiniProtocolId protocol, SduSender half, byte[] payload)
    {
        byte[] sdu = new byte[SduHeader.Size + payload.Length];
        new SduHeader(0, half, protocol, payload.Length).Write(sdu);
        payload.CopyTo(sdu, SduHeader.Size);
        Assert.True(_bearer.TryWrite(sdu), "the bearer of a test is never full");
    }

    // The unparsed bytes of the connection lie where no mini-protocol's do.
    private List<byte> Lane(MiniProtocolId protocol, SduSender sender)
    {
        if (!_lanes.TryGetValue((protocol, sender), out List<byte>? lane))
        {
            _lanes[(protocol, sender)] = lane = [];
        }

        return lane;
    }

    private void Take(SduHeader header, byte[] payload)
    {
        if (header.Protocol == NodeToNode.Handshake)
        {
            if (!_dials)
            {
                byte[] data = Offer().DataFor(NodeToNode.Version15).Encode(NodeToNode.Version15);
                WriteSdu(header.Protocol, SduSender.Responder, Encode(new HandshakeMessage.AcceptVersion(new VersionEntry(NodeToNode.Version15, data))));
            }

            return;
        }

        if (header.Protocol == NodeToNode.KeepAlive)
        {
            if (payload[1] == 0)
            {
                payload[1] = 1;
                WriteSdu(header.Protocol, SduSender.Responder, payload);
            }

            return;
        }

        List<byte> lane = Lane(header.Protocol, header.Sender);
        lane.AddRange(payload);
        while (CborItem.Measure(lane.ToArray(), out int length, out _) == System.Buffers.OperationStatus.Done)
        {
            Heard.Add(Convert.ToHexStringLower([.. lane.Take(length)]));
            lane.RemoveRange(0, length);
        }
    }
}
