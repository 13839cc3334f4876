using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>Results as nodes write them, for who answers queries.</summary>
public static class LedgerAnswer
{
    private const long PicosecondsPerTick = 100_000;

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
}
