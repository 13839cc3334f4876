using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalTxSubmission;

/// <summary>One whole CBOR item ↔ one message of local tx-submission.</summary>
public static class LocalTxSubmissionCodec
{
    /// <summary>Appends the encoding of <paramref name="message"/> to <paramref name="output"/>, in the form of the reference.</summary>
    public static void Write(IBufferWriter<byte> output, in LocalTxSubmissionMessage message)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new CborSpanWriter(output);
        switch (message.Kind)
        {
            case LocalTxSubmissionMessageKind.SubmitTx:
                writer.WriteArrayHeader(2);
                writer.WriteUInt(0);
                TransactionCodec.Write(writer, message.Transaction!);
                break;
            case LocalTxSubmissionMessageKind.AcceptTx:
                writer.WriteArrayHeader(1);
                writer.WriteUInt(1);
                break;
            case LocalTxSubmissionMessageKind.RejectTx:
                writer.WriteArrayHeader(2);
                writer.WriteUInt(2);
                writer.WriteRaw(message.Rejection!.Raw.Span);
                break;
            default:
                writer.WriteArrayHeader(1);
                writer.WriteUInt(3);
                break;
        }
    }

    /// <summary>Reads the message that <paramref name="item"/> is, and keeps nothing of it. A reason is kept as it came, whatever it says.</summary>
    /// <exception cref="CodecException">It is not one whole message of local tx-submission.</exception>
    public static LocalTxSubmissionMessage Read(ReadOnlyMemory<byte> item)
    {
        var reader = new CborSpanReader(item.Span);
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        LocalTxSubmissionMessage message = (tag, length) switch
        {
            (0, 2) => LocalTxSubmissionMessage.SubmitTx(TransactionCodec.Read(ref reader)),
            (1, 1) => LocalTxSubmissionMessage.AcceptTx,
            (2, 2) => LocalTxSubmissionMessage.RejectTx(ReadRejection(ref reader, item)),
            (3, 1) => LocalTxSubmissionMessage.Done,
            _ => throw CodecException.UnknownMessage(LocalTxSubmissionProtocol.Name, tag, length),
        };
        reader.ReadEnd();
        return message;
    }

    private static TransactionRejection ReadRejection(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        int start = reader.Position;
        reader.SkipItem();
        return new TransactionRejection(item[start..reader.Position].ToArray());
    }
}
