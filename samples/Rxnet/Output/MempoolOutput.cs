using System.Globalization;
using System.Text.Json;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalTxMonitor;

namespace Rxnet.Output;

/// <summary>What <c>mempool</c> tells.</summary>
internal sealed class MempoolOutput(StandardOutput output, bool asJson)
{
    private readonly JsonLines _lines = new(output);

    public void Sizes(ulong slot, MempoolSizes sizes, MempoolMeasures? measures)
    {
        if (!asJson)
        {
            string more = string.Concat(measures?.Measures.Where(static one => one.Key != "transaction_bytes").Select(static one => $", {one.Key} {one.Value.Used} of {one.Value.Capacity}") ?? []);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"slot {slot}: {sizes.Count} transactions, {sizes.UsedBytes} of {sizes.CapacityBytes} bytes{more}"));
            return;
        }

        _lines.Write("mempool", json =>
        {
            json.WriteNumber("slot", slot);
            json.WriteNumber("transactions", sizes.Count);
            json.WriteNumber("bytes", sizes.UsedBytes);
            json.WriteNumber("capacity", sizes.CapacityBytes);
            json.WritePropertyName("measures");
            if (measures is null)
            {
                json.WriteNullValue();
                return;
            }

            json.WriteStartObject();
            foreach ((string name, MempoolMeasure measure) in measures.Measures)
            {
                json.WriteStartObject(name);
                json.WritePropertyName("used");
                json.WriteRawValue(measure.Used.ToString(CultureInfo.InvariantCulture));
                json.WritePropertyName("capacity");
                json.WriteRawValue(measure.Capacity.ToString(CultureInfo.InvariantCulture));
                json.WriteEndObject();
            }

            json.WriteEndObject();
        });
    }

    public void Transaction(Transaction transaction)
    {
        if (asJson)
        {
            _lines.Write("transaction", json => Write(json, transaction));
        }
        else
        {
            output.WriteLine(Line(transaction));
        }
    }

    /// <summary>First what went, then what came.</summary>
    public void Difference(MempoolDifference difference)
    {
        foreach (Transaction transaction in difference.Removed)
        {
            Change("removed", '-', difference.Slot, transaction);
        }

        foreach (Transaction transaction in difference.Added)
        {
            Change("added", '+', difference.Slot, transaction);
        }
    }

    private static string? IdOf(Transaction transaction) => transaction.TryGetId(out TransactionId id) ? id.Hash.ToString() : null;

    private static string Line(Transaction transaction) => string.Create(
        CultureInfo.InvariantCulture, $"{IdOf(transaction) ?? "(no id)"} {transaction.Era.Name()} {transaction.Bytes.Length} bytes");

    private static void Write(Utf8JsonWriter json, Transaction transaction)
    {
        json.WriteString("id", IdOf(transaction));
        json.WriteString("era", transaction.Era.Name());
        json.WriteNumber("bytes", transaction.Bytes.Length);
    }

    private void Change(string name, char sign, ulong slot, Transaction transaction)
    {
        if (asJson)
        {
            _lines.Write(name, json =>
            {
                json.WriteNumber("slot", slot);
                Write(json, transaction);
            });
        }
        else
        {
            output.WriteLine($"{sign} {Line(transaction)}");
        }
    }
}
