using Reactive.Network.Load.Results;

namespace Reactive.Network.Load.Plots;

/// <summary>Draws the pictures of a report.</summary>
internal static class PlotCommand
{
    /// <summary>Writes those for which there are figures.</summary>
    public static void Run(ResultFile results, string directory)
    {
        Directory.CreateDirectory(directory);
        Write(results, "block-fetch", directory, "ratio-by-size.svg", RatioPlot.Draw);
        Write(results, "connections", directory, "cost-per-connection.svg", ConnectionsPlot.Draw);
        Write(results, "fan-in", directory, "latency.svg", LatencyPlot.Draw);
    }

    private static void Write(ResultFile results, string needed, string directory, string name, Func<ResultFile, string> draw)
    {
        if (results.Of(needed).Any())
        {
            File.WriteAllText(Path.Combine(directory, name), draw(results));
        }
    }
}
