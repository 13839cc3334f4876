using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>A query to a ledger, with the type of its result. Immutable; asks nothing by itself.</summary>
/// <typeparam name="T">What the result is read to.</typeparam>
public sealed class LedgerQuery<T>
{
    private readonly Func<int, ReadOnlyMemory<byte>> _encode;
    private readonly Func<ReadOnlyMemory<byte>, int, T> _read;

    internal LedgerQuery(
        string name, int since, int? until, Func<int, ReadOnlyMemory<byte>> encode, Func<ReadOnlyMemory<byte>, int, T> read)
    {
        Name = name;
        Since = since;
        Until = until;
        _encode = encode;
        _read = read;
    }

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>The node-to-client version that has it first.</summary>
    public int Since { get; }

    /// <summary>The version that has it last, where a later one dropped it.</summary>
    public int? Until { get; }

    /// <summary>Whether the version has it.</summary>
    public bool Has(int version) => version >= Since && (Until is not { } last || version <= last);

    /// <summary>The query as it is sent: one CBOR item.</summary>
    public ReadOnlyMemory<byte> Encode(int version) => _encode(version);

    /// <summary>Reads a result.</summary>
    /// <param name="result">One CBOR item.</param>
    /// <param name="version">The version that was agreed on.</param>
    /// <exception cref="EraMismatchException">The ledger is in another era.</exception>
    /// <exception cref="CodecException">It is not a result of this query.</exception>
    public T Read(ReadOnlyMemory<byte> result, int version) => _read(result, version);

    /// <summary>The same query, its result read further.</summary>
    public LedgerQuery<TOther> Select<TOther>(Func<T, TOther> selector) =>
        new(Name, Since, Until, _encode, (result, version) => selector(_read(result, version)));

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

/// <summary>The queries to a ledger.</summary>
public static class LedgerQuery
{
    private const int DebugConfigSince = 20;

    /// <summary>When the chain began. Below 100 ns it is cut.</summary>
    public static LedgerQuery<DateTimeOffset> SystemStart { get; } = Top("GetSystemStart", "8101", LedgerReader.SystemStart);

    /// <summary>The number of the block whose state is held; <see langword="null"/> at origin.</summary>
    public static LedgerQuery<ulong?> ChainBlockNumber { get; } = Top("GetChainBlockNo", "8102", LedgerReader.BlockNumber);

    /// <summary>The point of the block whose state is held.</summary>
    public static LedgerQuery<Point> ChainPoint { get; } = Top("GetChainPoint", "8103", LedgerReader.Point);

    /// <summary>The configuration of the ledger. From version 20.</summary>
    public static LedgerQuery<LedgerValue> LedgerConfig { get; } = Top("DebugLedgerConfig", "8104", LedgerReader.Value, DebugConfigSince);

    /// <summary>The era that the ledger is in.</summary>
    public static LedgerQuery<Era> CurrentEra { get; } = Top("GetCurrentEra", "820082028101", LedgerReader.Era);

    /// <summary>The history of eras: slots to times and epochs.</summary>
    public static LedgerQuery<EraHistory> EraHistory { get; } = Top("GetInterpreter", "820082028100", LedgerReader.History);

    /// <summary>Where an era begins; <see langword="null"/> where the ledger has not come to it.</summary>
    public static LedgerQuery<EraBound?> EraStart(Era era)
    {
        byte[] query = [0x82, 0x00, 0x83, 0x01, 0x81, 0x00, IndexOf(era)];
        return new($"GetEraStart of {EraMismatch.NameOf(era)}", 16, null, _ => query, static (result, _) => LedgerReader.Whole(result, LedgerReader.MaybeBound));
    }

    /// <summary>The queries of one era. A ledger in another era answers with <see cref="EraMismatchException"/>.</summary>
    public static EraQueries In(Era era) => new(era);

    /// <summary>Any query, known here or not: what it asks and what comes back are bytes.</summary>
    /// <param name="query">What stands in <c>[3, query]</c>: one CBOR item. A node that does not know it ends the connection.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <exception cref="CodecException">It is not one CBOR item.</exception>
    public static LedgerQuery<LedgerValue> Raw(ReadOnlyMemory<byte> query, string name = "raw query")
    {
        var reader = new CborSpanReader(query.Span);
        reader.SkipItem();
        reader.ReadEnd();
        byte[] own = query.ToArray();
        return new(name, 0, null, _ => own, static (result, _) => new LedgerValue(result));
    }

    /// <summary>The index of an era that has queries.</summary>
    internal static byte IndexOf(Era era) => era <= Era.Dijkstra
        ? (byte)era.EraIndex()
        : throw new ArgumentOutOfRangeException(nameof(era), era, "No queries are known for an era that is later than Dijkstra.");

    private static LedgerQuery<T> Top<T>(string name, string hex, LedgerReader.ReadElement<T> read, int since = 16)
    {
        byte[] query = Convert.FromHexString(hex);
        return new(name, since, null, _ => query, (result, _) => LedgerReader.Whole(result, read));
    }
}
