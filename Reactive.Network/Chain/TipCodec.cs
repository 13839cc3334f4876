using Reactive.Network.Cbor;

namespace Reactive.Network.Chain;

/// <summary>A tip on the wire: <c>[point, blockNumber]</c>.</summary>
public static class TipCodec
{
    /// <summary>Writes a tip.</summary>
    public static void Write(ref CborSpanWriter writer, Tip tip)
    {
        writer.WriteArrayHeader(2);
        PointCodec.Write(ref writer, tip.Point);
        writer.WriteUInt(tip.BlockNumber);
    }

    /// <summary>Writes a tip.</summary>
    internal static void Write(ref CborSpanFiller filler, in Tip tip)
    {
        filler.Write(CborMajor.Array, 2);
        PointCodec.Write(ref filler, tip.Point);
        filler.Write(CborMajor.UnsignedInteger, tip.BlockNumber);
    }

    /// <summary>Reads a tip.</summary>
    /// <exception cref="CodecException">It is none.</exception>
    public static Tip Read(ref CborSpanReader reader)
    {
        int start = reader.Position;
        if (reader.ReadArrayHeader() is var length && length != 2)
        {
            throw new CodecException($"a tip has 2 elements, not {length}", start);
        }

        Point point = PointCodec.Read(ref reader);
        return new Tip(point, reader.ReadUInt64());
    }
}
