using System.Text;
using Reactive.Network.Peers.Discovery;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Peers.Discovery;

public class PeerSnapshotFileTests
{
    [Theory]
    [InlineData("mainnet", 764824073u, 185831188UL)]
    [InlineData("preprod", 1u, 121713740UL)]
    [InlineData("preview", 2u, 110741160UL)]
    [InlineData("musashi-testnet", 164u, 368617UL)]
    public void ReadsRealFiles_WhenTheyAreThere(string network, uint magic, ulong slot)
    {
        PeerSnapshot snapshot = PeerSnapshotFile.Load(DataFolder.Path("genesis", network, "peer-snapshot.json"));

        Assert.Equal((magic, slot), (snapshot.Magic!.Value.Value, snapshot.Slot!.Value));
        Assert.NotNull(snapshot.Hash);
        Assert.NotEmpty(snapshot.Pools);
        Assert.All(snapshot.Pools, static pool => Assert.NotEmpty(pool.Relays));

        // Together they hold nine tenths, the one that crosses the line included.
        Assert.InRange(snapshot.Pools[^1].AccumulatedStake, 0.9, 1);
        double sum = 0;
        foreach (LedgerPool pool in snapshot.Pools)
        {
            sum += pool.RelativeStake;
            Assert.Equal(sum, pool.AccumulatedStake, 6);
        }
    }

    [Fact]
    public void HasRelaysOfEachKind_WhenItIsMainnets()
    {
        PeerSnapshot snapshot = PeerSnapshotFile.Load(DataFolder.Path("genesis", "mainnet", "peer-snapshot.json"));

        AccessPoint[] relays = [.. snapshot.Pools.SelectMany(static pool => pool.Relays)];
        Assert.Contains(relays, static relay => relay.IsIPAddress);
        Assert.Contains(relays, static relay => relay.Question?.Record == NameRecord.Address);
        Assert.Contains(relays, static relay => relay.Question?.Record == NameRecord.Service);
    }

    [Theory]
    [InlineData("""{ "slotNo": 7, "bigLedgerPools": [] }""", 7UL)]
    [InlineData("""{ "Point": "origin", "bigLedgerPools": [] }""", null)]
    [InlineData("""{ "bigLedgerPools": [] }""", null)]
    public void TakesOlderForms_WhenTheyCome(string json, ulong? slot)
    {
        PeerSnapshot snapshot = PeerSnapshotFile.Parse(Encoding.UTF8.GetBytes(json), "old");

        Assert.Equal(slot, snapshot.Slot);
        Assert.Null(snapshot.Hash);
    }

    [Theory]
    [InlineData("""{ "Point": { "blockPointHash": "xy", "blockPointSlot": 1 }, "bigLedgerPools": [] }""", "$.Point.blockPointHash")]
    [InlineData("""{ "Point": { "blockPointSlot": -1 }, "bigLedgerPools": [] }""", "$.Point.blockPointSlot")]
    [InlineData("""{ "Point": "elsewhere", "bigLedgerPools": [] }""", "$.Point")]
    [InlineData("""{ }""", "$.bigLedgerPools")]
    [InlineData("""{ "bigLedgerPools": [ { "accumulatedStake": 2, "relativeStake": 0, "relays": [] } ] }""", "$.bigLedgerPools[0].accumulatedStake")]
    [InlineData("""{ "bigLedgerPools": [ { "accumulatedStake": 0, "relativeStake": 0, "relays": [ {} ] } ] }""", "$.bigLedgerPools[0].relays[0].address")]
    public void NamesThePlace_WhenSomethingIsWrong(string json, string place)
    {
        TopologyException wrong = Assert.Throws<TopologyException>(() => PeerSnapshotFile.Parse(Encoding.UTF8.GetBytes(json), "bad"));

        Assert.Equal(("bad", place), (wrong.File, wrong.Place));
    }
}
