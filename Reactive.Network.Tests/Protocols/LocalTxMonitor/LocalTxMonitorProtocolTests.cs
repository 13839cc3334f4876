using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.LocalTxMonitor;
using Kind = Reactive.Network.Protocols.LocalTxMonitor.LocalTxMonitorMessageKind;
using State = Reactive.Network.Protocols.LocalTxMonitor.LocalTxMonitorState;

namespace Reactive.Network.Tests.Protocols.LocalTxMonitor;

public class LocalTxMonitorProtocolTests
{
    [Fact]
    public void AdvancesAsSpecified_WhenEveryMessageIsTriedInEveryState() => ProtocolTable.ShouldBe<LocalTxMonitorProtocol, State, Kind>(
        (State.Idle, Kind.Acquire, State.Acquiring),
        (State.Idle, Kind.Done, State.Done),
        (State.Acquiring, Kind.Acquired, State.Acquired),
        (State.Acquired, Kind.Acquire, State.Acquiring),
        (State.Acquired, Kind.Release, State.Idle),
        (State.Acquired, Kind.NextTx, State.BusyNextTx),
        (State.Acquired, Kind.HasTx, State.BusyHasTx),
        (State.Acquired, Kind.GetSizes, State.BusyGetSizes),
        (State.Acquired, Kind.GetMeasures, State.BusyGetMeasures),
        (State.BusyNextTx, Kind.ReplyNextTx, State.Acquired),
        (State.BusyHasTx, Kind.ReplyHasTx, State.Acquired),
        (State.BusyGetSizes, Kind.ReplyGetSizes, State.Acquired),
        (State.BusyGetMeasures, Kind.ReplyGetMeasures, State.Acquired));

    [Fact]
    public void IsDocumented_WhenReadmeIsComparedWithCode() => ProtocolTable.ShouldBeDocumented<LocalTxMonitorProtocol, State, Kind>();

    [Fact]
    public void HasTheNumbersOfTheSpecificationAndNoLimit_WhenAsked()
    {
        Assert.Equal(new MiniProtocolId(9), LocalTxMonitorProtocol.Id);
        Assert.Equal(State.Idle, LocalTxMonitorProtocol.Initial);
        Assert.Equal(Agency.Initiator, LocalTxMonitorProtocol.AgencyIn(State.Acquired));
        Assert.Equal(Agency.Responder, LocalTxMonitorProtocol.AgencyIn(State.Acquiring));
        Assert.Equal(new StateLimits(Array.MaxLength, Timeout.InfiniteTimeSpan), LocalTxMonitorProtocol.LimitsIn(State.Acquiring));
    }
}
