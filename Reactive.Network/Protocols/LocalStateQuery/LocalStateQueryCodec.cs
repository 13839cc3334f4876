using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>One whole CBOR item ↔ one message of local state query. What a query asks and a result says is not looked at here.</summary>
public static class LocalStateQueryCodec
{
    /// <summary>Appends the encoding of <paramref name="message"/> to <paramref name="output"/>, in the form of the reference.</summary>
    public static void Write(IBufferWriter<byte> output, in LocalStateQueryMessage message)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new CborSpanWriter(output);
        switch (message.Kind)
        {
            case LocalStateQueryMessageKind.Acquire:
                WriteTarget(writer, message.Target, atPoint: 0, atVolatileTip: 8, atImmutableTip: 10);
                break;
            case LocalStateQueryMessageKind.ReAcquire:
                WriteTarget(writer, message.Target, atPoint: 6, atVolatileTip: 9, atImmutableTip: 11);
                break;
            case LocalStateQueryMessageKind.Failure:
                WriteStart(writer, 2, fields: 1);
                writer.WriteUInt((ulong)message.Why);
                break;
            case LocalStateQueryMessageKind.Query:
                WriteStart(writer, 3, fields: 1);
                writer.WriteRaw(message.Content.Span);
                break;
            case LocalStateQueryMessageKind.Result:
                WriteResultStart(output);
                writer.WriteRaw(message.Content.Span);
                break;
            default:
                WriteStart(writer, TagOf(message.Kind), fields: 0);
                break;
        }
    }

    /// <summary>Reads the message that <paramref name="item"/> is, and keeps nothing of it.</summary>
    /// <exception cref="CodecException">It is not one whole message of local state query.</exception>
    public static LocalStateQueryMessage Read(ReadOnlyMemory<byte> item)
    {
        var reader = new CborSpanReader(item.Span);
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        LocalStateQueryMessage message = (tag, length) switch
        {
            (0, 2) => LocalStateQueryMessage.Acquire(LedgerTarget.At(PointCodec.Read(ref reader))),
            (1, 1) => LocalStateQueryMessage.Acquired,
            (2, 2) => LocalStateQueryMessage.Failure(ReadFailure(ref reader)),
            (3, 2) => LocalStateQueryMessage.Query(ReadRaw(ref reader, item)),
            (4, 2) => LocalStateQueryMessage.Result(ReadRaw(ref reader, item)),
            (5, 1) => LocalStateQueryMessage.Release,
            (6, 2) => LocalStateQueryMessage.ReAcquire(LedgerTarget.At(PointCodec.Read(ref reader))),
            (7, 1) => LocalStateQueryMessage.Done,
            (8, 1) => LocalStateQueryMessage.Acquire(LedgerTarget.VolatileTip),
            (9, 1) => LocalStateQueryMessage.ReAcquire(LedgerTarget.VolatileTip),
            (10, 1) => LocalStateQueryMessage.Acquire(LedgerTarget.ImmutableTip),
            (11, 1) => LocalStateQueryMessage.ReAcquire(LedgerTarget.ImmutableTip),
            _ => throw CodecException.UnknownMessage(LocalStateQueryProtocol.Name, tag, length),
        };
        reader.ReadEnd();
        return message;
    }

    /// <summary>Appends what stands before a result, so that its bytes can be sent from where they are.</summary>
    internal static void WriteResultStart(IBufferWriter<byte> output) => WriteStart(new CborSpanWriter(output), 4, fields: 1);

    private static ulong TagOf(LocalStateQueryMessageKind kind) => kind switch
    {
        LocalStateQueryMessageKind.Acquired => 1,
        LocalStateQueryMessageKind.Release => 5,
        _ => 7,
    };

    private static void WriteStart(CborSpanWriter writer, ulong tag, int fields)
    {
        writer.WriteArrayHeader(1 + fields);
        writer.WriteUInt(tag);
    }

    private static void WriteTarget(CborSpanWriter writer, LedgerTarget target, ulong atPoint, ulong atVolatileTip, ulong atImmutableTip)
    {
        if (target.Kind != LedgerTargetKind.Point)
        {
            WriteStart(writer, target.Kind == LedgerTargetKind.VolatileTip ? atVolatileTip : atImmutableTip, fields: 0);
            return;
        }

        WriteStart(writer, atPoint, fields: 1);
        PointCodec.Write(ref writer, target.Point);
    }

    private static LedgerAcquireFailure ReadFailure(ref CborSpanReader reader)
    {
        int start = reader.Position;
        ulong failure = reader.ReadUInt64();
        return failure <= 1 ? (LedgerAcquireFailure)failure : throw new CodecException($"{failure} is no failure to acquire", start);
    }

    private static ReadOnlyMemory<byte> ReadRaw(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        int start = reader.Position;
        reader.SkipItem();
        return item[start..reader.Position].ToArray();
    }
}
