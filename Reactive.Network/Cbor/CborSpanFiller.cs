namespace Reactive.Network.Cbor;

/// <summary>
/// Writes CBOR into memory that is large enough: for messages of many short items, each of which costs <see cref="CborSpanWriter"/> two calls of its output.
/// </summary>
/// <param name="target">Where the bytes go.</param>
internal ref struct CborSpanFiller(Span<byte> target)
{
    private readonly Span<byte> _target = target;

    /// <summary>Bytes written.</summary>
    public int Written { get; private set; }

    /// <summary>Writes a head: a number, a tag, or the start of something of that length.</summary>
    public void Write(CborMajor major, ulong argument) => Written += CborHead.Write(_target[Written..], major, argument);

    /// <summary>Writes a byte string.</summary>
    public void WriteByteString(scoped ReadOnlySpan<byte> content)
    {
        Write(CborMajor.ByteString, (ulong)content.Length);
        content.CopyTo(_target[Written..]);
        Written += content.Length;
    }
}
