using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>Results as nodes write them, for who answers queries.</summary>
public static class LedgerAnswer
{
    private const long PicosecondsPerTick = 100_000;
    private const ulong EncodedItemTag = 24;

    /// <summary>The result of an era's query: the value, in the envelope that says that the era was right.</summary>
    /// <param name="value">One CBOR item.</param>
    public static ReadOnlyMemory<byte> OfEra(ReadOnlySpan<byte> value)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(1);
        writer.WriteRaw(value);
        return output.WrittenMemory;
    }

    /// <summary>The result of an era's query where the ledger is in another era.</summary>
    public static ReadOnlyMemory<byte> WrongEra(Era asked, Era ledger)
    {
        var output = new ArrayBufferWriter<byte>();
        EraMismatch.Between(asked, ledger).Write(new CborSpanWriter(output));
        return output.WrittenMemory;
    }

    /// <summary>The point of the state's block.</summary>
    public static ReadOnlyMemory<byte> ChainPoint(Point point)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        PointCodec.Write(ref writer, point);
        return output.WrittenMemory;
    }

    /// <summary>The number of the state's block; <see langword="null"/> at origin.</summary>
    public static ReadOnlyMemory<byte> ChainBlockNumber(ulong? number)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(number is null ? 1 : 2);
        writer.WriteUInt(number is null ? 0u : 1u);
        if (number is { } known)
        {
            writer.WriteUInt(known);
        }

        return output.WrittenMemory;
    }

    /// <summary>The era that the ledger is in.</summary>
    public static ReadOnlyMemory<byte> CurrentEra(Era era) => Number((ulong)era.EraIndex());

    /// <summary>A bare number, to be put <see cref="OfEra"/> where it answers an era's query.</summary>
    public static ReadOnlyMemory<byte> Number(ulong number)
    {
        var output = new ArrayBufferWriter<byte>();
        new CborSpanWriter(output).WriteUInt(number);
        return output.WrittenMemory;
    }

    /// <summary>Where an era begins; <see langword="null"/> where the ledger has not come to it.</summary>
    public static ReadOnlyMemory<byte> EraStart(EraBound? start)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(start is null ? 0 : 1);
        if (start is { } bound)
        {
            WriteBound(writer, bound);
        }

        return output.WrittenMemory;
    }

    /// <summary>The history of eras.</summary>
    public static ReadOnlyMemory<byte> EraHistory(EraHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        writer.WriteIndefiniteArrayHeader();
        foreach (EraSummary era in history.Eras)
        {
            WriteSummary(writer, era);
        }

        writer.WriteBreak();
        return output.WrittenMemory;
    }

    /// <summary>A result as bytes, for who asked for it by <see cref="EraQueryKind.GetCBOR"/>; to be put <see cref="OfEra"/>.</summary>
    /// <param name="value">One CBOR item.</param>
    public static ReadOnlyMemory<byte> Encoded(ReadOnlySpan<byte> value)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        writer.WriteTag(EncodedItemTag);
        writer.WriteByteString(value);
        return output.WrittenMemory;
    }

    /// <summary>When the chain began.</summary>
    public static ReadOnlyMemory<byte> SystemStart(DateTimeOffset start)
    {
        DateTimeOffset utc = start.ToUniversalTime();
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(3);
        writer.WriteUInt((ulong)utc.Year);
        writer.WriteUInt((ulong)utc.DayOfYear);
        writer.WriteUInt((ulong)utc.TimeOfDay.Ticks * PicosecondsPerTick);
        return output.WrittenMemory;
    }
    private static void WriteSummary(CborSpanWriter writer, EraSummary era)
    {
        writer.WriteArrayHeader(3);
        WriteBound(writer, era.Start);
        if (era.End is { } end)
        {
            WriteBound(writer, end);
        }
        else
        {
            writer.WriteNull();
        }

        writer.WriteArrayHeader(era.PerasRoundSlots is null ? 4 : 5);
        writer.WriteUInt(era.EpochSlots);
        writer.WriteUInt((ulong)(era.SlotLength.Ticks / TimeSpan.TicksPerMillisecond));
        if (era.SafeZoneSlots is { } slots)
        {
            writer.WriteArrayHeader(3);
            writer.WriteUInt(0);
            writer.WriteUInt(slots);
            writer.WriteArrayHeader(1);
            writer.WriteUInt(0);
        }
        else
        {
            writer.WriteArrayHeader(1);
            writer.WriteUInt(1);
        }

        writer.WriteUInt(era.GenesisWindow);
        if (era.PerasRoundSlots is { } round)
        {
            writer.WriteUInt(round);
        }
    }

    private static void WriteBound(CborSpanWriter writer, EraBound bound)
    {
        writer.WriteArrayHeader(bound.PerasRound is null ? 3 : 4);
        CborInteger.Write(writer, bound.Picoseconds);
        writer.WriteUInt(bound.Slot);
        writer.WriteUInt(bound.Epoch);
        if (bound.PerasRound is { } round)
        {
            writer.WriteUInt(round);
        }
    }
}
