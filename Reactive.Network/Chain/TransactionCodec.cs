using Reactive.Network.Cbor;

namespace Reactive.Network.Chain;

/// <summary>
/// Transactions and their ids between nodes: <c>[eraIndex, #6.24(bytes)]</c> and <c>[eraIndex, hash]</c>; in Byron <c>[0, [kind, item]]</c> and
/// <c>[0, [kind, hash]]</c>.
/// </summary>
internal static class TransactionCodec
{
    private const ulong EncodedItemTag = 24;
    private const ulong MaxEraIndex = byte.MaxValue - 1;
    private const ulong MaxByronKind = 3;
    private const int Inline = 24;

    public static int WireSize(Transaction transaction)
    {
        int length = transaction.Bytes.Length;
        if (transaction.Era <= Era.Byron)
        {
            return 4 + length;
        }

        int head = length switch { < Inline => 1, <= byte.MaxValue => 2, <= ushort.MaxValue => 3, _ => 5 };
        return (transaction.Era.EraIndex() < Inline ? 2 : 3) + 2 + head + length;
    }

    public static void WriteId(CborSpanWriter writer, TransactionId id)
    {
        WriteEra(writer, id.Era, id.ByronKind);
        writer.WriteByteString(id.Hash.AsSpan());
    }

    /// <exception cref="CodecException">It is none.</exception>
    public static TransactionId ReadId(ref CborSpanReader reader)
    {
        Era era = ReadEra(ref reader, out byte kind);
        return new TransactionId(era, PointCodec.ReadHash(ref reader)) { ByronKind = kind };
    }

    public static void Write(CborSpanWriter writer, Transaction transaction)
    {
        WriteEra(writer, transaction.Era, transaction.ByronKind);
        if (transaction.Era <= Era.Byron)
        {
            writer.WriteRaw(transaction.Bytes.Span);
            return;
        }

        writer.WriteTag(EncodedItemTag);
        writer.WriteByteString(transaction.Bytes.Span);
    }

    /// <summary>Reads a transaction and copies its bytes: it is small, and would keep the memory of every other one in its message.</summary>
    /// <exception cref="CodecException">It is none.</exception>
    public static Transaction Read(ref CborSpanReader reader)
    {
        Era era = ReadEra(ref reader, out byte kind);
        if (era == Era.Byron)
        {
            ReadOnlySpan<byte> rest = reader.RemainingSpan;
            int start = reader.Position;
            reader.SkipItem();
            return new Transaction(era, rest[..(reader.Position - start)].ToArray()) { ByronKind = kind };
        }

        int at = reader.Position;
        return reader.ReadTag() == EncodedItemTag
            ? new Transaction(era, reader.ReadByteString().ToArray())
            : throw new CodecException($"expected tag {EncodedItemTag}", at);
    }

    private static void WriteEra(CborSpanWriter writer, Era era, byte kind)
    {
        writer.WriteArrayHeader(2);
        writer.WriteUInt((ulong)era.EraIndex());
        if (era <= Era.Byron)
        {
            writer.WriteArrayHeader(2);
            writer.WriteUInt(kind);
        }
    }

    private static Era ReadEra(ref CborSpanReader reader, out byte kind)
    {
        kind = 0;
        ExpectPair(ref reader);
        int start = reader.Position;
        ulong index = reader.ReadUInt64();
        if (index > MaxEraIndex)
        {
            throw new CodecException($"{index} is no era index", start);
        }

        if (index > 0)
        {
            return (Era)(index + 1);
        }

        ExpectPair(ref reader);
        start = reader.Position;
        ulong read = reader.ReadUInt64();
        kind = read <= MaxByronKind ? (byte)read : throw new CodecException($"{read} is no kind of Byron payload", start);
        return Era.Byron;
    }

    private static void ExpectPair(ref CborSpanReader reader)
    {
        int start = reader.Position;
        int length = reader.ReadArrayHeader();
        if (length != 2)
        {
            throw new CodecException($"expected an array of 2 elements, found {length}", start);
        }
    }
}
