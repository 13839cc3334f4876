using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Internal;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>One whole CBOR item ↔ one message of chain-sync between nodes.</summary>
public static class ChainSyncCodec
{
    /// <summary>More than a tip takes, and the head of the message.</summary>
    private const int MaxTipBytes = 64;

    /// <summary>Appends the encoding of <paramref name="message"/> to <paramref name="output"/>, in the form of the reference.</summary>
    public static void Write(IBufferWriter<byte> output, in ChainSyncMessage message)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new CborSpanWriter(output);
        switch (message.Kind)
        {
            case ChainSyncMessageKind.RequestNext:
                WriteStart(writer, 0, fields: 0);
                break;
            case ChainSyncMessageKind.AwaitReply:
                WriteStart(writer, 1, fields: 0);
                break;
            case ChainSyncMessageKind.RollForward:
                WriteRollForward(output, message.Header, message.Tip);
                break;
            case ChainSyncMessageKind.RollBackward:
                WriteStart(writer, 3, fields: 2);
                PointCodec.Write(ref writer, message.Point);
                TipCodec.Write(ref writer, message.Tip);
                break;
            case ChainSyncMessageKind.FindIntersect:
                WriteStart(writer, 4, fields: 1);
                WritePoints(ref writer, message.Points.Span);
                break;
            case ChainSyncMessageKind.IntersectFound:
                WriteStart(writer, 5, fields: 2);
                PointCodec.Write(ref writer, message.Point);
                TipCodec.Write(ref writer, message.Tip);
                break;
            case ChainSyncMessageKind.IntersectNotFound:
                WriteStart(writer, 6, fields: 1);
                TipCodec.Write(ref writer, message.Tip);
                break;
            default:
                WriteStart(writer, 7, fields: 0);
                break;
        }
    }

    /// <summary>Appends a roll forward in one piece: the message that a server sends most.</summary>
    internal static void WriteRollForward(IBufferWriter<byte> output, in Header header, in Tip tip)
    {
        var filler = new CborSpanFiller(output.GetSpan(header.Size + WrappedHeaderCodec.MaxWrapperBytes + MaxTipBytes));
        filler.Write(CborMajor.Array, 3);
        filler.Write(CborMajor.UnsignedInteger, 2);
        WrappedHeaderCodec.Write(ref filler, in header);
        TipCodec.Write(ref filler, in tip);
        output.Advance(filler.Written);
    }

    /// <summary>Appends a request: the message that a client sends most.</summary>
    internal static void WriteRequestNext(IBufferWriter<byte> output)
    {
        Span<byte> bytes = output.GetSpan(2);
        bytes[1] = 0;
        bytes[0] = 0x81;
        output.Advance(2);
    }

    /// <summary>Whether these bytes are a request as everybody writes it. Another encoding of it is for <see cref="Read(MemoryLease)"/>.</summary>
    internal static bool IsRequestNext(ReadOnlySpan<byte> item) => item is [0x81, 0x00];

    /// <summary>Reads a roll forward whose first two bytes are as everybody writes them: without a <see cref="ChainSyncMessage"/>, which is large.</summary>
    /// <returns><see langword="false"/> for any other beginning, which is for <see cref="Read(MemoryLease)"/>.</returns>
    /// <exception cref="CodecException">It begins so, but is not one whole message.</exception>
    /// <remarks>The header takes <paramref name="item"/> over, if this neither answers <see langword="false"/> nor throws.</remarks>
    internal static bool TryReadRollForward(MemoryLease item, out Header header, out Tip tip)
    {
        ReadOnlySpan<byte> bytes = item.Span;
        if (bytes is not [0x83, 0x02, ..])
        {
            header = default;
            tip = default;
            return false;
        }

        var reader = new CborSpanReader(bytes);
        reader.ReadArrayHeader();
        reader.ReadUInt64();
        header = WrappedHeaderCodec.Read(ref reader, item);
        tip = TipCodec.Read(ref reader);
        reader.ReadEnd();
        return true;
    }

    /// <summary>Reads the message that <paramref name="item"/> is. A header refers to these bytes: they must not change.</summary>
    /// <exception cref="CodecException">It is not one whole message of chain-sync.</exception>
    public static ChainSyncMessage Read(ReadOnlyMemory<byte> item) => Read(MemoryLease.Unowned(item));

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte})"/>
    /// <remarks>
    /// The header of a roll forward takes <paramref name="item"/> over: disposing it gives the memory back. Every other message keeps
    /// nothing of it, and nothing is taken over where this throws.
    /// </remarks>
    internal static ChainSyncMessage Read(MemoryLease item)
    {
        var reader = new CborSpanReader(item.Span);
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        ChainSyncMessage message = (tag, length) switch
        {
            (0, 1) => ChainSyncMessage.RequestNext,
            (1, 1) => ChainSyncMessage.AwaitReply,
            (2, 3) => ChainSyncMessage.RollForward(WrappedHeaderCodec.Read(ref reader, item), TipCodec.Read(ref reader)),
            (3, 3) => ChainSyncMessage.RollBackward(PointCodec.Read(ref reader), TipCodec.Read(ref reader)),
            (4, 2) => ChainSyncMessage.FindIntersect(ReadPoints(ref reader)),
            (5, 3) => ChainSyncMessage.IntersectFound(PointCodec.Read(ref reader), TipCodec.Read(ref reader)),
            (6, 2) => ChainSyncMessage.IntersectNotFound(TipCodec.Read(ref reader)),
            (7, 1) => ChainSyncMessage.Done,
            _ => throw CodecException.UnknownMessage(ChainSyncProtocol.Name, tag, length),
        };
        reader.ReadEnd();
        return message;
    }

    private static void WriteStart(CborSpanWriter writer, uint tag, int fields)
    {
        writer.WriteArrayHeader(1 + fields);
        writer.WriteUInt(tag);
    }

    // As the reference writes it: an indefinite list, but a definite one where there is nothing in it.
    private static void WritePoints(ref CborSpanWriter writer, ReadOnlySpan<Point> points)
    {
        if (points.IsEmpty)
        {
            writer.WriteArrayHeader(0);
            return;
        }

        writer.WriteIndefiniteArrayHeader();
        foreach (Point point in points)
        {
            PointCodec.Write(ref writer, point);
        }

        writer.WriteBreak();
    }

    // Both kinds of list. A point takes a byte at least, so the size limit of the message bounds their number.
    private static Point[] ReadPoints(ref CborSpanReader reader)
    {
        var points = new List<Point>();
        if (reader.ReadArrayHeaderOrIndefinite() is { } count)
        {
            for (int i = 0; i < count; i++)
            {
                points.Add(PointCodec.Read(ref reader));
            }
        }
        else
        {
            while (!reader.TryReadBreak())
            {
                points.Add(PointCodec.Read(ref reader));
            }
        }

        return [.. points];
    }
}
