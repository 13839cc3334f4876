using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Internal;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>
/// A header as node-to-node chain-sync wraps it: <c>[eraIndex, 24(header)]</c>, and for Byron
/// <c>[0, [[0 boundary | 1 main, block size], 24(header)]]</c>.
/// </summary>
/// <remarks>
/// The bytes inside tag 24 are not looked at: they are read when a field of the header is asked for. The block size is a hint only.
/// </remarks>
internal static class WrappedHeaderCodec
{
    private const ulong EncodedItemTag = 24;

    // Block tags fit a byte in the reference, and they are one more than the era index.
    private const ulong MaxEraIndex = byte.MaxValue - 1;

    /// <summary>More than the wrapper adds to the bytes of a header.</summary>
    internal const int MaxWrapperBytes = 32;

    internal static void Write(ref CborSpanFiller filler, in Header header)
    {
        filler.Write(CborMajor.Array, 2);
        filler.Write(CborMajor.UnsignedInteger, (ulong)header.Era.EraIndex());
        if (header.Era <= Era.Byron)
        {
            filler.Write(CborMajor.Array, 2);
            filler.Write(CborMajor.Array, 2);
            filler.Write(CborMajor.UnsignedInteger, (ulong)header.Era);
            filler.Write(CborMajor.UnsignedInteger, header.ByronSizeHint);
        }

        filler.Write(CborMajor.Tag, EncodedItemTag);
        filler.WriteByteString(header.Span);
    }

    /// <summary>Reads a header that points into <paramref name="item"/>, the memory that <paramref name="reader"/> reads.</summary>
    internal static Header Read(ref CborSpanReader reader, MemoryLease item)
    {
        ExpectLength(ref reader, 2);
        int start = reader.Position;
        ulong index = reader.ReadUInt64();
        if (index > MaxEraIndex)
        {
            throw new CodecException($"{index} is no era index", start);
        }

        Era era;
        uint sizeHint = 0;
        if (index == 0)
        {
            ExpectLength(ref reader, 2);
            ExpectLength(ref reader, 2);
            start = reader.Position;
            ulong kind = reader.ReadUInt64();
            if (kind > (ulong)Era.Byron)
            {
                throw new CodecException($"{kind} is no kind of Byron block", start);
            }

            era = (Era)kind;
            sizeHint = reader.ReadUInt32();
        }
        else
        {
            era = (Era)(index + 1);
        }

        start = reader.Position;
        if (reader.ReadTag() != EncodedItemTag)
        {
            throw new CodecException($"expected tag {EncodedItemTag}", start);
        }

        int length = reader.ReadByteString().Length;
        return new Header(item, era, reader.Position - length, length, sizeHint);
    }

    private static void ExpectLength(ref CborSpanReader reader, int expected)
    {
        int start = reader.Position;
        int length = reader.ReadArrayHeader();
        if (length != expected)
        {
            throw new CodecException($"expected an array of {expected} elements, found {length}", start);
        }
    }
}
