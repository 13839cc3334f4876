using System.Buffers;
using Reactive.Network.Cbor;

namespace Reactive.Network.Protocols.Handshake;

/// <summary>
/// One whole CBOR item ↔ one message of the handshake, of either bundle. Checks the shape; whether a version is known, and what its data
/// means, is for <see cref="HandshakeNegotiation"/>.
/// </summary>
public static class HandshakeCodec
{
    /// <summary>Appends the encoding of <paramref name="message"/> to <paramref name="output"/>.</summary>
    public static void Write(IBufferWriter<byte> output, HandshakeMessage message)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(message);
        var writer = new CborSpanWriter(output);
        switch (message)
        {
            case HandshakeMessage.ProposeVersions propose:
                writer.WriteArrayHeader(2);
                writer.WriteUInt(0);
                WriteTable(ref writer, propose.Versions);
                break;
            case HandshakeMessage.AcceptVersion accept:
                writer.WriteArrayHeader(3);
                writer.WriteUInt(1);
                writer.WriteUInt((ulong)accept.Entry.Version);
                writer.WriteRaw(accept.Entry.Data.Span);
                break;
            case HandshakeMessage.Refuse refuse:
                writer.WriteArrayHeader(2);
                writer.WriteUInt(2);
                WriteReason(ref writer, refuse.Reason);
                break;
            case HandshakeMessage.QueryReply reply:
                writer.WriteArrayHeader(2);
                writer.WriteUInt(3);
                WriteTable(ref writer, reply.Versions);
                break;
        }
    }

    /// <summary>Reads the message that <paramref name="item"/> is. The message has its own copy of the bytes it needs.</summary>
    /// <param name="item">The bytes.</param>
    /// <param name="bundle">Whose known versions must ascend in a table. The others may stand anywhere.</param>
    /// <exception cref="CodecException">It is not one whole message of the handshake.</exception>
    public static HandshakeMessage Read(ReadOnlyMemory<byte> item, ProtocolBundle bundle = ProtocolBundle.NodeToNode)
    {
        byte[] copy = item.ToArray();
        var reader = new CborSpanReader(copy);
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        HandshakeMessage message = (tag, length) switch
        {
            (0, 2) => new HandshakeMessage.ProposeVersions(ReadTable(ref reader, copy, bundle)),
            (1, 3) => new HandshakeMessage.AcceptVersion(new VersionEntry(reader.ReadInt32(), ReadRaw(ref reader, copy))),
            (2, 2) => new HandshakeMessage.Refuse(ReadReason(ref reader)),
            (3, 2) => new HandshakeMessage.QueryReply(ReadTable(ref reader, copy, bundle)),
            _ => throw CodecException.UnknownMessage(HandshakeProtocol.Name, tag, length),
        };
        reader.ReadEnd();
        return message;
    }

    private static void WriteTable(ref CborSpanWriter writer, VersionTable table)
    {
        writer.WriteMapHeader(table.Count);
        foreach (VersionEntry entry in table)
        {
            writer.WriteUInt((ulong)entry.Version);
            writer.WriteRaw(entry.Data.Span);
        }
    }

    private static void WriteReason(ref CborSpanWriter writer, RefusalReason reason)
    {
        switch (reason)
        {
            case RefusalReason.VersionMismatch mismatch:
                writer.WriteArrayHeader(2);
                writer.WriteUInt(0);
                writer.WriteArrayHeader(mismatch.Supported.Count);
                foreach (int version in mismatch.Supported)
                {
                    writer.WriteUInt((ulong)version);
                }

                break;
            case RefusalReason.HandshakeDecodeError error:
                writer.WriteArrayHeader(3);
                writer.WriteUInt(1);
                writer.WriteUInt((ulong)error.Version);
                writer.WriteText(error.Text);
                break;
            case RefusalReason.Refused refused:
                writer.WriteArrayHeader(3);
                writer.WriteUInt(2);
                writer.WriteUInt((ulong)refused.Version);
                writer.WriteText(refused.Text);
                break;
        }
    }

    private static VersionTable ReadTable(ref CborSpanReader reader, byte[] item, ProtocolBundle bundle)
    {
        int count = reader.ReadMapHeader();
        var entries = new List<VersionEntry>();
        int lastKnown = -1;
        for (int i = 0; i < count; i++)
        {
            int start = reader.Position;
            int? version = ReadVersionOrSkip(ref reader);
            ReadOnlyMemory<byte> data = ReadRaw(ref reader, item);
            if (version is not { } number)
            {
                continue;
            }

            if (IsKnown(number, bundle))
            {
                if (number <= lastKnown)
                {
                    throw new CodecException($"version {number} after version {lastKnown}: they must ascend", start);
                }

                lastKnown = number;
            }

            entries.Add(new VersionEntry(number, data));
        }

        return VersionTable.FromWire([.. entries]);
    }

    private static RefusalReason ReadReason(ref CborSpanReader reader)
    {
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        return (tag, length) switch
        {
            (0, 2) => new RefusalReason.VersionMismatch(ReadVersions(ref reader)),
            (1, 3) => new RefusalReason.HandshakeDecodeError(reader.ReadInt32(), reader.ReadText()),
            (2, 3) => new RefusalReason.Refused(reader.ReadInt32(), reader.ReadText()),
            _ => throw CodecException.UnknownMessage("handshake refusal", tag, length),
        };
    }

    private static int[] ReadVersions(ref CborSpanReader reader)
    {
        int count = reader.ReadArrayHeader();
        var versions = new List<int>();
        for (int i = 0; i < count; i++)
        {
            if (ReadVersionOrSkip(ref reader) is { } version)
            {
                versions.Add(version);
            }
        }

        return [.. versions];
    }

    // What can be no version of anybody (text, a negative or a huge number) is skipped as the reference skips it: null.
    private static int? ReadVersionOrSkip(ref CborSpanReader reader)
    {
        if (reader.PeekMajor() == CborMajor.UnsignedInteger)
        {
            ulong number = reader.ReadUInt64();
            return number <= int.MaxValue ? (int)number : null;
        }

        reader.SkipItem();
        return null;
    }

    private static ReadOnlyMemory<byte> ReadRaw(ref CborSpanReader reader, byte[] item)
    {
        int start = reader.Position;
        reader.SkipItem();
        return item.AsMemory(start, reader.Position - start);
    }

    private static bool IsKnown(int version, ProtocolBundle bundle) =>
        bundle == ProtocolBundle.NodeToNode ? NodeToNode.IsKnown(version) : NodeToClient.IsKnown(version);
}
