namespace Reactive.Network.Cbor;

/// <summary>Why bytes are not one acceptable CBOR item.</summary>
public enum CborDefect
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>A first byte that RFC 8949 leaves reserved, or a simple value below 32 in two bytes.</summary>
    ReservedHead,

    /// <summary>A break where no indefinite-length item can end: outside of one, after a tag, or between a key and its value.</summary>
    UnexpectedBreak,

    /// <summary>The item has more bytes than are allowed, or claims a length or a count that cannot fit.</summary>
    TooLong,

    /// <summary>More containers inside one another than are allowed.</summary>
    TooDeep,

    /// <summary>A piece of an indefinite-length string that is not a definite-length string of the same kind.</summary>
    WrongChunk,
}
