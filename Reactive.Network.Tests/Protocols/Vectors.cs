using System.Text.Json;
using Reactive.Network.Chain;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols;

/// <summary>One message of the recorded data, with what the manifest says that it means.</summary>
internal sealed record Vector(string Id, bool IsNodeToNode, bool IsNodeToClient, string? Message, byte[] Bytes, bool Conforms, JsonElement Fields)
{
    public string Hex => Convert.ToHexStringLower(Bytes);

    public override string ToString() => $"{Id} ({Message})";
}

/// <summary>Reads the manifests of <c>messages/</c>.</summary>
internal static class Vectors
{
    /// <summary>The vectors of one protocol: from its own manifest.</summary>
    public static IReadOnlyList<Vector> Of(string protocol) => [.. Load($"{protocol}.json", "vectors")];

    /// <summary>The vectors of one protocol in <c>constructed.json</c>.</summary>
    public static IReadOnlyList<Vector> Constructed(string protocol) =>
        [.. Load("constructed.json", "vectors", entry => entry.GetProperty("protocol").GetString() == protocol)];

    /// <summary>The constructed version tables.</summary>
    public static IReadOnlyList<Vector> VersionTables() => [.. Load("handshake-version-tables.json", "tables")];

    /// <summary>A point as the manifests write it.</summary>
    public static Point Point(JsonElement json) => json.ValueKind == JsonValueKind.String
        ? default
        : new Point(json.GetProperty("slot").GetUInt64(), BlockHash.Parse(json.GetProperty("hash").GetString()!));

    /// <summary>A tip as the manifests write it.</summary>
    public static Tip Tip(JsonElement json) => new(Point(json.GetProperty("point")), json.GetProperty("block_number").GetUInt64());

    private static IEnumerable<Vector> Load(string file, string list, Func<JsonElement, bool>? filter = null)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path("messages", file)));
        foreach (JsonElement entry in document.RootElement.GetProperty(list).EnumerateArray())
        {
            if (filter?.Invoke(entry) ?? true)
            {
                yield return Read(entry);
            }
        }
    }

    private static Vector Read(JsonElement entry)
    {
        string[] modes = entry.TryGetProperty("modes", out JsonElement several)
            ? [.. several.EnumerateArray().Select(mode => mode.GetString()!)]
            : [entry.GetProperty("mode").GetString()!];
        byte[] bytes = entry.TryGetProperty("hex", out JsonElement hex)
            ? Convert.FromHexString(hex.GetString()!)
            : File.ReadAllBytes(DataFolder.Path(entry.GetProperty("file").GetString()!.Split('/')));
        string id = (entry.TryGetProperty("id", out JsonElement named) ? named : entry.GetProperty("name")).GetString()!;
        bool conforms = !entry.TryGetProperty("conforms_to_cddl", out JsonElement verdict) || verdict.GetBoolean();
        return new Vector(
            id, modes.Contains("n2n"), modes.Contains("n2c"), entry.GetProperty("message").GetString(), bytes, conforms,
            entry.GetProperty("fields").Clone());
    }
}
