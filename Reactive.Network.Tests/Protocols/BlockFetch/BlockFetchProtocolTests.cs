using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;

namespace Reactive.Network.Tests.Protocols.BlockFetch;

public class BlockFetchProtocolTests
{
    [Fact]
    public void AdvancesAsSpecified_WhenEveryMessageIsTriedInEveryState()
    {
        ProtocolTable.ShouldBe<BlockFetchProtocol, BlockFetchState, BlockFetchMessageKind>(
            (BlockFetchState.Idle, BlockFetchMessageKind.RequestRange, BlockFetchState.Busy),
            (BlockFetchState.Idle, BlockFetchMessageKind.ClientDone, BlockFetchState.Done),
            (BlockFetchState.Busy, BlockFetchMessageKind.StartBatch, BlockFetchState.Streaming),
            (BlockFetchState.Busy, BlockFetchMessageKind.NoBlocks, BlockFetchState.Idle),
            (BlockFetchState.Streaming, BlockFetchMessageKind.Block, BlockFetchState.Streaming),
            (BlockFetchState.Streaming, BlockFetchMessageKind.BatchDone, BlockFetchState.Idle));
    }

    [Fact]
    public void IsDocumented_WhenReadmeIsComparedWithCode()
    {
        ProtocolTable.ShouldBeDocumented<BlockFetchProtocol, BlockFetchState, BlockFetchMessageKind>();
    }

    [Fact]
    public void HasTheNumbersOfTheSpecification_WhenAsked()
    {
        Assert.Equal(new MiniProtocolId(3), BlockFetchProtocol.Id);
        Assert.Equal(BlockFetchState.Idle, BlockFetchProtocol.Initial);
        Assert.Equal(23_068_694, BlockFetchProtocol.MaxIngressBytes);
        Assert.Equal(Agency.Initiator, BlockFetchProtocol.AgencyIn(BlockFetchState.Idle));
        Assert.Equal(Agency.Responder, BlockFetchProtocol.AgencyIn(BlockFetchState.Busy));
        Assert.Equal(Agency.Responder, BlockFetchProtocol.AgencyIn(BlockFetchState.Streaming));
        Assert.Equal(new StateLimits(65_535, Timeout.InfiniteTimeSpan), BlockFetchProtocol.LimitsIn(BlockFetchState.Idle));
        Assert.Equal(new StateLimits(65_535, TimeSpan.FromSeconds(60)), BlockFetchProtocol.LimitsIn(BlockFetchState.Busy));
        Assert.Equal(new StateLimits(2_500_000, TimeSpan.FromSeconds(60)), BlockFetchProtocol.LimitsIn(BlockFetchState.Streaming));
    }
}
