using System.Text.RegularExpressions;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Architecture;

/// <summary>
/// Data flows one way, and a layer sees only what stands to its left. Reads the sources, so that an arrow to the right fails here with file and line.
/// </summary>
public partial class LayeringTests
{
    /// <summary>Seen by all: the little that layers share.</summary>
    private static readonly string[] Shared = ["Internal", "Pacing", "Diagnostics"];

    /// <summary>Each folder of the library and what it may see besides itself and <see cref="Shared"/>. A new folder must find its place here.</summary>
    private static readonly Dictionary<string, string[]> MaySee = new()
    {
        ["Internal"] = [],
        ["Pacing"] = [],
        ["Diagnostics"] = [],
        ["Cbor"] = [],
        ["Chain"] = ["Cbor"],
        ["Storage"] = ["Cbor", "Chain"],
        ["Bearers"] = [],
        // Framing: the multiplexer cuts a lane into whole items with the scanner, and knows nothing of what they mean.
        ["Multiplexing"] = ["Bearers", "Cbor"],
        ["Protocols"] = ["Bearers", "Multiplexing", "Cbor", "Chain"],
        ["Peers"] = ["Bearers", "Multiplexing", "Protocols", "Cbor", "Chain"],
        ["Recording"] = ["Bearers", "Multiplexing", "Protocols", "Peers", "Cbor", "Chain"],
    };

    [Fact]
    public void EachFolderHasAPlace_WhenTheLibraryGrows()
    {
        IEnumerable<string> folders = Sources().Select(static source => source.Folder).Where(static folder => folder.Length > 0).Distinct();

        Assert.Empty(folders.Except(MaySee.Keys));
    }

    [Fact]
    public void NothingLooksToItsRight_WhenSourcesAreRead()
    {
        IEnumerable<string> wrong =
            from source in Sources()
            where source.Folder.Length > 0
            from seen in Mentions(source.Lines)
            where seen.Layer != source.Folder && MaySee.ContainsKey(seen.Layer)
            where !Shared.Contains(seen.Layer) && !MaySee[source.Folder].Contains(seen.Layer)
            select $"{source.Path}({seen.Line}): {source.Folder} looks at {seen.Layer}, which stands to its right";

        Assert.Empty(wrong);
    }

    [Fact]
    public void NoMiniProtocolSeesAnother_WhenSourcesAreRead()
    {
        IEnumerable<string> wrong =
            from source in Sources()
            where source.Folder == "Protocols" && source.Sub.Length > 0
            from seen in Mentions(source.Lines)
            where seen.Layer == "Protocols" && seen.Sub.Length > 0 && seen.Sub != source.Sub
            where Directory.Exists(RepositoryFolder.At("Reactive.Network", "Protocols", seen.Sub))
            select $"{source.Path}({seen.Line}): {source.Sub} looks at {seen.Sub}; what both need moves to Protocols or Chain";

        Assert.Empty(wrong);
    }

    /// <summary>The governor is pure and discovery has its ports: neither knows the other, the network that calls both, or anything that moves bytes.</summary>
    [Theory]
    [InlineData("Governance", @"\b(System\.Reactive|System\.IO|System\.Net|System\.Threading|Bearers|Multiplexing|Protocols|Discovery|IScheduler|NetworkOptions|PeerNetwork)\b")]
    [InlineData("Discovery", @"\b(Bearers|Multiplexing|Protocols|Governance|NetworkOptions|PeerNetwork)\b")]
    public void KeepsToItself_WhenAFolderOfPeersIsOnlyCalled(string folder, string forbidden)
    {
        IEnumerable<string> wrong =
            from source in Sources()
            where source.Folder == "Peers" && source.Sub == folder
            from line in source.Lines.Index()
            where !line.Item.TrimStart().StartsWith("//", StringComparison.Ordinal) && Regex.IsMatch(line.Item, forbidden)
            select $"{source.Path}({line.Index + 1}): {line.Item.Trim()}";

        Assert.NotEmpty(Sources().Where(source => source.Sub == folder));
        Assert.Empty(wrong);
    }

    [Fact]
    public void NamespacesMatchFolders_WhenSourcesAreRead()
    {
        IEnumerable<string> wrong =
            from source in Sources()
            let expected = string.Join('.', new[] { "Reactive.Network", source.Folder, source.Sub }.Where(static part => part.Length > 0))
            where !source.Lines.Contains($"namespace {expected};")
            select $"{source.Path}: expected namespace {expected}";

        Assert.Empty(wrong);
    }

    [Fact]
    public void TheArrowIsFound_WhenALineHasOne()
    {
        string[] lines = ["using Reactive.Network.Peers;", "/// <see cref=\"Reactive.Network.Peers.X\"/>", "var x = Reactive.Network.Protocols.ChainSync.Y;"];

        Assert.Equal([("Peers", "", 1), ("Protocols", "ChainSync", 3)], Mentions(lines));
    }

    /// <summary>Layers named in code, by <c>using</c> or in full; comments may name what they explain.</summary>
    private static IEnumerable<(string Layer, string Sub, int Line)> Mentions(string[] lines) =>
        from line in lines.Index()
        where !line.Item.TrimStart().StartsWith("//", StringComparison.Ordinal) && !line.Item.StartsWith("namespace ", StringComparison.Ordinal)
        from Match match in LayerName().Matches(line.Item)
        select (match.Groups["layer"].Value, match.Groups["sub"].Value, line.Index + 1);

    private static IEnumerable<Source> Sources()
    {
        string root = RepositoryFolder.At("Reactive.Network");
        foreach (string path in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string[] parts = Path.GetRelativePath(root, path).Split(Path.DirectorySeparatorChar);
            if (parts[0] is not ("obj" or "bin"))
            {
                yield return new Source(
                    string.Join('/', parts), parts.Length > 1 ? parts[0] : "", parts.Length > 2 ? parts[1] : "", File.ReadAllLines(path));
            }
        }
    }

    [GeneratedRegex(@"\bReactive\.Network\.(?<layer>[A-Z]\w*)(\.(?<sub>[A-Z]\w*))?")]
    private static partial Regex LayerName();

    private sealed record Source(string Path, string Folder, string Sub, string[] Lines);
}
