using System.Text.Json.Nodes;

namespace Reactive.Network.Load.Results;

/// <summary>One line of a report.</summary>
internal sealed class Record(JsonObject line)
{
    public string Scenario => line["scenario"]!.GetValue<string>();

    /// <summary>Which blocks and variant, or how many connections.</summary>
    public string Case => line["case"]?.ToString() ?? string.Empty;

    /// <summary>The number in a field; <see langword="null"/> where there is none, or it was not measured.</summary>
    public double? this[string field] => line[field]?.GetValue<double>();

    /// <summary>The text in a field, or nothing.</summary>
    public string Text(string field) => line[field]?.ToString() ?? string.Empty;
}
