using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Reactive.Network.Cbor;

namespace Reactive.Network.Protocols.PeerSharing;

/// <summary>An address of a peer on the wire. The byte order of the words differs between the two families, as in the reference.</summary>
internal static class PeerAddressCodec
{
    private const int V4Bytes = 4;
    private const int V6Bytes = 16;

    public static void Write(CborSpanWriter writer, IPEndPoint peer)
    {
        Span<byte> octets = stackalloc byte[V6Bytes];
        if (peer.AddressFamily == AddressFamily.InterNetwork)
        {
            peer.Address.TryWriteBytes(octets, out _);
            writer.WriteArrayHeader(3);
            writer.WriteUInt(0);

            // The reference writes the network-order address as the word that a little-endian machine sees.
            writer.WriteUInt(BinaryPrimitives.ReadUInt32LittleEndian(octets));
        }
        else
        {
            peer.Address.TryWriteBytes(octets, out _);
            writer.WriteArrayHeader(6);
            writer.WriteUInt(1);
            for (int at = 0; at < V6Bytes; at += sizeof(uint))
            {
                writer.WriteUInt(BinaryPrimitives.ReadUInt32BigEndian(octets[at..]));
            }
        }

        writer.WriteUInt((uint)peer.Port);
    }

    public static IPEndPoint Read(ref CborSpanReader reader)
    {
        int start = reader.Position;
        int length = reader.ReadArrayHeader();
        ulong family = reader.ReadUInt64();
        Span<byte> octets = stackalloc byte[V6Bytes];
        switch (family, length)
        {
            case (0, 3):
                BinaryPrimitives.WriteUInt32LittleEndian(octets, reader.ReadUInt32());
                octets = octets[..V4Bytes];
                break;
            case (1, 6 or 8):
                for (int at = 0; at < V6Bytes; at += sizeof(uint))
                {
                    BinaryPrimitives.WriteUInt32BigEndian(octets[at..], reader.ReadUInt32());
                }

                if (length == 8)
                {
                    // The form of versions 11 and 12, which pallas still writes: flow and scope mean nothing to another host.
                    reader.ReadUInt32();
                    reader.ReadUInt32();
                }

                break;
            default:
                throw new CodecException($"no address has family {family} and {length} elements", start);
        }

        return new IPEndPoint(new IPAddress(octets), reader.ReadUInt16());
    }
}
