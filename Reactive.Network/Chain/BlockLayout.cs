using Reactive.Network.Cbor;

namespace Reactive.Network.Chain;

/// <summary>Where the parts of <c>[blockTag, block]</c> stand.</summary>
/// <param name="Era">The block tag.</param>
/// <param name="Elements">Elements of the inner array.</param>
/// <param name="HeaderOffset">Where the header begins.</param>
/// <param name="HeaderLength">How long it is.</param>
internal readonly record struct BlockLayout(Era Era, int Elements, int HeaderOffset, int HeaderLength)
{
    /// <summary>Where the first element behind the header begins.</summary>
    public int BodyOffset => HeaderOffset + HeaderLength;

    /// <exception cref="CodecException">The bytes are no block.</exception>
    public static BlockLayout Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CborSpanReader(bytes);
        int outer = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        int elements = reader.ReadArrayHeader();
        if (outer != 2 || tag > int.MaxValue || elements < 1)
        {
            throw new CodecException("a block is [blockTag, [header, …]]");
        }

        int start = reader.Position;
        reader.SkipItem();
        return new BlockLayout((Era)tag, elements, start, reader.Position - start);
    }

    /// <exception cref="CodecException">The bytes are no block.</exception>
    public static int? CountTransactions(ReadOnlySpan<byte> bytes)
    {
        BlockLayout layout = Read(bytes);
        if (layout.Era == Era.ByronBoundary)
        {
            return 0;
        }

        if (layout.Era > Era.Conway)
        {
            return null;
        }

        var reader = new CborSpanReader(bytes[layout.BodyOffset..]);
        if (layout.Era == Era.Byron && reader.ReadArrayHeader() != 4)
        {
            throw new CodecException("a Byron body has 4 elements");
        }

        return CountElements(ref reader);
    }

    /// <summary>Counts the elements of the array that comes next, definite or not.</summary>
    public static int CountElements(ref CborSpanReader reader)
    {
        if (reader.ReadArrayHeaderOrIndefinite() is { } count)
        {
            return count;
        }

        int elements = 0;
        while (!reader.TryReadBreak())
        {
            reader.SkipItem();
            elements++;
        }

        return elements;
    }
}
