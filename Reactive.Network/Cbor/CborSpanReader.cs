using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Reactive.Network.Cbor;

/// <summary>
/// Reads the parts of one whole CBOR item in order, in place: nothing is copied, nothing is allocated but the strings asked for.
/// </summary>
/// <remarks>
/// Integers, lengths and tags may be written longer than needed, as the reference accepts them. Every length and count is checked against the
/// bytes that are there before it is returned, so a caller may allocate for it. What does not fit throws a <see cref="CodecException"/> with
/// the offset from the start of <paramref name="item"/>.
/// </remarks>
/// <param name="item">The bytes of the item.</param>
public ref struct CborSpanReader(ReadOnlySpan<byte> item)
{
    internal static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _item = item;

    /// <summary>How many bytes were read.</summary>
    public int Position { get; private set; }

    /// <summary>How many bytes are left.</summary>
    public readonly int Remaining => _item.Length - Position;

    /// <summary>The bytes that are left.</summary>
    public readonly ReadOnlySpan<byte> RemainingSpan => _item[Position..];

    /// <summary>The kind of the next item; a break counts as <see cref="CborMajor.Simple"/>.</summary>
    /// <exception cref="CodecException">There is no next item.</exception>
    public readonly CborMajor PeekMajor() => Remaining > 0 ? CborHead.Major(_item[Position]) : throw CutOff();

    /// <summary>Reads the start of a definite-length array.</summary>
    /// <returns>The number of elements; not more than there are bytes left.</returns>
    /// <exception cref="CodecException">Something else stands there.</exception>
    public int ReadArrayHeader() => ReadArrayHeaderOrIndefinite() ?? throw ExpectedDefinite();

    /// <summary>Reads the start of an array.</summary>
    /// <returns>The number of elements, or <see langword="null"/>: elements until <see cref="TryReadBreak"/> says that it ended.</returns>
    /// <exception cref="CodecException">Something else stands there.</exception>
    public int? ReadArrayHeaderOrIndefinite() => ReadCount(CborMajor.Array, 1);

    /// <summary>Reads the start of a definite-length map.</summary>
    /// <returns>The number of pairs of key and value; not more than half the bytes left.</returns>
    /// <exception cref="CodecException">Something else stands there.</exception>
    public int ReadMapHeader() => ReadMapHeaderOrIndefinite() ?? throw ExpectedDefinite();

    /// <summary>Reads the start of a map.</summary>
    /// <returns>The number of pairs, or <see langword="null"/>: pairs until <see cref="TryReadBreak"/> says that it ended.</returns>
    /// <exception cref="CodecException">Something else stands there.</exception>
    public int? ReadMapHeaderOrIndefinite() => ReadCount(CborMajor.Map, 2);

    /// <summary>Reads the end of an array or map of indefinite length, if it is next.</summary>
    public bool TryReadBreak() => TryReadByte(CborHead.Break);

    /// <summary>Reads an unsigned integer.</summary>
    /// <exception cref="CodecException">Something else stands there.</exception>
    public ulong ReadUInt64() => ReadUnsigned(ulong.MaxValue);

    /// <summary>Reads an unsigned integer of at most 32 bits.</summary>
    /// <exception cref="CodecException">Something else stands there, or a larger number.</exception>
    public uint ReadUInt32() => (uint)ReadUnsigned(uint.MaxValue);

    /// <summary>Reads an unsigned integer of at most 16 bits.</summary>
    /// <exception cref="CodecException">Something else stands there, or a larger number.</exception>
    public ushort ReadUInt16() => (ushort)ReadUnsigned(ushort.MaxValue);

    /// <summary>Reads an unsigned integer of at most 31 bits. No field of the protocols is negative.</summary>
    /// <exception cref="CodecException">Something else stands there, or a larger number.</exception>
    public int ReadInt32() => (int)ReadUnsigned(int.MaxValue);

    /// <summary>Reads a tag; the item it stands for is next.</summary>
    /// <exception cref="CodecException">Something else stands there.</exception>
    public ulong ReadTag() => ReadHead(CborMajor.Tag);

    /// <summary>Reads a definite-length byte string, in place.</summary>
    /// <exception cref="CodecException">Something else stands there.</exception>
    public ReadOnlySpan<byte> ReadByteString() => ReadString(CborMajor.ByteString);

    /// <summary>Reads a byte string of this length whose head is as short as it can be, which is how everybody writes a hash.</summary>
    /// <param name="length">24 to 255.</param>
    /// <param name="content">The bytes, in place.</param>
    /// <returns><see langword="false"/> where something else stands there: nothing was read then.</returns>
    internal bool TryReadByteString(byte length, out ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> rest = _item[Position..];
        if (rest.Length < 2 + length || rest[0] != (((int)CborMajor.ByteString << 5) | CborHead.InHead) || rest[1] != length)
        {
            content = default;
            return false;
        }

        content = rest.Slice(2, length);
        Position += 2 + length;
        return true;
    }

    /// <summary>Reads a definite-length text string.</summary>
    /// <exception cref="CodecException">Something else stands there, or bytes that are not UTF-8.</exception>
    public string ReadText()
    {
        int start = Position;
        try
        {
            return StrictUtf8.GetString(ReadString(CborMajor.TextString));
        }
        catch (DecoderFallbackException error)
        {
            throw new CodecException("text that is not UTF-8", start, error);
        }
    }

    /// <summary>Reads <c>true</c> or <c>false</c>.</summary>
    /// <exception cref="CodecException">Something else stands there.</exception>
    public bool ReadBool() => TryReadByte(0xf5) || (TryReadByte(0xf4) ? false : throw Expected("a boolean"));

    /// <summary>Reads a null, if it is next.</summary>
    public bool TryReadNull() => TryReadByte(0xf6);

    /// <summary>Goes past the next item, whatever it is, however deep.</summary>
    /// <exception cref="CodecException">It is not well-formed, or not whole.</exception>
    public void SkipItem()
    {
        // Most items are a number or a string: their head says where they end.
        int head = CborItem.ReadHead(_item[Position..], out byte initial, out ulong argument);
        if (head != 0 && CborHead.Information(initial) <= 27)
        {
            CborMajor major = CborHead.Major(initial);
            ulong content = major is CborMajor.ByteString or CborMajor.TextString ? argument : 0;
            if (major <= CborMajor.TextString && content <= (ulong)(Remaining - head))
            {
                Position += head + (int)content;
                return;
            }
        }

        OperationStatus status = CborItem.Measure(RemainingSpan, out int length, out CborDefect defect);
        if (status != OperationStatus.Done)
        {
            throw status == OperationStatus.InvalidData
                ? new CodecException($"CBOR that is not well-formed: {defect}", Position + length)
                : CutOff();
        }

        Position += length;
    }

    /// <summary>Checks that everything was read.</summary>
    /// <exception cref="CodecException">Bytes are left.</exception>
    public readonly void ReadEnd()
    {
        if (Remaining != 0)
        {
            throw new CodecException($"{Remaining} bytes more than the item has", Position);
        }
    }

    private int? ReadCount(CborMajor major, int bytesEach)
    {
        int start = Position;
        if (Remaining > 0 && _item[start] == (((int)major << 5) | CborHead.Indefinite))
        {
            Position++;
            return null;
        }

        ulong count = ReadHead(major);
        if (count > (ulong)(Remaining / bytesEach))
        {
            Position = start;
            throw CutOff();
        }

        return (int)count;
    }

    private ReadOnlySpan<byte> ReadString(CborMajor major)
    {
        int start = Position;
        ulong length = ReadHead(major);
        if (length > (ulong)Remaining)
        {
            Position = start;
            throw CutOff();
        }

        ReadOnlySpan<byte> content = _item.Slice(Position, (int)length);
        Position += (int)length;
        return content;
    }

    private ulong ReadUnsigned(ulong max)
    {
        int start = Position;
        ulong value = ReadHead(CborMajor.UnsignedInteger);
        if (value > max)
        {
            Position = start;
            throw new CodecException($"{value} where at most {max} is allowed", start);
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong ReadHead(CborMajor major)
    {
        // What is left of the first byte when the major is gone is the argument, or says how long it is.
        int at = Position;
        if ((uint)at < (uint)_item.Length)
        {
            uint information = (uint)(_item[at] - ((int)major << 5));
            if (information < CborHead.InHead)
            {
                Position = at + 1;
                return information;
            }

            if (information <= 27 && _item.Length - at > sizeof(ulong))
            {
                // Eight bytes at once, of which those behind the argument are shifted out.
                int size = 1 << (int)(information - CborHead.InHead);
                Position = at + 1 + size;
                return BinaryPrimitives.ReadUInt64BigEndian(_item[(at + 1)..]) >> (64 - (8 * size));
            }
        }

        return ReadOtherHead(major);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong ReadOtherHead(CborMajor major)
    {
        int length = CborItem.ReadHead(_item[Position..], out byte initial, out ulong argument);
        if (length == 0 || CborHead.Major(initial) != major || CborHead.Information(initial) > 27)
        {
            throw length == 0 ? CutOff() : Expected(Name(major));
        }

        Position += length;
        return argument;
    }

    private bool TryReadByte(byte value)
    {
        if (Remaining == 0 || _item[Position] != value)
        {
            return false;
        }

        Position++;
        return true;
    }

    private readonly CodecException CutOff() => new("the item is cut off, or claims more than there is", Position);

    private readonly CodecException Expected(string what) =>
        Remaining == 0 ? CutOff() : new CodecException($"expected {what}, found first byte 0x{_item[Position]:x2}", Position);

    private readonly CodecException ExpectedDefinite() => new("expected a definite length, found an indefinite one", Position - 1);

    private static string Name(CborMajor major) => major switch
    {
        CborMajor.UnsignedInteger => "an unsigned integer",
        CborMajor.ByteString => "a definite-length byte string",
        CborMajor.TextString => "a definite-length text string",
        CborMajor.Array => "an array",
        CborMajor.Map => "a map",
        _ => "a tag",
    };
}
