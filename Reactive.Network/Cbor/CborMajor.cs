namespace Reactive.Network.Cbor;

/// <summary>The kind of a CBOR item: the three top bits of its first byte.</summary>
public enum CborMajor
{
    /// <summary>An unsigned integer.</summary>
    UnsignedInteger = 0,

    /// <summary>A negative integer.</summary>
    NegativeInteger = 1,

    /// <summary>A byte string.</summary>
    ByteString = 2,

    /// <summary>A text string in UTF-8.</summary>
    TextString = 3,

    /// <summary>An array.</summary>
    Array = 4,

    /// <summary>A map.</summary>
    Map = 5,

    /// <summary>A tag; the item it stands for follows.</summary>
    Tag = 6,

    /// <summary>A simple value, a floating-point number, or the break of an indefinite-length item.</summary>
    Simple = 7,
}
