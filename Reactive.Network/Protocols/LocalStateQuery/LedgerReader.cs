using System.Collections.ObjectModel;
using System.Numerics;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>Results of queries to values. Lists and maps may be of indefinite length anywhere.</summary>
internal static class LedgerReader
{
    private const ulong SetTag = 258;
    private const ulong RationalTag = 30;
    private const long PicosecondsPerTick = 100_000;

    public delegate T ReadElement<out T>(ref CborSpanReader reader, ReadOnlyMemory<byte> item);

    /// <summary>One whole item.</summary>
    public static T Whole<T>(ReadOnlyMemory<byte> item, ReadElement<T> read)
    {
        var reader = new CborSpanReader(item.Span);
        T value = read(ref reader, item);
        reader.ReadEnd();
        return value;
    }

    /// <summary>The envelope of an era's result.</summary>
    /// <exception cref="EraMismatchException">The ledger is in another era.</exception>
    public static ReadOnlyMemory<byte> Unwrap(ReadOnlyMemory<byte> result)
    {
        if (EraMismatch.TryRead(result.Span, out EraMismatch mismatch))
        {
            throw new EraMismatchException(mismatch);
        }

        var reader = new CborSpanReader(result.Span);
        int length = reader.ReadArrayHeader();
        if (length != 1)
        {
            throw new CodecException($"the result of an era's query is an array of 1, not of {length}", 0);
        }

        int start = reader.Position;
        reader.SkipItem();
        ReadOnlyMemory<byte> value = result[start..reader.Position];
        reader.ReadEnd();
        return value;
    }

    public static LedgerValue Value(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        int start = reader.Position;
        reader.SkipItem();
        return new LedgerValue(item[start..reader.Position]);
    }

    public static ulong Number(ref CborSpanReader reader, ReadOnlyMemory<byte> item) => reader.ReadUInt64();

    public static Point Point(ref CborSpanReader reader, ReadOnlyMemory<byte> item) => PointCodec.Read(ref reader);

    public static DateTimeOffset SystemStart(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        Expect(ref reader, 3);
        int start = reader.Position;
        ulong year = reader.ReadUInt64();
        ulong day = reader.ReadUInt64();
        BigInteger picoseconds = CborInteger.Read(ref reader, item);
        if (year is < 1 or > 9998 || day is < 1 or > 366 || picoseconds.Sign < 0 || picoseconds > (BigInteger)TimeSpan.TicksPerDay * 2 * PicosecondsPerTick)
        {
            throw new CodecException("a day that no calendar has", start);
        }

        return new DateTimeOffset((int)year, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day - 1).AddTicks((long)(picoseconds / PicosecondsPerTick));
    }

    public static ulong? BlockNumber(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        int start = reader.Position;
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        return (tag, length) switch
        {
            (0, 1) => null,
            (1, 2) => reader.ReadUInt64(),
            _ => throw new CodecException("neither origin nor a block number", start),
        };
    }

    public static Era Era(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        int start = reader.Position;
        ulong index = reader.ReadUInt64();
        return index < byte.MaxValue ? EraMismatch.EraAt(index) : throw new CodecException($"{index} is no era index", start);
    }

    public static EraBound? MaybeBound(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        int start = reader.Position;
        return reader.ReadArrayHeader() switch
        {
            0 => null,
            1 => Bound(ref reader, item),
            int length => throw new CodecException($"0 or 1 element expected, found {length}", start),
        };
    }

    public static EraHistory History(ref CborSpanReader reader, ReadOnlyMemory<byte> item) => new(List(ref reader, item, Summary));

    public static AccountState Account(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        Expect(ref reader, 2);
        return new AccountState(reader.ReadUInt64(), reader.ReadUInt64());
    }

    public static IReadOnlyList<KeyHash> Pools(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        if (reader.PeekMajor() == CborMajor.Tag)
        {
            ExpectTag(ref reader, SetTag);
        }

        return List(ref reader, item, Hash28);
    }

    public static IReadOnlyList<UnspentOutput> Outputs(ref CborSpanReader reader, ReadOnlyMemory<byte> item) =>
        Map(ref reader, item, static (ref CborSpanReader r, ReadOnlyMemory<byte> i) =>
        {
            Expect(ref r, 2);
            var input = new TransactionInput(PointCodec.ReadHash(ref r), r.ReadUInt64());
            return new UnspentOutput(input, Value(ref r, i));
        });

    /// <summary>In versions up to 20: a map alone, without coins.</summary>
    public static StakeDistribution OldStake(ref CborSpanReader reader, ReadOnlyMemory<byte> item) => new(
        Map(ref reader, item, static (ref CborSpanReader r, ReadOnlyMemory<byte> i) =>
        {
            KeyHash pool = Hash28(ref r, i);
            Expect(ref r, 2);
            return new PoolStake(pool, Fraction(ref r, i), null, PointCodec.ReadHash(ref r));
        }),
        null);

    public static StakeDistribution Stake(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        Expect(ref reader, 2);
        IReadOnlyList<PoolStake> pools = Map(ref reader, item, static (ref CborSpanReader r, ReadOnlyMemory<byte> i) =>
        {
            KeyHash pool = Hash28(ref r, i);
            Expect(ref r, 3);
            return new PoolStake(pool, Fraction(ref r, i), r.ReadUInt64(), PointCodec.ReadHash(ref r));
        });
        return new StakeDistribution(pools, reader.ReadUInt64());
    }

    /// <summary>The parameters: where the version stands depends on the era and on the version that was agreed on.</summary>
    public static ProtocolParameters Parameters(ReadOnlyMemory<byte> item, Era era, int version)
    {
        LedgerValue[] values = [.. Whole(item, static (ref CborSpanReader r, ReadOnlyMemory<byte> i) => List(ref r, i, Value))];
        bool isFlat = version <= 20 && era < Chain.Era.Conway;

        // Up to Alonzo decentralisation and extra entropy stand before it.
        int place = era < Chain.Era.Babbage ? 14 : 12;
        if (values.Length < place + (isFlat ? 2 : 1))
        {
            throw new CodecException($"{values.Length} parameters are fewer than the era has");
        }

        if (isFlat)
        {
            return new ProtocolParameters(Whole(values[place].Raw, Number), Whole(values[place + 1].Raw, Number), Array.AsReadOnly(values));
        }

        (ulong major, ulong minor) = Whole(values[place].Raw, static (ref CborSpanReader r, ReadOnlyMemory<byte> i) =>
        {
            Expect(ref r, 2);
            return (r.ReadUInt64(), r.ReadUInt64());
        });
        return new ProtocolParameters(major, minor, Array.AsReadOnly(values));
    }

    private static EraBound Bound(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        int start = reader.Position;
        int length = reader.ReadArrayHeader();
        if (length is not (3 or 4))
        {
            throw new CodecException($"a bound has 3 or 4 elements, not {length}", start);
        }

        return new EraBound(
            CborInteger.Read(ref reader, item), reader.ReadUInt64(), reader.ReadUInt64(), length == 4 ? reader.ReadUInt64() : null);
    }

    private static EraSummary Summary(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        Expect(ref reader, 3);
        EraBound from = Bound(ref reader, item);
        EraBound? to = reader.TryReadNull() ? null : Bound(ref reader, item);
        int start = reader.Position;
        int length = reader.ReadArrayHeader();
        if (length is not (4 or 5))
        {
            throw new CodecException($"the parameters of an era are 4 or 5, not {length}", start);
        }

        ulong epoch = reader.ReadUInt64();
        ulong milliseconds = reader.ReadUInt64();
        if (epoch == 0 || milliseconds > (ulong)TimeSpan.MaxValue.TotalMilliseconds)
        {
            throw new CodecException("an era whose epochs or slots have no length", start);
        }

        ulong? safeZone = SafeZone(ref reader);
        return new EraSummary(
            from, to, epoch, TimeSpan.FromTicks((long)milliseconds * TimeSpan.TicksPerMillisecond), safeZone, reader.ReadUInt64(),
            length == 5 ? reader.ReadUInt64() : null);
    }

    private static ulong? SafeZone(ref CborSpanReader reader)
    {
        int start = reader.Position;
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        switch (tag, length)
        {
            case (1, 1):
                return null;
            case (0, 3):
                ulong slots = reader.ReadUInt64();
                reader.SkipItem();
                return slots;
            default:
                throw new CodecException("no safe zone", start);
        }
    }

    private static KeyHash Hash28(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        int start = reader.Position;
        ReadOnlySpan<byte> hash = reader.ReadByteString();
        return hash.Length == KeyHash.Size ? new KeyHash(hash) : throw new CodecException($"a hash of {KeyHash.Size} bytes expected, found {hash.Length}", start);
    }

    private static Fraction Fraction(ref CborSpanReader reader, ReadOnlyMemory<byte> item)
    {
        if (reader.PeekMajor() == CborMajor.Tag)
        {
            ExpectTag(ref reader, RationalTag);
        }

        Expect(ref reader, 2);
        return new Fraction(CborInteger.Read(ref reader, item), CborInteger.Read(ref reader, item));
    }

    private static void Expect(ref CborSpanReader reader, int expected)
    {
        int start = reader.Position;
        int length = reader.ReadArrayHeader();
        if (length != expected)
        {
            throw new CodecException($"an array of {expected} expected, found {length}", start);
        }
    }

    private static void ExpectTag(ref CborSpanReader reader, ulong expected)
    {
        int start = reader.Position;
        if (reader.ReadTag() != expected)
        {
            throw new CodecException($"expected tag {expected}", start);
        }
    }

    private static ReadOnlyCollection<T> List<T>(ref CborSpanReader reader, ReadOnlyMemory<byte> item, ReadElement<T> read) =>
        Elements(ref reader, item, reader.ReadArrayHeaderOrIndefinite(), read);

    private static ReadOnlyCollection<T> Map<T>(ref CborSpanReader reader, ReadOnlyMemory<byte> item, ReadElement<T> read) =>
        Elements(ref reader, item, reader.ReadMapHeaderOrIndefinite(), read);

    private static ReadOnlyCollection<T> Elements<T>(ref CborSpanReader reader, ReadOnlyMemory<byte> item, int? count, ReadElement<T> read)
    {
        var elements = new List<T>();
        for (int i = 0; count is { } known ? i < known : !reader.TryReadBreak(); i++)
        {
            elements.Add(read(ref reader, item));
        }

        return elements.AsReadOnly();
    }
}
