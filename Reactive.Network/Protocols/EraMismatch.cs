using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols;

/// <summary>Something was meant for another era than the one the ledger is in: <c>[[index, "Name"], [index, "Name"]]</c>.</summary>
/// <param name="Asked">The era of the query or of the transaction.</param>
/// <param name="AskedName">Its name, as the node writes it.</param>
/// <param name="Ledger">The era of the ledger.</param>
/// <param name="LedgerName">Its name, as the node writes it.</param>
public readonly record struct EraMismatch(Era Asked, string AskedName, Era Ledger, string LedgerName)
{
    private const ulong MaxEraIndex = byte.MaxValue - 1;

    /// <summary>One line for a person.</summary>
    public override string ToString() => $"meant for {AskedName}, the ledger is in {LedgerName}";

    /// <summary>The names that nodes use, by era index.</summary>
    internal static string NameOf(Era era) => era switch
    {
        <= Era.Byron => "Byron",
        <= Era.Dijkstra => era.ToString(),
        _ => $"era {era.EraIndex()}",
    };

    /// <summary>The era with this index.</summary>
    internal static Era EraAt(ulong index) => index == 0 ? Era.Byron : (Era)(index + 1);

    /// <summary>A mismatch between two eras, by the names that nodes use.</summary>
    public static EraMismatch Between(Era asked, Era ledger) => new(asked, NameOf(asked), ledger, NameOf(ledger));

    /// <summary>Reads a mismatch, if the item is one.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> item, out EraMismatch mismatch)
    {
        mismatch = default;
        try
        {
            var reader = new CborSpanReader(item);
            if (reader.ReadArrayHeaderOrIndefinite() != 2 || !TryReadEra(ref reader, out Era asked, out string askedName)
                || !TryReadEra(ref reader, out Era ledger, out string ledgerName) || reader.Remaining > 0)
            {
                return false;
            }

            mismatch = new EraMismatch(asked, askedName, ledger, ledgerName);
            return true;
        }
        catch (CodecException)
        {
            return false;
        }
    }

    /// <summary>Writes it as nodes do.</summary>
    internal void Write(CborSpanWriter writer)
    {
        writer.WriteArrayHeader(2);
        WriteEra(writer, Asked, AskedName);
        WriteEra(writer, Ledger, LedgerName);
    }

    private static void WriteEra(CborSpanWriter writer, Era era, string name)
    {
        writer.WriteArrayHeader(2);
        writer.WriteUInt((ulong)era.EraIndex());
        writer.WriteText(name);
    }

    private static bool TryReadEra(ref CborSpanReader reader, out Era era, out string name)
    {
        era = default;
        name = "";
        if (reader.PeekMajor() != CborMajor.Array || reader.ReadArrayHeaderOrIndefinite() != 2 || reader.PeekMajor() != CborMajor.UnsignedInteger)
        {
            return false;
        }

        ulong index = reader.ReadUInt64();
        if (index > MaxEraIndex || reader.PeekMajor() != CborMajor.TextString)
        {
            return false;
        }

        era = EraAt(index);
        name = reader.ReadText();
        return true;
    }
}
