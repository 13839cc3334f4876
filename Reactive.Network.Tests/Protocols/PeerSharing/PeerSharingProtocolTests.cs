using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.PeerSharing;

namespace Reactive.Network.Tests.Protocols.PeerSharing;

public class PeerSharingProtocolTests
{
    [Fact]
    public void AdvancesAsSpecified_WhenEveryMessageIsTriedInEveryState()
    {
        ProtocolTable.ShouldBe<PeerSharingProtocol, PeerSharingState, PeerSharingMessageKind>(
            (PeerSharingState.Idle, PeerSharingMessageKind.ShareRequest, PeerSharingState.Busy),
            (PeerSharingState.Idle, PeerSharingMessageKind.Done, PeerSharingState.Done),
            (PeerSharingState.Busy, PeerSharingMessageKind.SharePeers, PeerSharingState.Idle));
    }

    [Fact]
    public void IsDocumented_WhenReadmeIsComparedWithCode()
    {
        ProtocolTable.ShouldBeDocumented<PeerSharingProtocol, PeerSharingState, PeerSharingMessageKind>();
    }

    [Fact]
    public void HasTheNumbersOfTheSpecification_WhenAsked()
    {
        Assert.Equal(new MiniProtocolId(10), PeerSharingProtocol.Id);
        Assert.Equal(PeerSharingState.Idle, PeerSharingProtocol.Initial);
        Assert.Equal(5_760, PeerSharingProtocol.MaxIngressBytes);
        Assert.Equal(Agency.Initiator, PeerSharingProtocol.AgencyIn(PeerSharingState.Idle));
        Assert.Equal(Agency.Responder, PeerSharingProtocol.AgencyIn(PeerSharingState.Busy));
        Assert.Equal(new StateLimits(5_760, Timeout.InfiniteTimeSpan), PeerSharingProtocol.LimitsIn(PeerSharingState.Idle));
        Assert.Equal(new StateLimits(5_760, TimeSpan.FromSeconds(60)), PeerSharingProtocol.LimitsIn(PeerSharingState.Busy));
    }
}
