using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalTxMonitor;

/// <summary>One whole CBOR item ↔ one message of local tx-monitor.</summary>
public static class LocalTxMonitorCodec
{
    /// <summary>Appends the encoding of <paramref name="message"/> to <paramref name="output"/>, in the form of the reference.</summary>
    public static void Write(IBufferWriter<byte> output, in LocalTxMonitorMessage message)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new CborSpanWriter(output);
        switch (message.Kind)
        {
            case LocalTxMonitorMessageKind.Acquired:
                WriteStart(writer, 2, fields: 1);
                writer.WriteUInt(message.Slot);
                break;
            case LocalTxMonitorMessageKind.ReplyNextTx:
                WriteStart(writer, 6, message.Transaction is null ? 0 : 1);
                if (message.Transaction is { } transaction)
                {
                    TransactionCodec.Write(writer, transaction);
                }

                break;
            case LocalTxMonitorMessageKind.HasTx:
                WriteStart(writer, 7, fields: 1);
                TransactionCodec.WriteId(writer, message.Id);
                break;
            case LocalTxMonitorMessageKind.ReplyHasTx:
                WriteStart(writer, 8, fields: 1);
                writer.WriteBool(message.Has);
                break;
            case LocalTxMonitorMessageKind.ReplyGetSizes:
                WriteStart(writer, 10, fields: 1);
                writer.WriteArrayHeader(3);
                writer.WriteUInt(message.Sizes.CapacityBytes);
                writer.WriteUInt(message.Sizes.UsedBytes);
                writer.WriteUInt(message.Sizes.Count);
                break;
            case LocalTxMonitorMessageKind.ReplyGetMeasures:
                WriteStart(writer, 12, fields: 2);
                WriteMeasures(writer, message.Measures!);
                break;
            default:
                WriteStart(writer, TagOf(message.Kind), fields: 0);
                break;
        }
    }

    /// <summary>Reads the message that <paramref name="item"/> is, and keeps nothing of it.</summary>
    /// <exception cref="CodecException">It is not one whole message of local tx-monitor.</exception>
    public static LocalTxMonitorMessage Read(ReadOnlyMemory<byte> item)
    {
        var reader = new CborSpanReader(item.Span);
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        LocalTxMonitorMessage message = (tag, length) switch
        {
            (0, 1) => LocalTxMonitorMessage.Done,
            (1, 1) => LocalTxMonitorMessage.Acquire,
            (2, 2) => LocalTxMonitorMessage.Acquired(reader.ReadUInt64()),
            (3, 1) => LocalTxMonitorMessage.Release,
            (5, 1) => LocalTxMonitorMessage.NextTx,
            (6, 1) => LocalTxMonitorMessage.ReplyNextTx(null),
            (6, 2) => LocalTxMonitorMessage.ReplyNextTx(TransactionCodec.Read(ref reader)),
            (7, 2) => LocalTxMonitorMessage.HasTx(TransactionCodec.ReadId(ref reader)),
            (8, 2) => LocalTxMonitorMessage.ReplyHasTx(reader.ReadBool()),
            (9, 1) => LocalTxMonitorMessage.GetSizes,
            (10, 2) => LocalTxMonitorMessage.ReplyGetSizes(ReadSizes(ref reader)),
            (11, 1) => LocalTxMonitorMessage.GetMeasures,
            (12, 3) => LocalTxMonitorMessage.ReplyGetMeasures(ReadMeasures(ref reader, item)),
            _ => throw CodecException.UnknownMessage(LocalTxMonitorProtocol.Name, tag, length),
        };
        reader.ReadEnd();
        return message;
    }

    private static ulong TagOf(LocalTxMonitorMessageKind kind) => kind switch
    {
        LocalTxMonitorMessageKind.Done => 0,
        LocalTxMonitorMessageKind.Acquire => 1,
        LocalTxMonitorMessageKind.Release => 3,
        LocalTxMonitorMessageKind.NextTx => 5,
        LocalTxMonitorMessageKind.GetSizes => 9,
        _ => 11,
    };

    private static void WriteStart(CborSpanWriter writer, ulong tag, int fields)
    {
        writer.WriteArrayHeader(1 + fields);
        writer.WriteUInt(tag);
    }

    private static MempoolSizes ReadSizes(ref CborSpanReader reader)
    {
        int start = reader.Position;
        int length = reader.ReadArrayHeader();
        return length == 3
            ? new MempoolSizes(reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32())
            : throw new CodecException($"sizes have 3 elements, not {length}", start);
    }

    private static void WriteMeasures(CborSpanWriter writer, MempoolMeasures measures)
    {
        writer.WriteUInt(measures.Count);
        writer.WriteMapHeader(measures.Measures.Count);
        foreach ((string name, MempoolMeasure measure) in measures.Measures)
        {
            writer.WriteText(name);
            writer.WriteArrayHeader(2);
            CborInteger.Write(writer, measure.Used);
            CborInteger.Write(writer, measure.Capacity);
        }
    }

    private static MempoolMeasures ReadMeasures(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        uint count = reader.ReadUInt32();
        int pairs = reader.ReadMapHeader();
        var measures = new List<KeyValuePair<string, MempoolMeasure>>();
        for (int i = 0; i < pairs; i++)
        {
            string name = reader.ReadText();
            int start = reader.Position;
            int length = reader.ReadArrayHeader();
            if (length != 2)
            {
                throw new CodecException($"a measure has 2 elements, not {length}", start);
            }

            measures.Add(new(name, new MempoolMeasure(CborInteger.Read(ref reader, item), CborInteger.Read(ref reader, item))));
        }

        return new MempoolMeasures(count, measures.AsReadOnly());
    }
}
