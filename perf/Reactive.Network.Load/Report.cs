using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Reactive.Network.Load;

/// <summary>Says what was found: a line for people, or JSON.</summary>
internal sealed class Report(bool json)
{
    private const double Million = 1e6;
    private const double Billion = 1e9;

    public void Add(Comparison found) => Add(Figures(found));

    public static JsonObject Figures(Comparison found)
    {
        Turn total = found.Total;
        double items = Math.Max(1, total.Work.Items);
        double gigabytes = Math.Max(1, total.Work.Bytes) / Billion;
        double plainGigabytes = Math.Max(1, found.BaselineTotal.Work.Bytes) / Billion;
        return new JsonObject
        {
            ["scenario"] = found.Scenario,
            ["case"] = found.Name,
            ["rounds"] = found.Ratios.Count,
            ["ratio"] = Round(found.Ratio, 3),
            ["ratioMin"] = Round(found.Ratios[0], 3),
            ["ratioMax"] = Round(found.Ratios[^1], 3),
            ["megabytesPerSecond"] = Round(found.BytesPerSecond / Million, 1),
            ["baselineMegabytesPerSecond"] = Round(found.BaselineBytesPerSecond / Million, 1),
            ["itemsPerSecond"] = Round(total.Work.Items / total.Seconds, 0),
            ["cpuRatio"] = Round(
                (total.Client.CpuSeconds + total.Server.CpuSeconds) / gigabytes
                    / ((found.BaselineTotal.Client.CpuSeconds + found.BaselineTotal.Server.CpuSeconds) / plainGigabytes),
                2),
            ["clientCpuSecondsPerGigabyte"] = Round(total.Client.CpuSeconds / gigabytes, 3),
            ["serverCpuSecondsPerGigabyte"] = Round(total.Server.CpuSeconds / gigabytes, 3),
            ["baselineClientCpuSecondsPerGigabyte"] = Round(found.BaselineTotal.Client.CpuSeconds / plainGigabytes, 3),
            ["baselineServerCpuSecondsPerGigabyte"] = Round(found.BaselineTotal.Server.CpuSeconds / plainGigabytes, 3),
            ["clientAllocatedBytesPerItem"] = Round(total.Client.Allocated / items, 2),
            ["serverAllocatedBytesPerItem"] = Round(total.Server.Allocated / items, 2),
            ["clientCollections"] = Collections(total.Client),
            ["serverCollections"] = Collections(total.Server),
            ["clientWorkingSetMegabytes"] = Round(total.Client.WorkingSet / Million, 0),
            ["serverWorkingSetMegabytes"] = Round(total.Server.WorkingSet / Million, 0),
            ["systemCallsPerMegabyte"] = PerMegabyte(found.Counted, static turn => turn.Client.Work + turn.Server.Work),
            ["baselineSystemCallsPerMegabyte"] = PerMegabyte(found.BaselineCounted, static turn => turn.Client.Work + turn.Server.Work),
            ["yieldsPerMegabyte"] = PerMegabyte(found.Counted, static turn => turn.Client.Yields + turn.Server.Yields),
            ["clientReceivesPerMegabyte"] = PerMegabyte(found.Counted, static turn => turn.Client.Receives),
            ["clientWaitsPerMegabyte"] = PerMegabyte(found.Counted, static turn => turn.Client.Waits),
            ["clientWakesPerMegabyte"] = PerMegabyte(found.Counted, static turn => turn.Client.Wakes),
            ["clientSendsPerMegabyte"] = PerMegabyte(found.Counted, static turn => turn.Client.Sends),
            ["serverReceivesPerMegabyte"] = PerMegabyte(found.Counted, static turn => turn.Server.Receives),
            ["serverWaitsPerMegabyte"] = PerMegabyte(found.Counted, static turn => turn.Server.Waits),
            ["serverWakesPerMegabyte"] = PerMegabyte(found.Counted, static turn => turn.Server.Wakes),
            ["serverSendsPerMegabyte"] = PerMegabyte(found.Counted, static turn => turn.Server.Sends),
            ["exceptions"] = total.Client.Exceptions + total.Server.Exceptions,
        };
    }

    /// <summary>Figures of any kind, as they are named.</summary>
    public void Add(JsonObject figures)
    {
        if (json)
        {
            Console.WriteLine(figures.ToJsonString(JsonSerializerOptions.Default));
            Console.Out.Flush();
            return;
        }

        foreach ((string name, JsonNode? value) in figures)
        {
            Console.WriteLine(name is "scenario" ? $"{value} {figures["case"]}" : $"  {name,-38} {value?.ToString() ?? "not counted"}");
        }

        Console.WriteLine();
    }

    public static double Round(double value, int digits) => double.IsFinite(value) ? Math.Round(value, digits) : -1;

    /// <summary>Null in the report: not counted.</summary>
    private static JsonNode? PerMegabyte(CountedTurn? turn, Func<CountedTurn, long> calls) =>
        turn is null ? null : Round(calls(turn) / (turn.Work.Bytes / Million), 2);

    private static string Collections(Usage usage) => string.Create(CultureInfo.InvariantCulture, $"{usage.Gen0}/{usage.Gen1}/{usage.Gen2}");
}
