using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Reactive.Network.Cbor;
using Reactive.Network.Protocols;
using Reactive.Network.Recording;
using Reactive.Network.Tests.Protocols.BlockFetch;
using Reactive.Network.Tests.Protocols.Handshake;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols;

/// <summary>The table of <c>Protocols/README.md</c>: counted again, over every vector there is, and each of them read or refused.</summary>
public partial class VectorTableTests
{
    private static readonly Dictionary<string, string> Manifests = new()
    {
        ["handshake"] = "handshake",
        ["chain-sync"] = "chain-sync",
        ["block-fetch"] = "block-fetch",
        ["tx-submission"] = "tx-submission2",
        ["keep-alive"] = "keep-alive",
        ["peer-sharing"] = "peer-sharing",
        ["local-chain-sync"] = "chain-sync",
        ["local-tx-submission"] = "local-tx-submission",
        ["local-state-query"] = "local-state-query",
        ["local-tx-monitor"] = "local-tx-monitor",
    };

    public static TheoryData<string> Protocols => [.. MiniProtocolTable.All.Select(table => table.Name)];

    [Theory]
    [MemberData(nameof(Protocols))]
    public void SaysHowManyVectorsPass_WhenAllAreCounted(string protocol)
    {
        int conforming = 0;
        int refused = 0;
        foreach ((Vector vector, ProtocolBundle bundle, bool belongs) in Of(protocol))
        {
            bool isRead = IsRead(protocol, bundle, vector.Bytes);
            if (belongs)
            {
                conforming++;
                Assert.True(isRead != BlockFetchVectorTests.Refused.Contains(vector.Hex), vector.ToString());
            }
            else
            {
                refused++;
                Assert.True(isRead == HandshakeVectorTests.ReadByTheCodec.Contains(vector.Hex), vector.ToString());
            }
        }

        Assert.Equal((conforming, refused), Claimed(protocol));
    }

    [Fact]
    public void BelongsToARow_WhenAVectorIsInTheData()
    {
        string folder = DataFolder.Path("messages");
        int inFiles = Count(Path.Combine(folder, "constructed.json"), "vectors") + Count(Path.Combine(folder, "handshake-version-tables.json"), "tables")
            + Manifests.Values.Distinct().Sum(name => Count(Path.Combine(folder, $"{name}.json"), "vectors"));

        HashSet<string> seen = [.. MiniProtocolTable.All.SelectMany(table => Of(table.Name)).Select(one => $"{one.Vector.Id} {one.Vector.Hex}")];

        Assert.Equal(180 + 54 + 111, inFiles);

        // Two messages of block-fetch stand there twice.
        Assert.Equal(inFiles - 2, seen.Count);
    }

    [Fact]
    public void NamesEveryMiniProtocolWithItsNumberAndVersions_WhenComparedWithTheTables()
    {
        foreach (MiniProtocolTable table in MiniProtocolTable.All)
        {
            string[] cells = Row(table.Name);
            Assert.Equal(table.Id.ToString(), cells[1]);
            Assert.StartsWith(
                table.IsOf(ProtocolBundle.NodeToNode) ? table.IsOf(ProtocolBundle.NodeToClient) ? "both" : "node-to-node 14 to 16" : "node-to-client 16 to 23",
                cells[2],
                StringComparison.Ordinal);
            Assert.Equal(("yes", "yes"), (cells[3], cells[4]));
        }
    }

    /// <summary>Every vector of a mini-protocol, in which bundle it is read, and whether it is one of its messages.</summary>
    private static IEnumerable<(Vector Vector, ProtocolBundle Bundle, bool Belongs)> Of(string protocol)
    {
        IEnumerable<Vector> all = Vectors.Of(Manifests[protocol]).Concat(Vectors.Constructed(Manifests[protocol]));
        if (protocol == "handshake")
        {
            return all.Concat(Vectors.VersionTables()).Select(vector => (vector, vector.IsNodeToNode ? ProtocolBundle.NodeToNode : ProtocolBundle.NodeToClient, vector.Conforms));
        }

        ProtocolBundle bundle = MiniProtocolTable.All.Single(table => table.Name == protocol).IsOf(ProtocolBundle.NodeToNode) ? ProtocolBundle.NodeToNode : ProtocolBundle.NodeToClient;
        bool IsOf(Vector vector) => bundle == ProtocolBundle.NodeToNode ? vector.IsNodeToNode : vector.IsNodeToClient;

        // Of the other bundle's chain-sync only the roll forwards differ: they must be refused.
        return all.Where(vector => !vector.Conforms || IsOf(vector) || vector.Message == "MsgRollForward").Select(vector => (vector, bundle, vector.Conforms && IsOf(vector)));
    }

    private static bool IsRead(string protocol, ProtocolBundle bundle, byte[] bytes)
    {
        try
        {
            CapturedMessage.Read(bundle, MiniProtocolTable.All.Single(table => table.Name == protocol).Id, bytes);
            return true;
        }
        catch (CodecException)
        {
            return false;
        }
    }

    private static (int Conforming, int Refused) Claimed(string protocol)
    {
        Match numbers = TwoNumbers().Match(Row(protocol)[5]);
        return (int.Parse(numbers.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(numbers.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    private static string[] Row(string protocol) =>
        File.ReadLines(RepositoryFolder.At("Reactive.Network", "Protocols", "README.md"))
            .Where(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .Single(cells => cells.Length == 7 && cells[0].Replace(' ', '-') == protocol);

    private static int Count(string path, string list)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.GetProperty(list).GetArrayLength();
    }

    [GeneratedRegex(@"^(\d+), (\d+);")]
    private static partial Regex TwoNumbers();
}
