using System.Text;

namespace Reactive.Network.Load.Results;

/// <summary>A report as the tables of <c>perf/README.md</c>.</summary>
internal static class ResultTables
{
    private static readonly string[] CallKinds = ["Receives", "Waits", "Wakes", "Sends"];

    private static readonly string[] Compared = ["drain", "block-fetch", "chain-sync", "serve"];

    public static string Render(ResultFile results)
    {
        var text = new StringBuilder();
        foreach (Record machine in results.Of("machine"))
        {
            text.Append("Measured ").Append(machine.Text("date")).Append(", commit ").Append(machine.Text("commit")).Append(", on ")
                .Append(machine.Text("processors")).Append(" cores of ").Append(machine.Text("processor")).Append(", ")
                .Append(machine.Text("memoryGigabytes")).Append(" GB, ").Append(machine.Text("system")).Append(", ").Append(machine.Text("runtime"))
                .Append(". Load average before: ").Append(machine.Text("loadAverage")).Append(". All figures: `").Append(results.Name).Append("`.\n\n");
        }

        Append(text, "Goals", Goals(results));
        Append(text, "Speed: medians of the rounds, least and greatest in brackets", Speed(results));
        Append(text, "What that cost, client / server", Costs(results));
        Append(text, "System calls per MB, counted by the kernel", Calls(results));
        Append(text, "Idle duplex connections, one ping per 30 s, client / server", Connections(results));
        Append(text, "One header over N connections", FanIn(results));
        Append(text, "From a header announced to the request of its block on the wire", Announce(results));
        Append(text, "Keep-alive beside a block-fetch consumer that never returns", SlowConsumer(results));
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static void Append(StringBuilder text, string title, MarkdownTable table)
    {
        if (!table.IsEmpty)
        {
            text.Append("**").Append(title).Append("**\n\n").Append(table).Append('\n');
        }
    }

    private static MarkdownTable Goals(ResultFile results)
    {
        var table = new MarkdownTable("goal", "must be", "is", string.Empty);
        foreach (Goal goal in Goal.All)
        {
            if (goal.Find(results)?[goal.Field] is { } value)
            {
                table.Add(goal.What, goal.BoundText, MarkdownTable.Number(value), goal.IsMetBy(value) ? "met" : "**missed**");
            }
        }

        return table;
    }

    private static MarkdownTable Speed(ResultFile results)
    {
        var table = new MarkdownTable("scenario", "case", "ratio to the baseline", "MB/s", "baseline MB/s", "items/s");
        foreach (Record record in Comparisons(results))
        {
            table.Add(
                record.Scenario,
                record.Case,
                MarkdownTable.Spread(record, "ratio"),
                MarkdownTable.Number(record["megabytesPerSecond"]),
                MarkdownTable.Number(record["baselineMegabytesPerSecond"]),
                record["itemsPerSecond"] > 0 ? MarkdownTable.Number(record["itemsPerSecond"]) : string.Empty);
        }

        return table;
    }

    private static MarkdownTable Costs(ResultFile results)
    {
        var table = new MarkdownTable(
            "scenario", "case", "processor time to the baseline's", "s per GB", "bytes allocated per item", "collections, gen 0/1/2", "working set MB", "exceptions");
        foreach (Record record in Comparisons(results).Where(static record => record.Scenario != "drain"))
        {
            table.Add(
                record.Scenario,
                record.Case,
                MarkdownTable.Number(record["cpuRatio"]),
                Both(record, "clientCpuSecondsPerGigabyte", "serverCpuSecondsPerGigabyte"),
                Both(record, "clientAllocatedBytesPerItem", "serverAllocatedBytesPerItem"),
                $"{record.Text("clientCollections")}, {record.Text("serverCollections")}",
                Both(record, "clientWorkingSetMegabytes", "serverWorkingSetMegabytes"),
                record.Text("exceptions"));
        }

        return table;
    }

    private static MarkdownTable Calls(ResultFile results)
    {
        var table = new MarkdownTable("scenario", "case", "calls", "baseline's", "yields", "client: receive, wait, wake, send", "server: receive, wait, wake, send");
        foreach (Record record in Comparisons(results).Where(static record => record["systemCallsPerMegabyte"] is not null))
        {
            table.Add(
                record.Scenario,
                record.Case,
                MarkdownTable.Number(record["systemCallsPerMegabyte"]),
                MarkdownTable.Number(record["baselineSystemCallsPerMegabyte"]),
                MarkdownTable.Number(record["yieldsPerMegabyte"]),
                Kinds(record, "client"),
                Kinds(record, "server"));
        }

        return table;
    }

    private static MarkdownTable Connections(ResultFile results)
    {
        var table = new MarkdownTable(
            "connections", "managed bytes each", "native bytes each", "a bare socket's managed bytes", "resident bytes above a bare socket's", "% of one core", "bytes allocated per ping");
        foreach (Record record in results.Of("connections"))
        {
            table.Add(
                MarkdownTable.Number(record["case"]),
                Both(record, "clientManagedBytesEach", "serverManagedBytesEach"),
                Both(record, "clientNativeBytesEach", "serverNativeBytesEach"),
                Both(record, "plainClientManagedBytesEach", "plainServerManagedBytesEach"),
                $"{Above(record, "Client")} / {Above(record, "Server")}",
                Both(record, "clientPercentOfOneCore", "serverPercentOfOneCore"),
                Both(record, "clientAllocatedBytesPerPing", "serverAllocatedBytesPerPing"));
        }

        return table;
    }

    private static MarkdownTable FanIn(ResultFile results)
    {
        var table = new MarkdownTable(
            "connections", "median to the sockets'", "99th percentile to the sockets'", "median us", "sockets' median us", "99th percentile us", "sockets' 99th percentile us", "us per connection");
        foreach (Record record in results.Of("fan-in"))
        {
            table.Add(
                MarkdownTable.Number(record["case"]),
                MarkdownTable.Spread(record, "p50Ratio"),
                MarkdownTable.Spread(record, "p99Ratio"),
                MarkdownTable.Number(record["p50Microseconds"]),
                MarkdownTable.Number(record["plainP50Microseconds"]),
                MarkdownTable.Number(record["p99Microseconds"]),
                MarkdownTable.Number(record["plainP99Microseconds"]),
                MarkdownTable.Number(record["p99MicrosecondsPerConnection"]));
        }

        return table;
    }

    private static MarkdownTable Announce(ResultFile results)
    {
        var table = new MarkdownTable(
            "case", "median to bare sockets'", "99th percentile to bare sockets'", "median us", "bare socket", "blocking thread", "99th percentile us", "bare socket", "blocking thread");
        foreach (Record record in results.Of("announce"))
        {
            table.Add(
                record.Case,
                MarkdownTable.Spread(record, "p50Ratio"),
                MarkdownTable.Spread(record, "p99Ratio"),
                MarkdownTable.Number(record["p50Microseconds"]),
                MarkdownTable.Number(record["p50PlainMicroseconds"]),
                MarkdownTable.Number(record["p50BlockingMicroseconds"]),
                MarkdownTable.Number(record["p99Microseconds"]),
                MarkdownTable.Number(record["p99PlainMicroseconds"]),
                MarkdownTable.Number(record["p99BlockingMicroseconds"]));
        }

        return table;
    }

    private static MarkdownTable SlowConsumer(ResultFile results)
    {
        var table = new MarkdownTable("case", "round trip to that of before", "before us", "beside it us", "bytes the heap grew by");
        foreach (Record record in results.Of("slow-consumer"))
        {
            table.Add(
                record.Case,
                MarkdownTable.Spread(record, "ratio"),
                MarkdownTable.Number(record["roundTripMicrosecondsBefore"]),
                MarkdownTable.Number(record["roundTripMicrosecondsBlocked"]),
                MarkdownTable.Number(record["managedBytesGrown"]));
        }

        return table;
    }

    private static IEnumerable<Record> Comparisons(ResultFile results) => results.Records.Where(static record => Compared.Contains(record.Scenario));

    private static string Both(Record record, string client, string server) => $"{MarkdownTable.Number(record[client])} / {MarkdownTable.Number(record[server])}";

    private static string Kinds(Record record, string side) => string.Join(
        ", ", CallKinds.Select(kind => MarkdownTable.Number(record[$"{side}{kind}PerMegabyte"])));

    private static string Above(Record record, string side) =>
        MarkdownTable.Number(record[side == "Client" ? "clientWorkingSetBytesEach" : "serverWorkingSetBytesEach"] - record[$"plain{side}WorkingSetBytesEach"]);
}
