using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalStateQuery;
using Rxnet.Output;

namespace Rxnet.Querying;

/// <summary>Results of queries, each type in its words.</summary>
internal static class Answers
{
    public static Answer Of(DateTimeOffset time)
    {
        string text = time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
        return Text(text);
    }

    public static Answer Of(ulong number) => new([Invariant($"{number}")], json => json.WriteNumberValue(number));

    /// <summary>A block number, which origin has not.</summary>
    public static Answer Of(ulong? number) => number is { } known ? Of(known) : new(["origin"], static json => json.WriteNullValue());

    public static Answer Of(Era era) => Text(era <= Era.Byron ? "byron" : era.Name());

    public static Answer Of(Point point) => new([point.IsOrigin ? "origin" : $"{point}"], json =>
    {
        json.WriteStartObject();
        json.WritePoint(point);
        json.WriteEndObject();
    });

    public static Answer Of(EraBound? bound) => bound is { } known
        ? new([Line(known)], json => Write(json, known))
        : new(["not reached"], static json => json.WriteNullValue());

    public static Answer Of(EraHistory history) => new(
        [.. history.Eras.Select(static (era, index) =>
            Invariant($"{NameOf(index)}: from {Line(era.Start)} to {(era.End is { } end ? Line(end) : "no end")}, {era.EpochSlots} slots of {era.SlotLength.TotalSeconds} s an epoch"))],
        json => WriteArray(json, history.Eras.Index(), static (writer, one) =>
        {
            writer.WriteStartObject();
            writer.WriteString("era", NameOf(one.Index));
            writer.WritePropertyName("start");
            Write(writer, one.Item.Start);
            writer.WritePropertyName("end");
            if (one.Item.End is { } end)
            {
                Write(writer, end);
            }
            else
            {
                writer.WriteNullValue();
            }

            writer.WriteNumber("epochSlots", one.Item.EpochSlots);
            writer.WriteNumber("slotMilliseconds", (long)one.Item.SlotLength.TotalMilliseconds);
            writer.WriteEndObject();
        }));

    public static Answer Of(LedgerValue value) => new([value.ToString()], json => Write(json, value));

    public static Answer Of(ProtocolParameters parameters) => new(
        [Invariant($"protocol version {parameters.Major}.{parameters.Minor}"), .. parameters.Values.Select(static (value, index) => Invariant($"{index}: {value}"))],
        json =>
        {
            json.WriteStartObject();
            json.WriteNumber("major", parameters.Major);
            json.WriteNumber("minor", parameters.Minor);
            json.WritePropertyName("values");
            WriteArray(json, parameters.Values, Write);
            json.WriteEndObject();
        });

    public static Answer Of(IReadOnlyList<KeyHash> hashes) => new(
        [.. hashes.Select(static hash => hash.ToString())],
        json => WriteArray(json, hashes, static (writer, hash) => writer.WriteStringValue(hash.ToString())));

    public static Answer Of(StakeDistribution stake) => new(
        [.. stake.Pools.Select(static pool => Invariant($"{pool.Pool} {pool.Share.ToDouble():0.########}{(pool.Coin is { } coin ? Invariant($" {coin} lovelace") : "")} vrf {pool.Vrf}"))],
        json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("pools");
            WriteArray(json, stake.Pools, static (writer, pool) =>
            {
                writer.WriteStartObject();
                writer.WriteString("pool", pool.Pool.ToString());
                writer.WritePropertyName("share");
                writer.WriteStartArray();
                Write(writer, pool.Share.Numerator);
                Write(writer, pool.Share.Denominator);
                writer.WriteEndArray();
                WriteNumber(writer, "lovelace", pool.Coin);
                writer.WriteString("vrf", pool.Vrf.ToString());
                writer.WriteEndObject();
            });
            WriteNumber(json, "lovelace", stake.TotalCoin);
            json.WriteEndObject();
        });

    public static Answer Of(AccountState account) => new(
        [Invariant($"treasury {account.Treasury} lovelace"), Invariant($"reserves {account.Reserves} lovelace")],
        json =>
        {
            json.WriteStartObject();
            json.WriteNumber("treasury", account.Treasury);
            json.WriteNumber("reserves", account.Reserves);
            json.WriteEndObject();
        });

    public static Answer Of(IReadOnlyList<UnspentOutput> outputs) => new(
        [.. outputs.Select(static one => Invariant($"{one.Input.Transaction}#{one.Input.Index} {one.Output}"))],
        json => WriteArray(json, outputs, static (writer, one) =>
        {
            writer.WriteStartObject();
            writer.WriteString("transaction", one.Input.Transaction.ToString());
            writer.WriteNumber("index", one.Input.Index);
            writer.WritePropertyName("output");
            Write(writer, one.Output);
            writer.WriteEndObject();
        }));

    private static Answer Text(string text) => new([text], json => json.WriteStringValue(text));

    /// <summary>Eras stand in a history by their index.</summary>
    private static string NameOf(int index) => (index == 0 ? Era.Byron : (Era)(index + 1)).Name();

    private static string Line(EraBound bound) => Invariant($"slot {bound.Slot} (epoch {bound.Epoch})");

    private static void Write(Utf8JsonWriter json, EraBound bound)
    {
        json.WriteStartObject();
        json.WriteNumber("slot", bound.Slot);
        json.WriteNumber("epoch", bound.Epoch);
        json.WritePropertyName("picoseconds");
        Write(json, bound.Picoseconds);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, LedgerValue value)
    {
        json.WriteStartObject();
        json.WriteString("cbor", Convert.ToHexStringLower(value.Raw.Span));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BigInteger number) => json.WriteRawValue(number.ToString(CultureInfo.InvariantCulture));

    private static void WriteNumber(Utf8JsonWriter json, string name, ulong? number)
    {
        if (number is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteArray<T>(Utf8JsonWriter json, IEnumerable<T> elements, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray();
        foreach (T element in elements)
        {
            write(json, element);
        }

        json.WriteEndArray();
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
