using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.Handshake;

namespace Reactive.Network.Tests.Protocols.Handshake;

public class HandshakeProtocolTests
{
    [Fact]
    public void AdvancesAsSpecified_WhenEveryMessageIsTriedInEveryState()
    {
        ProtocolTable.ShouldBe<HandshakeProtocol, HandshakeState, HandshakeMessageKind>(
            (HandshakeState.Propose, HandshakeMessageKind.ProposeVersions, HandshakeState.Confirm),
            (HandshakeState.Confirm, HandshakeMessageKind.ProposeVersions, HandshakeState.Done),
            (HandshakeState.Confirm, HandshakeMessageKind.AcceptVersion, HandshakeState.Done),
            (HandshakeState.Confirm, HandshakeMessageKind.Refuse, HandshakeState.Done),
            (HandshakeState.Confirm, HandshakeMessageKind.QueryReply, HandshakeState.Done));
    }

    [Fact]
    public void IsDocumented_WhenReadmeIsComparedWithCode()
    {
        ProtocolTable.ShouldBeDocumented<HandshakeProtocol, HandshakeState, HandshakeMessageKind>();
    }

    [Fact]
    public void HasTheNumbersOfTheSpecification_WhenAsked()
    {
        Assert.Equal(new MiniProtocolId(0), HandshakeProtocol.Id);
        Assert.Equal(HandshakeState.Propose, HandshakeProtocol.Initial);
        Assert.Equal(5_760, HandshakeProtocol.MaxIngressBytes);
        Assert.Equal(Agency.Initiator, HandshakeProtocol.AgencyIn(HandshakeState.Propose));
        Assert.Equal(Agency.Responder, HandshakeProtocol.AgencyIn(HandshakeState.Confirm));
        Assert.Equal(new StateLimits(5_760, TimeSpan.FromSeconds(10)), HandshakeProtocol.LimitsIn(HandshakeState.Propose));
        Assert.Equal(new StateLimits(5_760, TimeSpan.FromSeconds(10)), HandshakeProtocol.LimitsIn(HandshakeState.Confirm));
    }
}
