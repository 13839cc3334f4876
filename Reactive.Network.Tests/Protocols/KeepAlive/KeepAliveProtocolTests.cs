using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.KeepAlive;

namespace Reactive.Network.Tests.Protocols.KeepAlive;

public class KeepAliveProtocolTests
{
    [Fact]
    public void AdvancesAsSpecified_WhenEveryMessageIsTriedInEveryState()
    {
        ProtocolTable.ShouldBe<KeepAliveProtocol, KeepAliveState, KeepAliveMessageKind>(
            (KeepAliveState.Client, KeepAliveMessageKind.KeepAlive, KeepAliveState.Server),
            (KeepAliveState.Client, KeepAliveMessageKind.Done, KeepAliveState.Done),
            (KeepAliveState.Server, KeepAliveMessageKind.Response, KeepAliveState.Client));
    }

    [Fact]
    public void IsDocumented_WhenReadmeIsComparedWithCode()
    {
        ProtocolTable.ShouldBeDocumented<KeepAliveProtocol, KeepAliveState, KeepAliveMessageKind>();
    }

    [Fact]
    public void HasTheNumbersOfTheSpecification_WhenAsked()
    {
        Assert.Equal(new MiniProtocolId(8), KeepAliveProtocol.Id);
        Assert.Equal(KeepAliveState.Client, KeepAliveProtocol.Initial);
        Assert.Equal(1_408, KeepAliveProtocol.MaxIngressBytes);
        Assert.Equal(Agency.Initiator, KeepAliveProtocol.AgencyIn(KeepAliveState.Client));
        Assert.Equal(Agency.Responder, KeepAliveProtocol.AgencyIn(KeepAliveState.Server));
        Assert.Equal(new StateLimits(65_535, TimeSpan.FromSeconds(97)), KeepAliveProtocol.LimitsIn(KeepAliveState.Client));
        Assert.Equal(new StateLimits(65_535, TimeSpan.FromSeconds(60)), KeepAliveProtocol.LimitsIn(KeepAliveState.Server));
    }
}
