using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.TxSubmission;

namespace Reactive.Network.Tests.Protocols.TxSubmission;

public class TxSubmissionProtocolTests
{
    [Fact]
    public void AdvancesAsSpecified_WhenEveryMessageIsTriedInEveryState()
    {
        ProtocolTable.ShouldBe<TxSubmissionProtocol, TxSubmissionState, TxSubmissionMessageKind>(
            (TxSubmissionState.Init, TxSubmissionMessageKind.Init, TxSubmissionState.Idle),
            (TxSubmissionState.Idle, TxSubmissionMessageKind.RequestTxIdsBlocking, TxSubmissionState.TxIdsBlocking),
            (TxSubmissionState.Idle, TxSubmissionMessageKind.RequestTxIdsNonBlocking, TxSubmissionState.TxIdsNonBlocking),
            (TxSubmissionState.Idle, TxSubmissionMessageKind.RequestTxs, TxSubmissionState.Txs),
            (TxSubmissionState.TxIdsBlocking, TxSubmissionMessageKind.ReplyTxIds, TxSubmissionState.Idle),
            (TxSubmissionState.TxIdsBlocking, TxSubmissionMessageKind.Done, TxSubmissionState.Done),
            (TxSubmissionState.TxIdsNonBlocking, TxSubmissionMessageKind.ReplyTxIds, TxSubmissionState.Idle),
            (TxSubmissionState.Txs, TxSubmissionMessageKind.ReplyTxs, TxSubmissionState.Idle));
    }

    [Fact]
    public void IsDocumented_WhenReadmeIsComparedWithCode()
    {
        ProtocolTable.ShouldBeDocumented<TxSubmissionProtocol, TxSubmissionState, TxSubmissionMessageKind>();
    }

    [Fact]
    public void HasTheNumbersOfTheSpecification_WhenAsked()
    {
        var forEver = Timeout.InfiniteTimeSpan;
        var tenSeconds = TimeSpan.FromSeconds(10);
        Assert.Equal(new MiniProtocolId(4), TxSubmissionProtocol.Id);
        Assert.Equal(721_424, TxSubmissionProtocol.MaxIngressBytes);
        Assert.Equal(10, TxSubmissionProtocol.MaxUnacknowledged);
        Assert.Equal(TxSubmissionState.Init, TxSubmissionProtocol.Initial);
        Assert.Equal(Agency.Initiator, TxSubmissionProtocol.AgencyIn(TxSubmissionState.Init));
        Assert.Equal(Agency.Responder, TxSubmissionProtocol.AgencyIn(TxSubmissionState.Idle));
        Assert.Equal(Agency.Initiator, TxSubmissionProtocol.AgencyIn(TxSubmissionState.TxIdsBlocking));
        Assert.Equal(Agency.Initiator, TxSubmissionProtocol.AgencyIn(TxSubmissionState.TxIdsNonBlocking));
        Assert.Equal(Agency.Initiator, TxSubmissionProtocol.AgencyIn(TxSubmissionState.Txs));
        Assert.Equal(new StateLimits(65_535, forEver), TxSubmissionProtocol.LimitsIn(TxSubmissionState.Init));
        Assert.Equal(new StateLimits(65_535, forEver), TxSubmissionProtocol.LimitsIn(TxSubmissionState.Idle));
        Assert.Equal(new StateLimits(2_500_000, forEver), TxSubmissionProtocol.LimitsIn(TxSubmissionState.TxIdsBlocking));
        Assert.Equal(new StateLimits(2_500_000, tenSeconds), TxSubmissionProtocol.LimitsIn(TxSubmissionState.TxIdsNonBlocking));
        Assert.Equal(new StateLimits(2_500_000, tenSeconds), TxSubmissionProtocol.LimitsIn(TxSubmissionState.Txs));
    }
}
