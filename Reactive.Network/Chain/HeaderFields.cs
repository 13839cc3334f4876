using Reactive.Network.Cbor;

namespace Reactive.Network.Chain;

/// <summary>What a header says of its block, as far as following a chain needs it. The rest stays in the header's bytes.</summary>
/// <param name="Slot">The slot; of a Byron block epoch and slot in it, of a boundary block the first slot of its epoch.</param>
/// <param name="BlockNumber">The height; a boundary block has the number of the block before it.</param>
/// <param name="PreviousHash">
/// The hash of the block before, or <see langword="null"/> where that is origin. The first Byron block names the genesis hash instead.
/// </param>
/// <param name="BodySize">Bytes of the body, from Shelley on.</param>
/// <param name="BodyHash">The hash of the body, from Shelley on.</param>
/// <param name="ProtocolVersion">Major and minor protocol version, from Shelley on.</param>
public readonly record struct HeaderFields(
    ulong Slot, ulong BlockNumber, BlockHash? PreviousHash, ulong? BodySize, BlockHash? BodyHash, (ulong Major, ulong Minor)? ProtocolVersion)
{
    /// <summary>Slots in a Byron epoch: 10 k with k = 2,160, on mainnet and preprod. Only they have Byron blocks that count by it.</summary>
    public const ulong ByronEpochLength = 21_600;

    /// <summary>Elements of a header body up to Alonzo.</summary>
    private const int TPraosElements = 15;

    /// <summary>Elements of a header body from Babbage on.</summary>
    private const int PraosElements = 10;

    /// <summary>Reads the header of a block of <paramref name="era"/>. An era not known here may have either of the forms there are.</summary>
    /// <exception cref="CodecException">It is none.</exception>
    public static HeaderFields Read(ReadOnlySpan<byte> header, Era era)
    {
        var reader = new CborSpanReader(header);
        HeaderFields fields = era switch
        {
            Era.ByronBoundary or Era.Byron => ReadByron(ref reader, era),
            _ => ReadShelley(ref reader, era),
        };
        reader.ReadEnd();
        return fields;
    }

    /// <summary>Reads what stands first: the place of the block in its chain.</summary>
    /// <exception cref="CodecException">It is no header, as far as that.</exception>
    internal static (ulong Slot, ulong BlockNumber, BlockHash? PreviousHash) ReadPlace(ReadOnlySpan<byte> header, Era era)
    {
        var reader = new CborSpanReader(header);
        if (era is Era.Byron or Era.ByronBoundary)
        {
            HeaderFields fields = ReadByron(ref reader, era);
            return (fields.Slot, fields.BlockNumber, fields.PreviousHash);
        }

        ReadShelleyStart(ref reader, era);
        ulong number = reader.ReadUInt64();
        ulong slot = reader.ReadUInt64();
        return (slot, number, reader.TryReadNull() ? null : PointCodec.ReadHash(ref reader));
    }

    /// <summary>The height, which stands first from Shelley on: <c>[[number, ...], ...]</c>.</summary>
    internal static bool TryReadBlockNumber(ReadOnlySpan<byte> header, out ulong number)
    {
        number = 0;
        if (header.Length < 3 || header[0] != 0x82 || CborHead.Major(header[1]) != CborMajor.Array || CborHead.Information(header[1]) >= 24)
        {
            return false;
        }

        return CborItem.ReadHead(header[2..], out byte initial, out number) != 0
            && CborHead.Major(initial) == CborMajor.UnsignedInteger
            && CborHead.Information(initial) <= 27;
    }

    private static HeaderFields ReadByron(ref CborSpanReader reader, Era era)
    {
        Expect(reader.ReadArrayHeader(), 5, "a Byron header");
        reader.SkipItem();
        BlockHash previous = PointCodec.ReadHash(ref reader);
        reader.SkipItem();
        ulong epoch;
        ulong slot = 0;
        if (era == Era.ByronBoundary)
        {
            Expect(reader.ReadArrayHeader(), 2, "a boundary block's consensus data");
            epoch = reader.ReadUInt64();
        }
        else
        {
            Expect(reader.ReadArrayHeader(), 4, "a Byron block's consensus data");
            Expect(reader.ReadArrayHeader(), 2, "a Byron slot");
            epoch = reader.ReadUInt64();
            slot = reader.ReadUInt64();
            reader.SkipItem();
        }

        Expect(reader.ReadArrayHeader(), 1, "a Byron difficulty");
        ulong difficulty = reader.ReadUInt64();
        if (era == Era.Byron)
        {
            reader.SkipItem();
        }

        reader.SkipItem();
        UInt128 absolute = ((UInt128)epoch * ByronEpochLength) + slot;
        if (absolute > ulong.MaxValue)
        {
            throw new CodecException($"a Byron slot of epoch {epoch}, which no slot number reaches");
        }

        return new HeaderFields((ulong)absolute, difficulty, previous, null, null, null);
    }

    /// <returns>How many elements the body of the header has.</returns>
    private static int ReadShelleyStart(ref CborSpanReader reader, Era era)
    {
        Expect(reader.ReadArrayHeader(), 2, "a header");
        int start = reader.Position;
        int length = reader.ReadArrayHeader();
        if (length is not (TPraosElements or PraosElements) || (era <= Era.Dijkstra && length != (era <= Era.Alonzo ? TPraosElements : PraosElements)))
        {
            throw new CodecException($"no header body of {era.Name()} has {length} elements", start);
        }

        return length;
    }

    private static HeaderFields ReadShelley(ref CborSpanReader reader, Era era)
    {
        int length = ReadShelleyStart(ref reader, era);
        ulong number = reader.ReadUInt64();
        ulong slot = reader.ReadUInt64();
        BlockHash? previous = reader.TryReadNull() ? null : PointCodec.ReadHash(ref reader);
        // Issuer key, VRF key and the VRF results: two of them up to Alonzo, one from Babbage on.
        for (int i = 3; i < (length == TPraosElements ? 7 : 6); i++)
        {
            reader.SkipItem();
        }

        ulong bodySize = reader.ReadUInt64();
        BlockHash bodyHash = PointCodec.ReadHash(ref reader);
        if (length == TPraosElements)
        {
            for (int i = 9; i < 13; i++)
            {
                reader.SkipItem();
            }
        }
        else
        {
            reader.SkipItem();
            Expect(reader.ReadArrayHeader(), 2, "a protocol version");
        }

        ulong major = reader.ReadUInt64();
        ulong minor = reader.ReadUInt64();
        reader.SkipItem();
        return new HeaderFields(slot, number, previous, bodySize, bodyHash, (major, minor));
    }

    private static void Expect(int length, int expected, string what)
    {
        if (length != expected)
        {
            throw new CodecException($"{what} has {expected} elements, not {length}");
        }
    }
}
