using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>What a query is about.</summary>
public enum LedgerRequestKind
{
    /// <summary>One of an era's queries: <see cref="LedgerRequest.Query"/>.</summary>
    EraQuery,

    /// <summary>Where an era begins.</summary>
    EraStart,

    /// <summary>The history of eras.</summary>
    EraHistory,

    /// <summary>The era the ledger is in.</summary>
    CurrentEra,

    /// <summary>When the chain began.</summary>
    SystemStart,

    /// <summary>The number of the block whose state this is.</summary>
    ChainBlockNumber,

    /// <summary>The point of that block.</summary>
    ChainPoint,

    /// <summary>The configuration of the ledger: for debugging.</summary>
    LedgerConfig,
}

/// <summary>A query as a node reads it. Immutable.</summary>
public sealed class LedgerRequest
{
    private const ulong MaxEraIndex = 7;

    private LedgerRequest(LedgerRequestKind kind, ReadOnlyMemory<byte> raw) => (Kind, Raw) = (kind, raw);

    /// <summary>What it is about.</summary>
    public LedgerRequestKind Kind { get; }

    /// <summary>The query as it came: one CBOR item.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>The era, of an era's query and of an era's start; Byron stands for both of its kinds.</summary>
    public Era Era { get; private init; }

    /// <summary>Which of an era's queries.</summary>
    public EraQueryKind Query { get; private init; }

    /// <summary>Its arguments, each one CBOR item.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Arguments { get; private init; } = [];

    /// <summary>The query whose result is wanted as bytes, of <see cref="EraQueryKind.GetCBOR"/>.</summary>
    internal EraQueryKind Inner
    {
        get
        {
            var reader = new CborSpanReader(Arguments[0].Span);
            reader.ReadArrayHeader();
            return (EraQueryKind)reader.ReadInt32();
        }
    }

    /// <summary>Reads a query.</summary>
    /// <exception cref="CodecException">It is none that a node knows. There is no answer that says so: a node ends the connection.</exception>
    public static LedgerRequest Parse(ReadOnlyMemory<byte> query)
    {
        var reader = new CborSpanReader(query.Span);
        LedgerRequest request = ParseTop(ref reader, query);
        reader.ReadEnd();
        return request;
    }

    /// <summary>The query and its era.</summary>
    public override string ToString() => Kind switch
    {
        LedgerRequestKind.EraQuery => $"{Query} of {EraMismatch.NameOf(Era)}",
        LedgerRequestKind.EraStart => $"EraStart of {EraMismatch.NameOf(Era)}",
        _ => Kind.ToString(),
    };

    private static LedgerRequest ParseTop(ref CborSpanReader reader, ReadOnlyMemory<byte> query)
    {
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        return (tag, length) switch
        {
            (0, 2) => ParseBlockQuery(ref reader, query),
            (1, 1) => new(LedgerRequestKind.SystemStart, query),
            (2, 1) => new(LedgerRequestKind.ChainBlockNumber, query),
            (3, 1) => new(LedgerRequestKind.ChainPoint, query),
            (4, 1) => new(LedgerRequestKind.LedgerConfig, query),
            _ => throw CodecException.UnknownMessage("query", tag, length),
        };
    }

    private static LedgerRequest ParseBlockQuery(ref CborSpanReader reader, ReadOnlyMemory<byte> query)
    {
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        switch (tag, length)
        {
            case (0, 2):
                Expect(reader.ReadArrayHeader(), 2, "an era's query");
                return ParseEraQuery(ref reader, query, ReadEra(ref reader));
            case (1, 3):
                Expect(reader.ReadArrayHeader(), 1, "an anytime query");
                Expect((int)Math.Min(reader.ReadUInt64(), int.MaxValue), 0, "an anytime query's number");
                return new(LedgerRequestKind.EraStart, query) { Era = ReadEra(ref reader) };
            case (2, 2):
                Expect(reader.ReadArrayHeader(), 1, "a hard fork query");
                return reader.ReadUInt64() switch
                {
                    0 => new(LedgerRequestKind.EraHistory, query),
                    1 => new(LedgerRequestKind.CurrentEra, query),
                    ulong other => throw CodecException.UnknownMessage("hard fork query", other, 1),
                };
            default:
                throw CodecException.UnknownMessage("block query", tag, length);
        }
    }

    private static LedgerRequest ParseEraQuery(ref CborSpanReader reader, ReadOnlyMemory<byte> query, Era era)
    {
        if (era == Era.Byron)
        {
            Expect((int)Math.Min(reader.ReadUInt64(), int.MaxValue), 0, "Byron's query");
            return new(LedgerRequestKind.EraQuery, query) { Era = era, Query = EraQueryKind.GetUpdateInterfaceState };
        }

        (EraQueryKind kind, List<ReadOnlyMemory<byte>> arguments) = ParseTagged(ref reader, query);
        return new(LedgerRequestKind.EraQuery, query) { Era = era, Query = kind, Arguments = arguments.AsReadOnly() };
    }

    private static (EraQueryKind Kind, List<ReadOnlyMemory<byte>> Arguments) ParseTagged(ref CborSpanReader reader, ReadOnlyMemory<byte> query)
    {
        int start = reader.Position;
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        var kind = (EraQueryKind)(int)Math.Min(tag, int.MaxValue);
        if (!EraQueryShape.All.TryGetValue(kind, out EraQueryShape shape)
            || length - 1 < shape.MinArguments || length - 1 > shape.MaxArguments)
        {
            throw CodecException.UnknownMessage("era query", tag, length);
        }

        var arguments = new List<ReadOnlyMemory<byte>>();
        for (int i = 1; i < length; i++)
        {
            start = reader.Position;
            if (kind == EraQueryKind.GetCBOR)
            {
                ParseTagged(ref reader, query);
            }
            else
            {
                reader.SkipItem();
            }

            arguments.Add(query[start..reader.Position]);
        }

        return (kind, arguments);
    }

    private static Era ReadEra(ref CborSpanReader reader)
    {
        int start = reader.Position;
        ulong index = reader.ReadUInt64();
        return index <= MaxEraIndex ? EraMismatch.EraAt(index) : throw new CodecException($"{index} is no era", start);
    }

    private static void Expect(int actual, int expected, string what)
    {
        if (actual != expected)
        {
            throw new CodecException($"{what}: {expected} expected, found {actual}");
        }
    }
}
