using Reactive.Network.Load.Results;

namespace Reactive.Network.Load.Plots;

/// <summary>What an idle connection costs, from one to thousands.</summary>
internal static class ConnectionsPlot
{
    private static readonly Series Client = new("client", Series.Blue, IsLine: true);
    private static readonly Series Server = new("server", Series.Orange, IsLine: true);
    private static readonly Series Plain = new("bare sockets", Series.Grey, IsLine: true, IsDashed: true);

    public static string Draw(ResultFile results)
    {
        Record[] records = [.. results.Of("connections").OrderBy(static record => record["case"])];
        double[] counts = [.. records.Select(static record => record["case"]!.Value)];
        var canvas = new SvgCanvas(900, 400, "Cost of an idle connection, by the number of connections");

        double[] bytes = [.. records.SelectMany(static record => new[] { Bytes(record, "client"), Bytes(record, "server") }), Bound("clientManagedBytesEach")];
        var memory = new Panel(
            canvas,
            76,
            50,
            360,
            250,
            "Managed and native KB of each",
            Scale.Counts("idle duplex connections", counts),
            Scale.Powers(string.Empty, 1, bytes.Max() / 1024, Scale.Text));
        memory.Goal(Bound("clientManagedBytesEach") / 1024, "goal at 2,000");
        memory.Line(Plain, Points(records, static record => Math.Max(record["plainClientManagedBytesEach"] ?? 0, record["plainServerManagedBytesEach"] ?? 0) / 1024));
        memory.Line(Client, Points(records, static record => Bytes(record, "client") / 1024));
        memory.Line(Server, Points(records, static record => Bytes(record, "server") / 1024));

        double[] loads = [.. records.SelectMany(static record => new[] { record["clientPercentOfOneCore"]!.Value, record["serverPercentOfOneCore"]!.Value }), Bound("clientPercentOfOneCore")];
        var time = new Panel(
            canvas,
            520,
            50,
            360,
            250,
            "% of one core for all, one ping per 30 s",
            Scale.Counts("idle duplex connections", counts),
            Scale.Linear(string.Empty, loads.Max(), Scale.Text));
        time.Goal(Bound("clientPercentOfOneCore"), "goal at 2,000");
        time.Line(Client, Points(records, static record => record["clientPercentOfOneCore"]!.Value));
        time.Line(Server, Points(records, static record => record["serverPercentOfOneCore"]!.Value));
        canvas.Legend(76, 384, [Client, Server, Plain]);
        return canvas.ToString();
    }

    private static double Bytes(Record record, string side) => (record[side + "ManagedBytesEach"] ?? 0) + Math.Max(0, record[side + "NativeBytesEach"] ?? 0);

    private static double Bound(string field) => Goal.All.First(goal => goal.Field == field).Bound;

    private static (double X, double Y)[] Points(Record[] records, Func<Record, double> value) => [.. records.Select(record => (record["case"]!.Value, value(record)))];
}
