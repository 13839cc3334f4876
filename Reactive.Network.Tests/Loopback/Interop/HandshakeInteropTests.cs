using System.Text.Json;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Loopback.Interop;

/// <summary>An independent client proposes versions to our server.</summary>
[Trait("Category", "Loopback")]
[Collection("Interop")]
public class HandshakeInteropTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AcceptsTheGreatestCommonVersion_WhenTheMagicFits(bool initiatorOnly)
    {
        await using InteropSession session = await InteropSession.ConnectAsync(new InMemoryChain());

        await session.ProposeAsync(initiatorOnly, peerSharing: true);
        JsonElement accept = await session.Client.ExpectAsync("accept");

        // It proposes 7 to 14. Peer sharing is combined with ours, which is off.
        Assert.Equal(14, accept.GetProperty("version").GetInt32());
        Assert.Equal(session.Magic.Value, accept.GetProperty("magic").GetUInt32());
        Assert.Equal(initiatorOnly, accept.GetProperty("initiatorOnly").GetBoolean());
        Assert.False(accept.GetProperty("peerSharing").GetBoolean());
        Assert.False(accept.GetProperty("query").GetBoolean());
        Assert.Equal(
            new NegotiatedVersion(14, session.Magic.Value, IsDuplex: !initiatorOnly, PeerSharing: false, Query: false, PerasSupport: false),
            await session.Connection.WaitForHandshakeAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task RefusesWithBothMagics_WhenTheMagicIsOfAnotherNetwork()
    {
        await using InteropSession session = await InteropSession.ConnectAsync(new InMemoryChain(), NetworkMagic.Preview);

        await session.ProposeAsync(magic: NetworkMagic.Mainnet.Value);
        JsonElement refuse = await session.Client.ExpectAsync("refuse");
        await session.Client.ExpectAsync("closed");

        Assert.Equal("refused", refuse.GetProperty("reason").GetString());
        Assert.Equal(14, refuse.GetProperty("version").GetInt32());
        Assert.Equal("version data mismatch: network magic 2 /= 764824073", refuse.GetProperty("text").GetString());
        HandshakeRefusedException cause = Assert.IsType<HandshakeRefusedException>(await session.EndAsync());
        Assert.True(cause.IsLocal);
        Assert.IsType<RefusalReason.Refused>(cause.Reason);
    }

    [Fact]
    public async Task RefusesWithOurVersions_WhenNoneIsCommon()
    {
        await using InteropSession session = await InteropSession.ConnectAsync(new InMemoryChain());

        await session.Client.TellAsync(new { command = "proposeVersions", magic = session.Magic.Value, versions = new[] { 11, 12, 13 }, @short = false });
        JsonElement refuse = await session.Client.ExpectAsync("refuse");
        await session.Client.ExpectAsync("closed");

        Assert.Equal("versionMismatch", refuse.GetProperty("reason").GetString());
        Assert.Equal([14, 15], refuse.GetProperty("versions").EnumerateArray().Select(version => version.GetInt32()));
        HandshakeRefusedException cause = Assert.IsType<HandshakeRefusedException>(await session.EndAsync());
        Assert.Equal(new RefusalReason.VersionMismatch([14, 15]), cause.Reason);
    }

    [Fact]
    public async Task AcceptsTheNewestVersion_WhenItIsProposed()
    {
        await using InteropSession session = await InteropSession.ConnectAsync(new InMemoryChain());

        await session.Client.TellAsync(new { command = "proposeVersions", magic = session.Magic.Value, versions = new[] { 13, 14, 15 }, @short = false });
        JsonElement accept = await session.Client.ExpectAsync("accept");

        Assert.Equal(15, accept.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task RefusesTheData_WhenItIsThatOfAnOlderVersion()
    {
        await using InteropSession session = await InteropSession.ConnectAsync(new InMemoryChain());

        await session.Client.TellAsync(new { command = "proposeVersions", magic = session.Magic.Value, versions = new[] { 14 }, @short = true });
        JsonElement refuse = await session.Client.ExpectAsync("refuse");
        await session.Client.ExpectAsync("closed");

        Assert.Equal("decodeError", refuse.GetProperty("reason").GetString());
        Assert.Equal(14, refuse.GetProperty("version").GetInt32());
        Assert.StartsWith("the data of version 14 has 4 elements, not 2", refuse.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswersWithItsVersions_WhenOnlyAskedForThem()
    {
        await using InteropSession session = await InteropSession.ConnectAsync(new InMemoryChain());

        await session.ProposeAsync(query: true);
        JsonElement reply = await session.Client.ExpectAsync("queryReply");
        await session.CloseAsync();

        JsonElement[] versions = [.. reply.GetProperty("versions").EnumerateArray()];
        Assert.Equal([14, 15], versions.Select(version => version.GetProperty("version").GetInt32()));
        Assert.All(versions, version => Assert.Equal(session.Magic.Value, version.GetProperty("magic").GetUInt32()));
        Assert.All(versions, version => Assert.False(version.GetProperty("initiatorOnly").GetBoolean()));
    }

    [Fact]
    public async Task ReadsTheWholeTable_WhenVersionsAreProposed()
    {
        await using InteropSession session = await InteropSession.OpenAsync(new InMemoryChain());

        await session.CloseAsync();
        List<(MiniProtocolId Protocol, byte[] Bytes)> sent = await session.MessagesAsync(FrameDirection.Received);

        HandshakeMessage message = HandshakeCodec.Read(Assert.Single(sent).Bytes);
        VersionTable table = Assert.IsType<HandshakeMessage.ProposeVersions>(message).Versions;
        Assert.Equal(Enumerable.Range(7, 8), table.Select(entry => entry.Version));
        Assert.Equal(
            new NodeToNodeVersionData(session.Magic.Value, InitiatorOnly: true, PeerSharing: false, Query: false),
            NodeToNodeVersionData.Decode(14, table[^1].Data.Span));
    }
}
