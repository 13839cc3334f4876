using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Tests.Protocols.ChainSync;

public class ChainSyncProtocolTests
{
    [Fact]
    public void AdvancesAsSpecified_WhenEveryMessageIsTriedInEveryState()
    {
        ProtocolTable.ShouldBe<ChainSyncProtocol, ChainSyncState, ChainSyncMessageKind>(
            (ChainSyncState.Idle, ChainSyncMessageKind.RequestNext, ChainSyncState.CanAwait),
            (ChainSyncState.Idle, ChainSyncMessageKind.FindIntersect, ChainSyncState.Intersect),
            (ChainSyncState.Idle, ChainSyncMessageKind.Done, ChainSyncState.Done),
            (ChainSyncState.CanAwait, ChainSyncMessageKind.AwaitReply, ChainSyncState.MustReply),
            (ChainSyncState.CanAwait, ChainSyncMessageKind.RollForward, ChainSyncState.Idle),
            (ChainSyncState.CanAwait, ChainSyncMessageKind.RollBackward, ChainSyncState.Idle),
            (ChainSyncState.MustReply, ChainSyncMessageKind.RollForward, ChainSyncState.Idle),
            (ChainSyncState.MustReply, ChainSyncMessageKind.RollBackward, ChainSyncState.Idle),
            (ChainSyncState.Intersect, ChainSyncMessageKind.IntersectFound, ChainSyncState.Idle),
            (ChainSyncState.Intersect, ChainSyncMessageKind.IntersectNotFound, ChainSyncState.Idle));
    }

    [Fact]
    public void IsDocumented_WhenReadmeIsComparedWithCode()
    {
        ProtocolTable.ShouldBeDocumented<ChainSyncProtocol, ChainSyncState, ChainSyncMessageKind>();
    }

    [Fact]
    public void HasTheNumbersOfTheSpecification_WhenAsked()
    {
        Assert.Equal(new MiniProtocolId(2), ChainSyncProtocol.Id);
        Assert.Equal(ChainSyncState.Idle, ChainSyncProtocol.Initial);
        Assert.Equal(462_000, ChainSyncProtocol.MaxIngressBytes);
        Assert.Equal(Agency.Initiator, ChainSyncProtocol.AgencyIn(ChainSyncState.Idle));
        Assert.Equal(Agency.Responder, ChainSyncProtocol.AgencyIn(ChainSyncState.CanAwait));
        Assert.Equal(Agency.Responder, ChainSyncProtocol.AgencyIn(ChainSyncState.MustReply));
        Assert.Equal(Agency.Responder, ChainSyncProtocol.AgencyIn(ChainSyncState.Intersect));
        Assert.Equal(new StateLimits(65_535, TimeSpan.FromSeconds(3_373)), ChainSyncProtocol.LimitsIn(ChainSyncState.Idle));
        Assert.Equal(new StateLimits(65_535, TimeSpan.FromSeconds(10)), ChainSyncProtocol.LimitsIn(ChainSyncState.CanAwait));
        Assert.Equal(
            new StateLimits(65_535, TimeSpan.FromSeconds(601), TimeSpan.FromSeconds(911)),
            ChainSyncProtocol.LimitsIn(ChainSyncState.MustReply));
        Assert.Equal(new StateLimits(65_535, TimeSpan.FromSeconds(10)), ChainSyncProtocol.LimitsIn(ChainSyncState.Intersect));
    }
}
