using System.Globalization;

namespace Reactive.Network.Load.Results;

/// <summary>What a figure must be.</summary>
/// <param name="What">The figure, in words.</param>
/// <param name="Scenario">Whose.</param>
/// <param name="Case">What its case begins with.</param>
/// <param name="Field">Which.</param>
/// <param name="IsFloor">Whether <paramref name="Bound"/> is the least it may be, not the most.</param>
/// <param name="Bound">The bound.</param>
internal sealed record Goal(string What, string Scenario, string Case, string Field, bool IsFloor, double Bound)
{
    private const string Recycled = ", recycled, unchecked";
    private const string Kept = ", nothing given back, unchecked";
    private const string Checked = ", recycled, checked";

    /// <summary>What the load program can measure of what is asked of this library.</summary>
    public static IReadOnlyList<Goal> All { get; } =
    [
        new("blocks of 90 KB, recycled, of the plain drain", "block-fetch", "90112 B" + Recycled, "ratio", true, 0.8),
        new("blocks of 12 KB, recycled, of the plain drain", "block-fetch", "12288 B" + Recycled, "ratio", true, 0.7),
        new("blocks of 2 KB, recycled, of the plain drain", "block-fetch", "2048 B" + Recycled, "ratio", true, 0.55),
        new("blocks of 90 KB, nothing given back, of the plain drain", "block-fetch", "90112 B" + Kept, "ratio", true, 0.25),
        new("blocks of 12 KB, nothing given back, of the plain drain", "block-fetch", "12288 B" + Kept, "ratio", true, 0.55),
        new("blocks of 2 KB, nothing given back, of the plain drain", "block-fetch", "2048 B" + Kept, "ratio", true, 0.55),
        new("blocks of 90 KB, checked, of BLAKE2b or the drain", "block-fetch", "90112 B" + Checked, "ratioToHashOrDrain", true, 0.8),
        new("blocks of 12 KB, checked, of BLAKE2b or the drain", "block-fetch", "12288 B" + Checked, "ratioToHashOrDrain", true, 0.8),
        new("blocks of 2 KB, checked, of BLAKE2b or the drain", "block-fetch", "2048 B" + Checked, "ratioToHashOrDrain", true, 0.8),
        new("headers a second", "chain-sync", "generated headers, no hash", "itemsPerSecond", true, 1_000_000),
        new("headers, of the plain drain", "chain-sync", "generated headers, no hash", "ratio", true, 0.35),
        new("bytes allocated for a header", "chain-sync", "generated headers, no hash", "clientAllocatedBytesPerItem", false, 0.5),
        new("headers with their points a second", "chain-sync", "generated headers, with points", "itemsPerSecond", true, 700_000),
        new("serving blocks of 90 KB, of plain sending", "serve", "90112 B", "ratio", true, 0.8),
        new("serving blocks of 12 KB, of plain sending", "serve", "12288 B", "ratio", true, 0.8),
        new("serving blocks of 2 KB, of plain sending", "serve", "2048 B", "ratio", true, 0.8),
        new("bytes of one of 2,000 idle connections, client", "connections", "2000", "clientManagedBytesEach", false, 16_384),
        new("bytes of one of 2,000 idle connections, server", "connections", "2000", "serverManagedBytesEach", false, 16_384),
        new("% of a core for 2,000 idle connections, client", "connections", "2000", "clientPercentOfOneCore", false, 2),
        new("% of a core for 2,000 idle connections, server", "connections", "2000", "serverPercentOfOneCore", false, 2),
        new("a header from 500 connections, median, to bare sockets", "fan-in", "500", "p50Ratio", false, 1.5),
        new("a header from 500 connections, 99th percentile, to bare sockets", "fan-in", "500", "p99Ratio", false, 1.5),
        new("header to range request, median, to a bare ping-pong", "announce", "generated", "p50Ratio", false, 1.5),
        new("header to range request, 99th percentile, to a bare ping-pong", "announce", "generated", "p99Ratio", false, 1.5),
        new("keep-alive beside a consumer that stopped, to before", "slow-consumer", string.Empty, "ratio", false, 1.25),
    ];

    /// <summary>Whether a value keeps it.</summary>
    public bool IsMetBy(double value) => IsFloor ? value >= Bound : value <= Bound;

    /// <summary>The bound, in words.</summary>
    public string BoundText => (IsFloor ? ">= " : "<= ") + Bound.ToString("#,0.##", CultureInfo.InvariantCulture);

    /// <summary>The record it is about, if it was measured.</summary>
    public Record? Find(ResultFile results) => results.Of(Scenario).FirstOrDefault(record => Scenario is "connections" or "fan-in"
        ? record.Case == Case
        : record.Case.StartsWith(Case, StringComparison.Ordinal));
}
