using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Tests.Peers.Governance;

public class PeerTargetsTests
{
    public static TheoryData<PeerTargets> Mad =>
    [
        new PeerTargets { Active = 31 },
        new PeerTargets { Established = 151 },
        new PeerTargets { Active = -1 },
        new PeerTargets { Root = -1 },
        new PeerTargets { Root = 151 },
        new PeerTargets { Known = 10_001 },
        new PeerTargets { Known = 5_000, Established = 1_001 },
        new PeerTargets { Known = 500, Established = 500, Active = 101 },
        new PeerTargets { ActiveBigLedger = 11 },
        new PeerTargets { EstablishedBigLedger = 16 },
        new PeerTargets { KnownBigLedger = 10_001 },
    ];

    [Fact]
    public void AreSane_WhenTheyAreTheReferences()
    {
        Assert.All(
            new[] { PeerTargets.Relay, PeerTargets.BlockProducer, PeerTargets.GenesisSync, PeerTargets.LocalRootsOnly },
            static targets => targets.Validate());
    }

    [Fact]
    public void AreTheReferences_WhenNothingIsSaid()
    {
        PeerTargets relay = new();

        Assert.Equal((60, 150, 30, 20), (relay.Root, relay.Known, relay.Established, relay.Active));
        Assert.Equal((15, 10, 5), (relay.KnownBigLedger, relay.EstablishedBigLedger, relay.ActiveBigLedger));
    }

    [Theory]
    [MemberData(nameof(Mad))]
    public void AreRefused_WhenTheyDoNotFitTogether(PeerTargets targets)
    {
        Assert.Throws<ArgumentException>(targets.Validate);
    }
}
