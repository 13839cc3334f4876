using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Protocols.KeepAlive;

/// <summary>The server against a client that the test plays.</summary>
public class KeepAliveServerTests
{
    [Theory]
    [InlineData("820000", "820100")]
    [InlineData("82001904d2", "82011904d2")]
    [InlineData("820019ffff", "820119ffff")]
    public void EchoesTheCookie(string ping, string pong)
    {
        Conversation talk = Conversation.WithClient(null);

        Say(talk, ping);

        Assert.Equal([pong], talk.Peer.HexOf(NodeToNode.KeepAlive));
    }

    [Fact]
    public void WaitsForTheNextPing_97Seconds()
    {
        Conversation talk = Conversation.WithClient(null);
        Say(talk, "820000");

        NetworkException cause = talk.EndsAfter(TimeSpan.FromSeconds(97), talk.Peer.Of(NodeToNode.KeepAlive).Single().At - 1);

        AssertTimeout(cause);
    }

    [Fact]
    public void WaitsForTheFirstPing_97SecondsFromTheFirstBytesOfAnyOther()
    {
        Conversation talk = Conversation.WithClient(VirtualPair.ChainOf(1));
        talk.Peer.Send(SduSender.Initiator, NodeToNode.ChainSync, Convert.FromHexString("8100"));
        talk.Run();

        // The responder's clock starts on its strand, one turn behind the first bytes, as the answer to them.
        NetworkException cause = talk.EndsAfter(TimeSpan.FromSeconds(97), talk.Peer.Of(NodeToNode.ChainSync).First().At - 1);

        AssertTimeout(cause);
    }

    [Fact]
    public void StartsAgain_WhenTheClientSaysDone()
    {
        Conversation talk = Conversation.WithClient(null);

        Say(talk, "820005");
        Say(talk, "8102");
        Say(talk, "820006");

        Assert.Equal(["820105", "820106"], talk.Peer.HexOf(NodeToNode.KeepAlive));
        Assert.True(talk.IsOpen);
    }

    [Theory]
    [InlineData("820100")]
    [InlineData("82001a00010000")]
    [InlineData("8103")]
    public void EndsConnection_WhenMessageIsNone(string hex)
    {
        Conversation talk = Conversation.WithClient(null);

        Say(talk, hex);

        Assert.Equal(Fault.Remote, talk.Cause!.Fault);
        talk.LeaksNothing();
    }

    private static void Say(Conversation talk, string hex)
    {
        talk.Peer.Send(SduSender.Initiator, NodeToNode.KeepAlive, Convert.FromHexString(hex));
        talk.Run();
    }

    private static void AssertTimeout(NetworkException cause)
    {
        ProtocolViolationException timeout = Assert.IsType<ProtocolViolationException>(cause);
        Assert.Equal(
            (ProtocolViolation.Timeout, "keep-alive", "Client", TimeSpan.FromSeconds(97)),
            (timeout.Violation, timeout.Protocol, timeout.State, timeout.TimeLimit));
    }
}
