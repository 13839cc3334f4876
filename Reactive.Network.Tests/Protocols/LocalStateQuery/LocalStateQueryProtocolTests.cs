using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.LocalStateQuery;
using Kind = Reactive.Network.Protocols.LocalStateQuery.LocalStateQueryMessageKind;
using State = Reactive.Network.Protocols.LocalStateQuery.LocalStateQueryState;

namespace Reactive.Network.Tests.Protocols.LocalStateQuery;

public class LocalStateQueryProtocolTests
{
    [Fact]
    public void AdvancesAsSpecified_WhenEveryMessageIsTriedInEveryState() => ProtocolTable.ShouldBe<LocalStateQueryProtocol, State, Kind>(
        (State.Idle, Kind.Acquire, State.Acquiring),
        (State.Idle, Kind.Done, State.Done),
        (State.Acquiring, Kind.Acquired, State.Acquired),
        (State.Acquiring, Kind.Failure, State.Idle),
        (State.Acquired, Kind.Query, State.Querying),
        (State.Acquired, Kind.ReAcquire, State.Acquiring),
        (State.Acquired, Kind.Release, State.Idle),
        (State.Querying, Kind.Result, State.Acquired));

    [Fact]
    public void IsDocumented_WhenReadmeIsComparedWithCode() => ProtocolTable.ShouldBeDocumented<LocalStateQueryProtocol, State, Kind>();

    [Fact]
    public void HasTheNumbersOfTheSpecificationAndNoLimit_WhenAsked()
    {
        Assert.Equal(new MiniProtocolId(7), LocalStateQueryProtocol.Id);
        Assert.Equal(State.Idle, LocalStateQueryProtocol.Initial);
        Assert.Equal(Agency.Initiator, LocalStateQueryProtocol.AgencyIn(State.Acquired));
        Assert.Equal(Agency.Responder, LocalStateQueryProtocol.AgencyIn(State.Querying));
        Assert.Equal(new StateLimits(Array.MaxLength, Timeout.InfiniteTimeSpan), LocalStateQueryProtocol.LimitsIn(State.Querying));
    }
}
