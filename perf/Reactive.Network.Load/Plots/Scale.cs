using System.Globalization;

namespace Reactive.Network.Load.Plots;

/// <summary>An axis: from values to parts of its length.</summary>
internal sealed record Scale(string Name, double Low, double High, bool IsLogarithmic, IReadOnlyList<(double Value, string Text)> Marks)
{
    /// <summary>0 to a round number above <paramref name="highest"/>.</summary>
    public static Scale Linear(string name, double highest, Func<double, string> text)
    {
        double step = Math.Pow(10, Math.Floor(Math.Log10(highest)));
        step *= (highest / step) switch
        {
            <= 2 => 0.25,
            <= 5 => 1,
            _ => 2,
        };
        double high = step * Math.Ceiling(highest * 1.05 / step);
        return new Scale(name, 0, high, false, [.. Enumerable.Range(0, (int)Math.Round(high / step) + 1).Select(i => (i * step, text(i * step)))]);
    }

    /// <summary>Whole powers of ten around the values.</summary>
    public static Scale Powers(string name, double lowest, double highest, Func<double, string> text)
    {
        int low = (int)Math.Floor(Math.Log10(lowest));
        int high = (int)Math.Ceiling(Math.Log10(highest));
        return new Scale(name, Math.Pow(10, low), Math.Pow(10, high), true, [.. Enumerable.Range(low, high - low + 1).Select(i => (Math.Pow(10, i), text(Math.Pow(10, i))))]);
    }

    /// <summary>Numbers of things, at their logarithms; thousands as k.</summary>
    public static Scale Counts(string name, IReadOnlyList<double> counts) => new(
        name, counts[0] / 1.4, counts[^1] * 1.4, true, [.. counts.Select(static count => (count, count < 1_000 ? Text(count) : Text(count / 1_000) + "k"))]);

    /// <summary>Names, side by side.</summary>
    public static Scale Names(string name, IReadOnlyList<string> names) => new(
        name, -0.5, names.Count - 0.5, false, [.. names.Select(static (text, i) => ((double)i, text))]);

    public static string Text(double value) => value.ToString("#,0.###", CultureInfo.InvariantCulture);

    public double Part(double value) => IsLogarithmic
        ? (Math.Log(Math.Max(value, Low)) - Math.Log(Low)) / (Math.Log(High) - Math.Log(Low))
        : (Math.Clamp(value, Low, High) - Low) / (High - Low);
}
