using System.Text.Json;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols;

/// <summary>An encoding of the reference's own regression tests.</summary>
internal sealed record GoldenEntry(string Set, int Version, string Name, string Kind, string Hex);

/// <summary>The golden sets of node-to-client that a version of this library uses: 16 and later.</summary>
internal static class Golden
{
    /// <summary>Entries of these kinds, of every set that a version from 16 to 23 uses, each set once, at its newest version.</summary>
    public static IEnumerable<GoldenEntry> All(params string[] kinds)
    {
        foreach (string path in Directory.EnumerateFiles(DataFolder.Path("golden"), "n2c-*.json").Order(StringComparer.Ordinal))
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            int version = root.GetProperty("network_versions").EnumerateArray().Select(v => v.GetInt32()).DefaultIfEmpty(0).Max();
            if (version < 16)
            {
                continue;
            }

            foreach (JsonElement entry in root.GetProperty("entries").EnumerateArray())
            {
                string kind = entry.GetProperty("kind").GetString()!;
                if (kinds.Contains(kind) && entry.TryGetProperty("hex", out JsonElement hex) && hex.ValueKind == JsonValueKind.String)
                {
                    yield return new GoldenEntry(root.GetProperty("set").GetString()!, version, entry.GetProperty("name").GetString()!, kind, hex.GetString()!);
                }
            }
        }
    }
}
