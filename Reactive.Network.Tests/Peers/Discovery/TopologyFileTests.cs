using System.Text;
using Reactive.Network.Peers.Discovery;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Peers.Discovery;

public class TopologyFileTests
{
    [Fact]
    public void ReadsEveryKey_WhenAllAreThere()
    {
        Topology topology = Parse(
            """
            { "localRoots": [
                { "accessPoints": [ { "address": "192.0.2.7", "port": 3001 }, { "address": "relay.example.org" }, { "address": "2001:db8::1", "port": 6000 } ],
                  "hotValency": 1, "warmValency": 2, "advertise": true, "trustable": true, "behindFirewall": true, "diffusionMode": "InitiatorOnly" } ],
              "publicRoots": [ { "accessPoints": [ { "address": "root.example", "port": 1 } ], "advertise": true } ],
              "bootstrapPeers": [ { "address": "boot.example", "port": 65535 } ],
              "useLedgerAfterSlot": 185500763,
              "peerSnapshotFile": "snapshot.json",
              "somethingNew": { "of": ["later"] } }
            """);

        TopologyLocalRoots group = Assert.Single(topology.LocalRoots);
        Assert.Equal([new AccessPoint("192.0.2.7", 3001), new AccessPoint("relay.example.org", null), new AccessPoint("2001:db8::1", 6000)], group.AccessPoints);
        Assert.Equal((1, 2), (group.HotValency, group.WarmValency));
        Assert.True(group is { Advertise: true, Trustable: true, BehindFirewall: true, InitiatorOnly: true });
        TopologyPublicRoots roots = Assert.Single(topology.PublicRoots);
        Assert.Equal([new AccessPoint("root.example", 1)], roots.AccessPoints);
        Assert.True(roots.Advertise);
        Assert.Equal([new AccessPoint("boot.example", 65535)], topology.BootstrapPeers!.Value);
        Assert.Equal(185500763, topology.UseLedgerAfterSlot);
        Assert.Equal(Path.Combine("etc", "snapshot.json"), topology.PeerSnapshotFile);
    }

    [Fact]
    public void TakesTheDefaults_WhenKeysAreAbsent()
    {
        Topology topology = Parse("""{ "localRoots": [ { "accessPoints": [], "hotValency": 3 } ], "publicRoots": [ { "accessPoints": [] } ] }""");

        TopologyLocalRoots group = Assert.Single(topology.LocalRoots);
        Assert.Equal((3, 3), (group.HotValency, group.WarmValency));
        Assert.True(group is { Advertise: false, Trustable: false, BehindFirewall: false, InitiatorOnly: false });
        Assert.False(topology.PublicRoots[0].Advertise);
        Assert.Null(topology.BootstrapPeers);
        Assert.Null(topology.UseLedgerAfterSlot);
        Assert.Null(topology.PeerSnapshotFile);
    }

    [Fact]
    public void TakesTheOlderValency_WhenTheNewOneIsAbsent()
    {
        Topology topology = Parse("""{ "localRoots": [ { "accessPoints": [], "valency": 2 }, { "accessPoints": [], "valency": 2, "hotValency": 1 } ], "publicRoots": [] }""");

        Assert.Equal([2, 1], topology.LocalRoots.Select(static group => group.HotValency));
    }

    [Theory]
    [InlineData("null", null)]
    [InlineData("[]", 0)]
    [InlineData("""[ { "address": "b.example", "port": 3001 } ]""", 1)]
    public void TellsNoTrustFromNoPeers_WhenBootstrapPeersAreRead(string value, int? count)
    {
        Topology topology = Parse($$"""{ "localRoots": [], "publicRoots": [], "bootstrapPeers": {{value}} }""");

        Assert.Equal(count, topology.BootstrapPeers?.Length);
    }

    [Theory]
    [InlineData(null, 100UL, false)]
    [InlineData(-1L, 100UL, false)]
    [InlineData(0L, null, true)]
    [InlineData(100L, null, false)]
    [InlineData(100L, 100UL, false)]
    [InlineData(100L, 101UL, true)]
    public void UsesTheLedger_WhenTheTipIsPastTheSlot(long? after, ulong? tip, bool uses)
    {
        Assert.Equal(uses, new Topology { UseLedgerAfterSlot = after }.UsesLedgerAt(tip));
    }

    [Theory]
    [InlineData("""{ "publicRoots": [] }""", "$.localRoots", "missing: an array is expected")]
    [InlineData("""{ "localRoots": [] }""", "$.publicRoots", "missing: an array is expected")]
    [InlineData("""[]""", "$", "an object is expected, not []")]
    [InlineData("""{ "localRoots": [ { "hotValency": 1 } ], "publicRoots": [] }""", "$.localRoots[0].accessPoints", "missing: an array is expected")]
    [InlineData("""{ "localRoots": [ { "accessPoints": [] } ], "publicRoots": [] }""", "$.localRoots[0].hotValency", "missing: a whole number from 0 to 2147483647 is expected")]
    [InlineData("""{ "localRoots": [ { "accessPoints": [], "valency": "1" } ], "publicRoots": [] }""", "$.localRoots[0].valency", "a whole number from 0 to 2147483647 is expected, not \"1\"")]
    [InlineData("""{ "localRoots": [ { "accessPoints": [], "hotValency": 2, "warmValency": 1 } ], "publicRoots": [] }""", "$.localRoots[0].warmValency", "a whole number from 2 to 2147483647 is expected, not 1")]
    [InlineData("""{ "localRoots": [ { "accessPoints": [ { "address": "a.example" }, { "address": "b.example", "port": 0 } ], "hotValency": 2 } ], "publicRoots": [] }""", "$.localRoots[0].accessPoints[1].port", "a whole number from 1 to 65535 is expected, not 0")]
    [InlineData("""{ "localRoots": [], "publicRoots": [ { "accessPoints": [ { "address": "192.0.2.1" } ] } ] }""", "$.publicRoots[0].accessPoints[0].port", "missing: a port: only names have SRV records is expected")]
    [InlineData("""{ "localRoots": [], "publicRoots": [ { "accessPoints": [ { "address": "0.0.0.0", "port": 1 } ] } ] }""", "$.publicRoots[0].accessPoints[0].address", "the address of a peer, not of all interfaces is expected, not \"0.0.0.0\"")]
    [InlineData("""{ "localRoots": [], "publicRoots": [ { "accessPoints": [ { "address": "::", "port": 1 } ] } ] }""", "$.publicRoots[0].accessPoints[0].address", "the address of a peer, not of all interfaces is expected, not \"::\"")]
    [InlineData("""{ "localRoots": [], "publicRoots": [ { "accessPoints": [ { "address": "no name", "port": 1 } ] } ] }""", "$.publicRoots[0].accessPoints[0].address", "an IP address or a name is expected, not \"no name\"")]
    [InlineData("""{ "localRoots": [], "publicRoots": [ { "accessPoints": [], "advertise": 1 } ] }""", "$.publicRoots[0].advertise", "true or false is expected, not 1")]
    [InlineData("""{ "localRoots": [], "publicRoots": [], "useLedgerAfterSlot": 1.5 }""", "$.useLedgerAfterSlot", "a whole number from -9223372036854775808 to 9223372036854775807 is expected, not 1.5")]
    [InlineData("""{ "localRoots": [ { "accessPoints": [], "hotValency": 1, "diffusionMode": "Both" } ], "publicRoots": [] }""", "$.localRoots[0].diffusionMode", "\"InitiatorAndResponder\" or \"InitiatorOnly\" is expected, not \"Both\"")]
    public void NamesFileAndPlace_WhenSomethingIsWrong(string json, string place, string problem)
    {
        TopologyException wrong = Assert.Throws<TopologyException>(() => Parse(json));

        Assert.Equal((Path.Combine("etc", "topology.json"), place, problem), (wrong.File, wrong.Place, wrong.Problem));
        Assert.Equal(Fault.Local, wrong.Fault);
    }

    [Fact]
    public void NamesLineAndColumn_WhenItIsNotJson()
    {
        TopologyException wrong = Assert.Throws<TopologyException>(() => Parse("{\n  \"localRoots\": [ }"));

        Assert.Equal(("line 2, byte 19", "not JSON"), (wrong.Place, wrong.Problem));
    }

    [Fact]
    public void IsNotJson_WheneverItIsCutShort()
    {
        byte[] whole = Encoding.UTF8.GetBytes("""{ "localRoots": [ { "accessPoints": [ { "address": "a", "port": 1 } ], "hotValency": 1 } ], "publicRoots": [] }""");

        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<TopologyException>(() => TopologyFile.Parse(whole.AsMemory(0, length), "cut"));
        }
    }

    [Fact]
    public void IsRead_WhenAnEditorPutAByteOrderMark()
    {
        byte[] marked = [0xEF, 0xBB, 0xBF, .. """{ "localRoots": [], "publicRoots": [] }"""u8];

        Assert.Empty(TopologyFile.Parse(marked, "marked").LocalRoots);
    }

    [Fact]
    public void Fails_WhenTheFileIsMissing()
    {
        string path = Path.Combine(Path.GetTempPath(), "no-such-folder", "topology.json");

        TopologyException wrong = Assert.Throws<TopologyException>(() => TopologyFile.Load(path));

        Assert.Equal((path, ""), (wrong.File, wrong.Place));
    }

    [Theory]
    [InlineData("mainnet/topology.json", 1, 2, 0, 185500763L, true)]
    [InlineData("mainnet/topology-non-bootstrap-peers.json", 1, null, 2, 185500763L, true)]
    [InlineData("preprod/topology.json", 1, 1, 0, 121478354L, true)]
    [InlineData("preview/topology.json", 1, 1, 0, 110678393L, true)]
    [InlineData("musashi-testnet/topology.json", 1, 1, 0, 64800L, true)]
    [InlineData("examples/devnet-relay-topology.json", 1, null, 0, -1L, false)]
    [InlineData("examples/devnet-producer-topology.json", 1, null, 0, -1L, false)]
    public void ReadsRealFiles_WhenTheyAreThere(string file, int groups, int? bootstrap, int publicRoots, long slot, bool snapshot)
    {
        string path = DataFolder.Path(["genesis", .. file.Split('/')]);

        Topology topology = TopologyFile.Load(path);

        Assert.Equal(groups, topology.LocalRoots.Length);
        Assert.Equal(bootstrap, topology.BootstrapPeers?.Length);
        Assert.Equal(publicRoots, topology.PublicRoots.Sum(static group => group.AccessPoints.Length));
        Assert.Equal(slot, topology.UseLedgerAfterSlot);
        Assert.Equal(snapshot, topology.PeerSnapshotFile is { } at && File.Exists(at));
    }

    [Fact]
    public void LeavesNoTopologyUnread_WhenTheFolderIsSearched()
    {
        string[] files = Directory.GetFiles(DataFolder.Path("genesis"), "*topology*.json", SearchOption.AllDirectories);

        Assert.Equal(7, files.Length);
        Assert.All(files, static file => Assert.NotNull(TopologyFile.Load(file)));
    }

    private static Topology Parse(string json) => TopologyFile.Parse(Encoding.UTF8.GetBytes(json), Path.Combine("etc", "topology.json"));
}
