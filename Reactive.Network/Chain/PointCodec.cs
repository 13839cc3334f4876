using Reactive.Network.Cbor;

namespace Reactive.Network.Chain;

/// <summary>A point on the wire: <c>[]</c> for origin, else <c>[slot, hash]</c>.</summary>
public static class PointCodec
{
    /// <summary>Writes a point.</summary>
    public static void Write(ref CborSpanWriter writer, Point point)
    {
        if (point.IsOrigin)
        {
            writer.WriteArrayHeader(0);
            return;
        }

        writer.WriteArrayHeader(2);
        writer.WriteUInt(point.Slot);
        writer.WriteByteString(point.Hash.AsSpan());
    }

    /// <summary>Writes a point.</summary>
    internal static void Write(ref CborSpanFiller filler, in Point point)
    {
        if (point.IsOrigin)
        {
            filler.Write(CborMajor.Array, 0);
            return;
        }

        filler.Write(CborMajor.Array, 2);
        filler.Write(CborMajor.UnsignedInteger, point.Slot);
        BlockHash hash = point.Hash;
        filler.WriteByteString(hash.AsSpan());
    }

    /// <summary>Reads a point.</summary>
    /// <exception cref="CodecException">It is none.</exception>
    public static Point Read(ref CborSpanReader reader)
    {
        int start = reader.Position;
        switch (reader.ReadArrayHeader())
        {
            case 0:
                return Point.Origin;
            case 2:
                ulong slot = reader.ReadUInt64();
                return new Point(slot, ReadHash(ref reader));
            case int length:
                throw new CodecException($"a point has 0 or 2 elements, not {length}", start);
        }
    }

    /// <summary>Reads the 32 bytes of a hash.</summary>
    /// <exception cref="CodecException">They are none.</exception>
    internal static BlockHash ReadHash(ref CborSpanReader reader)
    {
        if (reader.TryReadByteString(BlockHash.Size, out ReadOnlySpan<byte> hash))
        {
            return new BlockHash(hash);
        }

        int start = reader.Position;
        hash = reader.ReadByteString();
        return hash.Length == BlockHash.Size
            ? new BlockHash(hash)
            : throw new CodecException($"a hash has {BlockHash.Size} bytes, not {hash.Length}", start);
    }
}
