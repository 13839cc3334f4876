using System.Buffers;
using System.Net;
using Reactive.Network.Cbor;
using Reactive.Network.Internal;

namespace Reactive.Network.Protocols.PeerSharing;

/// <summary>One whole CBOR item ↔ one message of peer-sharing.</summary>
public static class PeerSharingCodec
{
    /// <summary>Appends the encoding of <paramref name="message"/> to <paramref name="output"/>, in the form of the reference.</summary>
    public static void Write(IBufferWriter<byte> output, in PeerSharingMessage message)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new CborSpanWriter(output);
        switch (message.Kind)
        {
            case PeerSharingMessageKind.ShareRequest:
                writer.WriteArrayHeader(2);
                writer.WriteUInt(0);
                writer.WriteUInt(message.Amount);
                break;
            case PeerSharingMessageKind.SharePeers:
                writer.WriteArrayHeader(2);
                writer.WriteUInt(1);
                WritePeers(writer, message.Peers.Span);
                break;
            default:
                writer.WriteArrayHeader(1);
                writer.WriteUInt(2);
                break;
        }
    }

    /// <summary>Reads the message that <paramref name="item"/> is, and keeps nothing of it.</summary>
    /// <exception cref="CodecException">It is not one whole message of peer-sharing.</exception>
    public static PeerSharingMessage Read(ReadOnlyMemory<byte> item) => ReadWhole(item.Span);

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte})"/>
    /// <remarks>The caller gives <paramref name="item"/> back.</remarks>
    internal static PeerSharingMessage Read(MemoryLease item) => ReadWhole(item.Span);

    private static PeerSharingMessage ReadWhole(ReadOnlySpan<byte> item)
    {
        var reader = new CborSpanReader(item);
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        PeerSharingMessage message = (tag, length) switch
        {
            (0, 2) => PeerSharingMessage.ShareRequest(ReadAmount(ref reader)),
            (1, 2) => PeerSharingMessage.SharePeers(ReadPeers(ref reader)),
            (2, 1) => PeerSharingMessage.Done,
            _ => throw CodecException.UnknownMessage(PeerSharingProtocol.Name, tag, length),
        };
        reader.ReadEnd();
        return message;
    }

    private static byte ReadAmount(ref CborSpanReader reader)
    {
        int start = reader.Position;
        ulong amount = reader.ReadUInt64();
        return amount <= byte.MaxValue ? (byte)amount : throw new CodecException($"{amount} where at most {byte.MaxValue} is allowed", start);
    }

    // As the reference writes it: an indefinite list, but a definite one where there is nothing in it.
    private static void WritePeers(CborSpanWriter writer, ReadOnlySpan<IPEndPoint> peers)
    {
        if (peers.IsEmpty)
        {
            writer.WriteArrayHeader(0);
            return;
        }

        writer.WriteIndefiniteArrayHeader();
        foreach (IPEndPoint peer in peers)
        {
            PeerAddressCodec.Write(writer, peer);
        }

        writer.WriteBreak();
    }

    // Both kinds of list. An address takes 4 bytes at least, so the size limit of the message bounds their number.
    private static IPEndPoint[] ReadPeers(ref CborSpanReader reader)
    {
        var peers = new List<IPEndPoint>();
        if (reader.ReadArrayHeaderOrIndefinite() is { } count)
        {
            for (int i = 0; i < count; i++)
            {
                peers.Add(PeerAddressCodec.Read(ref reader));
            }
        }
        else
        {
            while (!reader.TryReadBreak())
            {
                peers.Add(PeerAddressCodec.Read(ref reader));
            }
        }

        return [.. peers];
    }
}
