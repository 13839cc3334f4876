namespace Reactive.Network.Cbor;

/// <summary>What the first byte of a CBOR item says.</summary>
internal static class CborHead
{
    /// <summary>The end of an indefinite-length item.</summary>
    internal const byte Break = 0xff;

    /// <summary>The value of the low five bits that says "indefinite length" (or, with major 7, break).</summary>
    internal const int Indefinite = 31;

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
}
