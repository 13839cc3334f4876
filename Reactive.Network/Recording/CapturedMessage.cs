using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Protocols.LocalTxSubmission;
using Reactive.Network.Protocols.PeerSharing;
using Reactive.Network.Protocols.TxSubmission;

namespace Reactive.Network.Recording;

/// <summary>A message of any mini-protocol, read as far as its meaning.</summary>
public sealed class CapturedMessage
{
    private CapturedMessage(MiniProtocolTable? protocol, string kind, byte[] canonical)
    {
        Protocol = protocol;
        Kind = kind;
        Canonical = canonical;
    }

    /// <summary>The mini-protocol; <see langword="null"/> for one that is not known, whose messages mean their bytes.</summary>
    public MiniProtocolTable? Protocol { get; }

    /// <summary>Which message it is, as the table of its protocol names it: <c>RollForward</c>. <c>?</c> where the protocol is not known.</summary>
    public string Kind { get; }

    /// <summary>
    /// The message as the reference writes it: two messages mean the same if these bytes are the same, however they were encoded.
    /// </summary>
    public ReadOnlyMemory<byte> Canonical { get; }

    /// <summary>Kind and content in diagnostic notation. As long as the message is, twice over: a block of 90 KB makes 180,000 characters.</summary>
    public override string ToString() => $"{Kind} {CborDiagnostic.Format(Canonical)}";

    /// <summary>Reads a message.</summary>
    /// <param name="bundle">Whose numbers.</param>
    /// <param name="protocol">The mini-protocol.</param>
    /// <param name="item">One whole CBOR item.</param>
    /// <exception cref="CodecException">No message of that protocol.</exception>
    public static CapturedMessage Read(ProtocolBundle bundle, MiniProtocolId protocol, ReadOnlyMemory<byte> item)
    {
        MiniProtocolTable? table = MiniProtocolTable.Find(bundle, protocol);
        var output = new ArrayBufferWriter<byte>(Math.Max(item.Length, 1));
        string kind = table is null ? "?" : Rewrite(bundle, protocol, item, output);
        return new CapturedMessage(table, kind, table is null ? item.ToArray() : output.WrittenSpan.ToArray());
    }

    /// <summary>Whether the other message means the same.</summary>
    public bool MeansTheSameAs(CapturedMessage other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Protocol == other.Protocol && Canonical.Span.SequenceEqual(other.Canonical.Span);
    }

    private static string Rewrite(ProtocolBundle bundle, MiniProtocolId protocol, ReadOnlyMemory<byte> item, IBufferWriter<byte> output)
    {
        if (protocol == NodeToNode.Handshake)
        {
            HandshakeMessage message = WithKnownData(HandshakeCodec.Read(item, bundle), bundle);
            HandshakeCodec.Write(output, message);
            return message.Kind.ToString();
        }

        return bundle == ProtocolBundle.NodeToNode ? RewriteOfPeers(protocol, item, output) : RewriteOfClients(protocol, item, output);
    }

    private static string RewriteOfPeers(MiniProtocolId protocol, ReadOnlyMemory<byte> item, IBufferWriter<byte> output)
    {
        if (protocol == NodeToNode.ChainSync)
        {
            ChainSyncMessage message = ChainSyncCodec.Read(item);
            ChainSyncCodec.Write(output, message);
            return message.Kind.ToString();
        }

        if (protocol == NodeToNode.BlockFetch)
        {
            BlockFetchMessage message = BlockFetchCodec.Read(item);
            BlockFetchCodec.Write(output, message);
            return message.Kind.ToString();
        }

        if (protocol == NodeToNode.TxSubmission)
        {
            TxSubmissionMessage message = TxSubmissionCodec.Read(item);
            TxSubmissionCodec.Write(output, message);
            return message.Kind.ToString();
        }

        if (protocol == NodeToNode.KeepAlive)
        {
            KeepAliveMessage message = KeepAliveCodec.Read(item);
            KeepAliveCodec.Write(output, message);
            return message.Kind.ToString();
        }

        PeerSharingMessage shared = PeerSharingCodec.Read(item);
        PeerSharingCodec.Write(output, shared);
        return shared.Kind.ToString();
    }

    private static string RewriteOfClients(MiniProtocolId protocol, ReadOnlyMemory<byte> item, IBufferWriter<byte> output)
    {
        if (protocol == NodeToClient.ChainSync)
        {
            LocalChainSyncMessage message = LocalChainSyncCodec.Read(item);
            LocalChainSyncCodec.Write(output, message);
            return message.Kind.ToString();
        }

        if (protocol == NodeToClient.TxSubmission)
        {
            LocalTxSubmissionMessage message = LocalTxSubmissionCodec.Read(item);
            LocalTxSubmissionCodec.Write(output, message);
            return message.Kind.ToString();
        }

        if (protocol == NodeToClient.StateQuery)
        {
            LocalStateQueryMessage message = LocalStateQueryCodec.Read(item);
            LocalStateQueryCodec.Write(output, message);
            return message.Kind.ToString();
        }

        LocalTxMonitorMessage monitored = LocalTxMonitorCodec.Read(item);
        LocalTxMonitorCodec.Write(output, monitored);
        return monitored.Kind.ToString();
    }

    /// <summary>The data of known versions in the form of the reference: the codec leaves it as it came.</summary>
    private static HandshakeMessage WithKnownData(HandshakeMessage message, ProtocolBundle bundle) => message switch
    {
        HandshakeMessage.ProposeVersions propose => new HandshakeMessage.ProposeVersions(WithKnownData(propose.Versions, bundle)),
        HandshakeMessage.QueryReply reply => new HandshakeMessage.QueryReply(WithKnownData(reply.Versions, bundle)),
        HandshakeMessage.AcceptVersion accept => new HandshakeMessage.AcceptVersion(WithKnownData(accept.Entry, bundle)),
        _ => message,
    };

    private static VersionTable WithKnownData(VersionTable table, ProtocolBundle bundle) =>
        VersionTable.FromWire([.. table.Select(entry => WithKnownData(entry, bundle))]);

    private static VersionEntry WithKnownData(VersionEntry entry, ProtocolBundle bundle)
    {
        try
        {
            return bundle == ProtocolBundle.NodeToNode
                ? new VersionEntry(entry.Version, NodeToNodeVersionData.Decode(entry.Version, entry.Data.Span).Encode(entry.Version))
                : new VersionEntry(entry.Version, NodeToClientVersionData.Decode(entry.Version, entry.Data.Span).Encode());
        }
        catch (CodecException)
        {
            // Data of a version that nobody here knows, or wrong: it means its bytes.
            return entry;
        }
    }
}
