using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Reactive.Network.Load.Results;

/// <summary>Where and when a report is made: its first line.</summary>
internal static class Machine
{
    /// <param name="commit">What is measured.</param>
    public static JsonObject Describe(string commit) => new()
    {
        ["scenario"] = "machine",
        ["case"] = "before",
        ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC",
        ["commit"] = commit,
        ["processor"] = Line("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        ["processors"] = Environment.ProcessorCount,
        ["memoryGigabytes"] = Report.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9, 1),
        ["system"] = RuntimeInformation.OSDescription,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["loadAverage"] = File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Trim() : null,
    };

    private static string? Line(string file, string name) => !File.Exists(file)
        ? null
        : File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
}
