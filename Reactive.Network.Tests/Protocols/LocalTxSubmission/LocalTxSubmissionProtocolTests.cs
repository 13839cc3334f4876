using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.LocalTxSubmission;

namespace Reactive.Network.Tests.Protocols.LocalTxSubmission;

public class LocalTxSubmissionProtocolTests
{
    [Fact]
    public void AdvancesAsSpecified_WhenEveryMessageIsTriedInEveryState() =>
        ProtocolTable.ShouldBe<LocalTxSubmissionProtocol, LocalTxSubmissionState, LocalTxSubmissionMessageKind>(
            (LocalTxSubmissionState.Idle, LocalTxSubmissionMessageKind.SubmitTx, LocalTxSubmissionState.Busy),
            (LocalTxSubmissionState.Idle, LocalTxSubmissionMessageKind.Done, LocalTxSubmissionState.Done),
            (LocalTxSubmissionState.Busy, LocalTxSubmissionMessageKind.AcceptTx, LocalTxSubmissionState.Idle),
            (LocalTxSubmissionState.Busy, LocalTxSubmissionMessageKind.RejectTx, LocalTxSubmissionState.Idle));

    [Fact]
    public void IsDocumented_WhenReadmeIsComparedWithCode() =>
        ProtocolTable.ShouldBeDocumented<LocalTxSubmissionProtocol, LocalTxSubmissionState, LocalTxSubmissionMessageKind>();

    [Fact]
    public void HasTheNumbersOfTheSpecificationAndNoLimit_WhenAsked()
    {
        Assert.Equal(new MiniProtocolId(6), LocalTxSubmissionProtocol.Id);
        Assert.Equal(LocalTxSubmissionState.Idle, LocalTxSubmissionProtocol.Initial);
        Assert.Equal(Agency.Initiator, LocalTxSubmissionProtocol.AgencyIn(LocalTxSubmissionState.Idle));
        Assert.Equal(Agency.Responder, LocalTxSubmissionProtocol.AgencyIn(LocalTxSubmissionState.Busy));
        Assert.Equal(new StateLimits(Array.MaxLength, Timeout.InfiniteTimeSpan), LocalTxSubmissionProtocol.LimitsIn(LocalTxSubmissionState.Busy));
    }
}
