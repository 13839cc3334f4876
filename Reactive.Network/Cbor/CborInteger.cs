using System.Formats.Cbor;
using System.Numerics;

namespace Reactive.Network.Cbor;

/// <summary>Integers of any size: beyond 64 bits they are bignums. For cold paths.</summary>
internal static class CborInteger
{
    public static void Write(CborSpanWriter writer, BigInteger value)
    {
        if (value.Sign >= 0 && value <= ulong.MaxValue)
        {
            writer.WriteUInt((ulong)value);
            return;
        }

        var general = new CborWriter();
        if (value.Sign < 0 && value >= -1 - (BigInteger)ulong.MaxValue)
        {
            general.WriteCborNegativeIntegerRepresentation((ulong)(-1 - value));
        }
        else
        {
            general.WriteBigInteger(value);
        }

        writer.WriteRaw(general.Encode());
    }

    /// <param name="reader">In front of the integer.</param>
    /// <param name="item">What <paramref name="reader"/> reads.</param>
    /// <exception cref="CodecException">Something else stands there.</exception>
    public static BigInteger Read(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        if (reader.PeekMajor() == CborMajor.UnsignedInteger)
        {
            return reader.ReadUInt64();
        }

        int start = reader.Position;
        reader.SkipItem();
        try
        {
            var general = new CborReader(item[start..reader.Position], CborConformanceMode.Lax);
            return general.PeekState() == CborReaderState.NegativeInteger
                ? -1 - (BigInteger)general.ReadCborNegativeIntegerRepresentation()
                : general.ReadBigInteger();
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException)
        {
            throw new CodecException("expected an integer", start, e);
        }
    }
}
