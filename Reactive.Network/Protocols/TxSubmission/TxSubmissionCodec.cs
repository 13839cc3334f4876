using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Internal;

namespace Reactive.Network.Protocols.TxSubmission;

/// <summary>One whole CBOR item ↔ one message of tx-submission 2.</summary>
public static class TxSubmissionCodec
{
    private delegate T ElementReader<out T>(ref CborSpanReader reader);

    private delegate void ElementWriter<in T>(CborSpanWriter writer, T element);

    /// <summary>Appends the encoding of <paramref name="message"/> to <paramref name="output"/>.</summary>
    public static void Write(IBufferWriter<byte> output, in TxSubmissionMessage message)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new CborSpanWriter(output);
        switch (message.Kind)
        {
            case TxSubmissionMessageKind.Init:
                WriteStart(writer, 6, fields: 0);
                break;
            case TxSubmissionMessageKind.RequestTxIdsBlocking or TxSubmissionMessageKind.RequestTxIdsNonBlocking:
                WriteStart(writer, 0, fields: 3);
                writer.WriteBool(message.Kind == TxSubmissionMessageKind.RequestTxIdsBlocking);
                writer.WriteUInt(message.Acknowledged);
                writer.WriteUInt(message.Requested);
                break;
            case TxSubmissionMessageKind.ReplyTxIds:
                WriteStart(writer, 1, fields: 1);
                WriteList(writer, message.Announcements.Span, WriteAnnouncement);
                break;
            case TxSubmissionMessageKind.RequestTxs:
                WriteStart(writer, 2, fields: 1);
                WriteList(writer, message.Ids.Span, TransactionCodec.WriteId);
                break;
            case TxSubmissionMessageKind.ReplyTxs:
                WriteStart(writer, 3, fields: 1);
                WriteList(writer, message.Transactions.Span, TransactionCodec.Write);
                break;
            default:
                WriteStart(writer, 4, fields: 0);
                break;
        }
    }

    /// <summary>Reads the message that <paramref name="item"/> is, and keeps nothing of it.</summary>
    /// <exception cref="CodecException">It is not one whole message of tx-submission 2.</exception>
    public static TxSubmissionMessage Read(ReadOnlyMemory<byte> item) => ReadWhole(item.Span);

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte})"/>
    /// <remarks>The caller gives <paramref name="item"/> back.</remarks>
    internal static TxSubmissionMessage Read(MemoryLease item) => ReadWhole(item.Span);

    private static TxSubmissionMessage ReadWhole(ReadOnlySpan<byte> item)
    {
        var reader = new CborSpanReader(item);
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        TxSubmissionMessage message = (tag, length) switch
        {
            (0, 4) => TxSubmissionMessage.RequestTxIds(reader.ReadBool(), reader.ReadUInt16(), reader.ReadUInt16()),
            (1, 2) => TxSubmissionMessage.ReplyTxIds(ReadList(ref reader, ReadAnnouncement)),
            (2, 2) => TxSubmissionMessage.RequestTxs(ReadList(ref reader, TransactionCodec.ReadId)),
            (3, 2) => TxSubmissionMessage.ReplyTxs(ReadList(ref reader, TransactionCodec.Read)),
            (4, 1) => TxSubmissionMessage.Done,
            (6, 1) => TxSubmissionMessage.Init,
            _ => throw CodecException.UnknownMessage(TxSubmissionProtocol.Name, tag, length),
        };
        reader.ReadEnd();
        return message;
    }

    private static void WriteStart(CborSpanWriter writer, uint tag, int fields)
    {
        writer.WriteArrayHeader(1 + fields);
        writer.WriteUInt(tag);
    }

    // Indefinite even where it is empty: the reference reads nothing else here.
    private static void WriteList<T>(CborSpanWriter writer, ReadOnlySpan<T> list, ElementWriter<T> write)
    {
        writer.WriteIndefiniteArrayHeader();
        foreach (T element in list)
        {
            write(writer, element);
        }

        writer.WriteBreak();
    }

    // Every element takes some bytes, so the size limit of the message bounds their number.
    private static T[] ReadList<T>(ref CborSpanReader reader, ElementReader<T> read)
    {
        int start = reader.Position;
        if (reader.ReadArrayHeaderOrIndefinite() is not null)
        {
            throw new CodecException("expected a list of indefinite length, found a definite one", start);
        }

        var list = new List<T>();
        while (!reader.TryReadBreak())
        {
            list.Add(read(ref reader));
        }

        return [.. list];
    }

    private static void WriteAnnouncement(CborSpanWriter writer, TransactionAnnouncement announcement)
    {
        writer.WriteArrayHeader(2);
        TransactionCodec.WriteId(writer, announcement.Id);
        writer.WriteUInt((ulong)announcement.Size);
    }

    private static TransactionAnnouncement ReadAnnouncement(ref CborSpanReader reader)
    {
        int start = reader.Position;
        int length = reader.ReadArrayHeader();
        return length == 2
            ? new TransactionAnnouncement(TransactionCodec.ReadId(ref reader), reader.ReadUInt32())
            : throw new CodecException($"expected an id and a size, found {length} elements", start);
    }
}
