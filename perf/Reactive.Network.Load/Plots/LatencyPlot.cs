using System.Globalization;
using Reactive.Network.Load.Results;

namespace Reactive.Network.Load.Plots;

/// <summary>How long a header takes: over many connections at once, and over one until its block is asked for.</summary>
internal static class LatencyPlot
{
    private static readonly Series Median = new("median", Series.Blue, IsLine: true);
    private static readonly Series Tail = new("99th percentile", Series.Orange, IsLine: true);
    private static readonly Series PlainMedian = new("median, bare sockets", Series.Blue, IsLine: true, IsDashed: true);
    private static readonly Series PlainTail = new("99th percentile, bare sockets", Series.Orange, IsLine: true, IsDashed: true);

    public static string Draw(ResultFile results)
    {
        var canvas = new SvgCanvas(900, 400, "Latency of a header");
        Record[] fanIn = [.. results.Of("fan-in").OrderBy(static record => record["case"])];
        string[] fields = ["p50Microseconds", "p99Microseconds", "plainP50Microseconds", "plainP99Microseconds"];
        double[] values = [.. fanIn.SelectMany(record => fields.Select(field => record[field]!.Value / 1_000))];
        var many = new Panel(
            canvas,
            76,
            50,
            360,
            250,
            "One header from N connections: ms until it came",
            Scale.Counts("connections", [.. fanIn.Select(static record => record["case"]!.Value)]),
            Scale.Powers(string.Empty, values.Min(), values.Max(), Scale.Text));
        foreach ((Series series, string field) in new[] { PlainMedian, PlainTail, Median, Tail }.Zip(["plainP50Microseconds", "plainP99Microseconds", .. fields]))
        {
            many.Line(series, [.. fanIn.Select(record => (record["case"]!.Value, record[field]!.Value / 1_000))]);
        }

        if (results.Of("announce").FirstOrDefault() is { } announce)
        {
            DrawAnnounce(canvas, announce);
        }

        canvas.Legend(76, 384, [Median, Tail, PlainMedian, PlainTail]);
        return canvas.ToString();
    }

    private static void DrawAnnounce(SvgCanvas canvas, Record record)
    {
        string[] kinds = ["Microseconds", "PlainMicroseconds", "BlockingMicroseconds"];
        double lowest = kinds.Min(kind => record["p50" + kind]!.Value);
        double highest = kinds.Max(kind => record["p99" + kind]!.Value);
        var one = new Panel(
            canvas,
            520,
            50,
            360,
            250,
            "Header announced to its block asked for: us",
            Scale.Names("who answers", ["this library", "bare socket", "blocking thread"]),
            Scale.Powers(string.Empty, lowest, highest, Scale.Text));
        for (int i = 0; i < kinds.Length; i++)
        {
            double median = record["p50" + kinds[i]]!.Value;
            double tail = record["p99" + kinds[i]]!.Value;
            canvas.Stroke(one.X(i), one.Y(median), one.X(i), one.Y(tail), Series.Grey, 1.5);
            canvas.Dot(one.X(i), one.Y(median), Median.Colour);
            canvas.Dot(one.X(i), one.Y(tail), Tail.Colour);
            canvas.Text(one.X(i) + 10, one.Y(median) + 4, median.ToString("0", CultureInfo.InvariantCulture), css: "value");
            canvas.Text(one.X(i) + 10, one.Y(tail) + 4, tail.ToString("0", CultureInfo.InvariantCulture), css: "value");
        }
    }
}
