using System.Buffers.Binary;

namespace Reactive.Network.Cbor;

/// <summary>What the first byte of a CBOR item says.</summary>
internal static class CborHead
{
    /// <summary>The end of an indefinite-length item.</summary>
    internal const byte Break = 0xff;

    /// <summary>The value of the low five bits that says "indefinite length" (or, with major 7, break).</summary>
    internal const int Indefinite = 31;

    /// <summary>Additional information below this is the argument itself.</summary>
    internal const int InHead = 24;

    /// <summary>The longest head.</summary>
    internal const int MaxBytes = 9;

    /// <summary>The largest simple value that may not stand in a second byte.</summary>
    internal const int LastOneByteSimple = 31;

    internal static CborMajor Major(byte initial) => (CborMajor)(initial >> 5);

    internal static int Information(byte initial) => initial & 0x1f;

    /// <summary>How many bytes of argument follow: 0, 1, 2, 4 or 8.</summary>
    internal static int ArgumentBytes(int information) => information is < 24 or > 27 ? 0 : 1 << (information - 24);

    /// <summary>Whether no well-formed item starts with this byte. A break does not start an item, but is not reserved.</summary>
    internal static bool IsReserved(byte initial)
    {
        int information = Information(initial);
        return information > 27
            && (information != Indefinite || Major(initial) is CborMajor.UnsignedInteger or CborMajor.NegativeInteger or CborMajor.Tag);
    }

    /// <summary>Writes a head in its shortest form.</summary>
    /// <param name="head">At least as long as the head becomes.</param>
    /// <param name="major">The kind of the item.</param>
    /// <param name="argument">Its value, length, count or tag.</param>
    /// <returns>Its length.</returns>
    internal static int Write(Span<byte> head, CborMajor major, ulong argument)
    {
        int kind = (int)major << 5;
        if (argument < 24)
        {
            head[0] = (byte)(kind | (int)argument);
            return 1;
        }

        return WriteLong(head, kind, argument);
    }

    private static int WriteLong(Span<byte> head, int kind, ulong argument)
    {
        if (argument <= byte.MaxValue)
        {
            head[1] = (byte)argument;
            head[0] = (byte)(kind | 24);
            return 2;
        }

        if (argument <= ushort.MaxValue)
        {
            BinaryPrimitives.WriteUInt16BigEndian(head[1..], (ushort)argument);
            head[0] = (byte)(kind | 25);
            return 3;
        }

        if (argument <= uint.MaxValue)
        {
            BinaryPrimitives.WriteUInt32BigEndian(head[1..], (uint)argument);
            head[0] = (byte)(kind | 26);
            return 5;
        }

        BinaryPrimitives.WriteUInt64BigEndian(head[1..], argument);
        head[0] = (byte)(kind | 27);
        return MaxBytes;
    }
}
