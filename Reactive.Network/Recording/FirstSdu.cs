using Reactive.Network.Cbor;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.Handshake;

namespace Reactive.Network.Recording;

/// <summary>What the first SDU of a recorded connection tells of the rest.</summary>
/// <param name="Bundle">Whose mini-protocols.</param>
/// <param name="IsHandshake">Whether it is of a handshake.</param>
/// <param name="Magic">The network that was proposed.</param>
/// <param name="InitiatorOnly">Whether the client offered to run no server halves.</param>
internal readonly record struct FirstSdu(ProtocolBundle Bundle, bool IsHandshake, uint? Magic, bool InitiatorOnly)
{
    public static FirstSdu Read(CaptureRecord.Sdu sdu)
    {
        if (sdu.Header.Protocol != NodeToNode.Handshake)
        {
            bool isLocal = MiniProtocolTable.Find(ProtocolBundle.NodeToNode, sdu.Header.Protocol) is null
                && MiniProtocolTable.Find(ProtocolBundle.NodeToClient, sdu.Header.Protocol) is not null;
            return new FirstSdu(isLocal ? ProtocolBundle.NodeToClient : ProtocolBundle.NodeToNode, false, null, false);
        }

        try
        {
            return HandshakeCodec.Read(sdu.Payload) switch
            {
                HandshakeMessage.ProposeVersions { Versions: [.., var newest] } => Read(newest),
                HandshakeMessage.QueryReply { Versions: [.., var newest] } => Read(newest),
                HandshakeMessage.AcceptVersion accept => Read(accept.Entry),
                _ => new FirstSdu(ProtocolBundle.NodeToNode, true, null, false),
            };
        }
        catch (CodecException)
        {
            // A handshake that nobody understands can be replayed all the same.
            return new FirstSdu(ProtocolBundle.NodeToNode, true, null, false);
        }
    }

    /// <summary>The data of every version there has been begins with the network, alone or in a list with the mode behind it.</summary>
    private static FirstSdu Read(VersionEntry entry)
    {
        ProtocolBundle bundle = (entry.Version & NodeToClient.VersionBit) != 0 ? ProtocolBundle.NodeToClient : ProtocolBundle.NodeToNode;
        var reader = new CborSpanReader(entry.Data.Span);
        bool isList = reader.PeekMajor() == CborMajor.Array;
        int length = isList ? reader.ReadArrayHeader() : 0;
        uint magic = reader.ReadUInt32();
        return new FirstSdu(bundle, true, magic, isList && length > 1 && bundle == ProtocolBundle.NodeToNode && reader.ReadBool());
    }
}
