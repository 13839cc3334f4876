using System.Text.Json;
using System.Text.Json.Nodes;

namespace Reactive.Network.Load.Results;

/// <summary>A report: a JSON object a line, as <c>--json</c> prints them.</summary>
internal sealed class ResultFile
{
    private ResultFile(string name, IReadOnlyList<Record> records) => (Name, Records) = (name, records);

    /// <summary>The file's name.</summary>
    public string Name { get; }

    public IReadOnlyList<Record> Records { get; }

    /// <exception cref="IOException">It cannot be read, or a line of it is no record.</exception>
    public static ResultFile Read(string path)
    {
        var records = new List<Record>();
        foreach (string line in File.ReadLines(path).Where(static line => line.Length > 0))
        {
            try
            {
                if (JsonNode.Parse(line) is not JsonObject found || found["scenario"] is null)
                {
                    throw new IOException($"{path}: line {records.Count + 1} names no scenario");
                }

                records.Add(new Record(found));
            }
            catch (JsonException error)
            {
                throw new IOException($"{path}: line {records.Count + 1} is no JSON: {error.Message}", error);
            }
        }

        return new ResultFile(Path.GetFileName(path), records);
    }

    /// <summary>The records of a scenario, in the order in which they were measured.</summary>
    public IEnumerable<Record> Of(string scenario) => Records.Where(record => record.Scenario == scenario);
}
