using System.Globalization;
using Reactive.Network.Load.Results;

namespace Reactive.Network.Load.Plots;

/// <summary>How near each throughput scenario comes to its baseline, by the size of a message.</summary>
internal static class RatioPlot
{
    private const double GoalHalfWidth = 11;
    private const double PanelWidth = 920;

    private static readonly (Series Series, string Scenario, string Variant, double Place)[] All =
    [
        (new("block-fetch, recycled", Series.Blue), "block-fetch", ", recycled, unchecked", -1.5),
        (new("nothing given back", Series.Orange), "block-fetch", ", nothing given back, unchecked", -0.5),
        (new("checked", Series.Purple), "block-fetch", ", recycled, checked", 0.5),
        (new("serve", Series.Green), "serve", string.Empty, 1.5),
        (new("chain-sync", Series.Grey), "chain-sync", ", no hash", -0.5),
        (new("chain-sync with points", "#c2557a"), "chain-sync", ", with points", 0.5),
    ];

    public static string Draw(ResultFile results)
    {
        Record[] drawn = [.. results.Records.Where(static record => All.Any(one => one.Scenario == record.Scenario && Variant(record) is not null))];
        string[] names = [.. drawn.Select(Subject).Distinct().OrderBy(Order)];
        double highest = drawn.Max(static record => Math.Min(1.5, record["ratioMax"] ?? 0));
        var canvas = new SvgCanvas(1000, 420, "Throughput as a part of the baseline's, by message size");
        var panel = new Panel(
            canvas,
            64,
            46,
            PanelWidth,
            300,
            "Throughput to that of plain sockets in the same run: median, least to greatest; dashed: goal",
            Scale.Names("headers, and blocks by size", names),
            Scale.Linear(string.Empty, Math.Max(1, highest), Scale.Text));

        // Side by side within a size, and clear of the next one.
        double step = Math.Min(36, PanelWidth / names.Length / 4.4);
        foreach (Record record in drawn)
        {
            (Series series, string scenario, string _, double place) = All.First(one => one.Scenario == record.Scenario && one.Variant == Variant(record));
            double x = Array.IndexOf(names, Subject(record));
            double shift = place * step;
            double ratio = record["ratio"]!.Value;
            panel.Whisker(series, x, shift, record["ratioMin"]!.Value, ratio, record["ratioMax"]!.Value);
            panel.Value(x, shift, ratio);
            if (Goal.All.FirstOrDefault(goal => goal.Scenario == scenario && goal.Field == "ratio" && record.Case.StartsWith(goal.Case, StringComparison.Ordinal)) is { } goal)
            {
                panel.Goal(x, shift, goal.Bound, GoalHalfWidth);
            }
        }

        canvas.Legend(40, 408, All.Where(one => drawn.Any(record => record.Scenario == one.Scenario && Variant(record) == one.Variant)).Select(static one => one.Series));
        return canvas.ToString();
    }

    /// <summary>Which variant a record is of, or <see langword="null"/> if it is not drawn.</summary>
    private static string? Variant(Record record) => All
        .Where(one => one.Scenario == record.Scenario && record.Case.EndsWith(one.Variant, StringComparison.Ordinal))
        .Select(static one => one.Variant)
        .FirstOrDefault();

    private static string Subject(Record record)
    {
        string subject = record.Case.Split(',')[0];
        bool ofHeaders = record.Scenario == "chain-sync";
        return subject == "generated headers" ? "headers" : ofHeaders ? $"{subject} headers" : subject;
    }

    /// <summary>Headers, then sizes in ascending order, then directories.</summary>
    private static double Order(string subject) => subject switch
    {
        "headers" => 0,
        _ when subject.EndsWith(" B", StringComparison.Ordinal) => double.Parse(subject[..^2], CultureInfo.InvariantCulture),
        _ when subject.EndsWith("headers", StringComparison.Ordinal) => double.MaxValue,
        _ => 1e9,
    };
}
