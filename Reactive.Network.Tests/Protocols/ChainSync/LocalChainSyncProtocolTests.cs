using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Tests.Protocols.ChainSync;

public class LocalChainSyncProtocolTests
{
    [Fact]
    public void AdvancesAsSpecified_WhenEveryMessageIsTriedInEveryState()
    {
        ProtocolTable.ShouldBe<LocalChainSyncProtocol, ChainSyncState, ChainSyncMessageKind>(
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
    public void IsDocumented_WhenReadmeIsComparedWithCode() =>
        ProtocolTable.ShouldBeDocumented<LocalChainSyncProtocol, ChainSyncState, ChainSyncMessageKind>();

    [Fact]
    public void HasTheNumbersOfTheSpecificationAndNoLimit_WhenAsked()
    {
        Assert.Equal(new MiniProtocolId(5), LocalChainSyncProtocol.Id);
        Assert.Equal(8 * 1024 * 1024, LocalChainSyncProtocol.MaxIngressBytes);
        Assert.All(
            Enum.GetValues<ChainSyncState>()[..4],
            state => Assert.Equal(new StateLimits(Array.MaxLength, Timeout.InfiniteTimeSpan), LocalChainSyncProtocol.LimitsIn(state)));
    }
}
