using System.Buffers;

namespace Reactive.Network.Cbor;

/// <summary>Writes CBOR straight to an output, each head in its shortest form. Counts and nesting are the caller's to get right.</summary>
/// <remarks>Holds nothing back: what was written is in the output when the call returns.</remarks>
/// <param name="output">Where the bytes go.</param>
public readonly ref struct CborSpanWriter(IBufferWriter<byte> output)
{
    private readonly IBufferWriter<byte> _output = output;

    /// <summary>Writes the start of an array of <paramref name="count"/> elements.</summary>
    public void WriteArrayHeader(int count) => WriteCount(CborMajor.Array, count);

    /// <summary>Writes the start of an array that ends with <see cref="WriteBreak"/>.</summary>
    public void WriteIndefiniteArrayHeader() => WriteByte(0x9f);

    /// <summary>Writes the end of an indefinite-length array.</summary>
    public void WriteBreak() => WriteByte(CborHead.Break);

    /// <summary>Writes the start of a map of <paramref name="count"/> pairs.</summary>
    public void WriteMapHeader(int count) => WriteCount(CborMajor.Map, count);

    /// <summary>Writes an unsigned integer.</summary>
    public void WriteUInt(ulong value) => WriteHead(CborMajor.UnsignedInteger, value);

    /// <summary>Writes a tag; the item it stands for must follow.</summary>
    public void WriteTag(ulong tag) => WriteHead(CborMajor.Tag, tag);

    /// <summary>Writes a byte string.</summary>
    public void WriteByteString(ReadOnlySpan<byte> content)
    {
        WriteByteStringHeader(content.Length);
        WriteRaw(content);
    }

    /// <summary>Writes the start of a byte string; <paramref name="length"/> bytes of content must follow.</summary>
    public void WriteByteStringHeader(int length) => WriteCount(CborMajor.ByteString, length);

    /// <summary>Writes a text string.</summary>
    /// <exception cref="ArgumentException"><paramref name="text"/> has a surrogate without its partner.</exception>
    public void WriteText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int length = CborSpanReader.StrictUtf8.GetByteCount(text);
        WriteCount(CborMajor.TextString, length);
        int written = CborSpanReader.StrictUtf8.GetBytes(text, _output.GetSpan(length));
        _output.Advance(written);
    }

    /// <summary>Writes <c>true</c> or <c>false</c>.</summary>
    public void WriteBool(bool value) => WriteByte(value ? (byte)0xf5 : (byte)0xf4);

    /// <summary>Writes a null.</summary>
    public void WriteNull() => WriteByte(0xf6);

    /// <summary>Writes bytes that are CBOR already, or the content of a string whose head was written.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    private void WriteCount(CborMajor major, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        WriteHead(major, (ulong)count);
    }

    private void WriteByte(byte value)
    {
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
    }

    private void WriteHead(CborMajor major, ulong argument) => _output.Advance(CborHead.Write(_output.GetSpan(CborHead.MaxBytes), major, argument));
}
