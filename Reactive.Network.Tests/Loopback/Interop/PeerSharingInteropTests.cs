using System.Buffers.Binary;
using System.Net;
using System.Text.Json;
using Reactive.Network.Protocols.PeerSharing;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Loopback.Interop;

/// <summary>An independent client asks our server for peers. It reads addresses of IPv4 only.</summary>
[Trait("Category", "Loopback")]
[Collection("Interop")]
public class PeerSharingInteropTests
{
    private static readonly IPEndPoint[] Known = [.. Enumerable.Range(1, 20).Select(n => new IPEndPoint(IPAddress.Parse($"192.0.2.{n}"), 3000 + n))];

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    [InlineData(255, 10)]
    public async Task TellsAsManyAsAreAskedForAndTenAtMost_WhenAsked(int amount, int told)
    {
        await using InteropSession session = await OpenAsync();

        Assert.Equal(Known.Take(told), await AskAsync(session, amount));
    }

    [Fact]
    public async Task AnswersAgain_WhenTheClientWasDoneAndBeginsAnew()
    {
        await using InteropSession session = await OpenAsync();

        Assert.Equal(2, (await AskAsync(session, 2)).Count);
        await session.FinishAsync("peerSharing");
        Assert.Equal(4, (await AskAsync(session, 4)).Count);
    }

    private static async Task<InteropSession> OpenAsync()
    {
        InteropSession session = await InteropSession.ConnectAsync(new InMemoryChain(), share: new Fixed());
        await session.ProposeAsync(peerSharing: true);
        JsonElement accept = await session.Client.ExpectAsync("accept");
        Assert.True(accept.GetProperty("peerSharing").GetBoolean());
        return session;
    }

    private static async Task<List<IPEndPoint>> AskAsync(InteropSession session, int amount)
    {
        await session.Client.TellAsync(new { command = "sharePeers", amount });
        JsonElement told = await session.Client.ExpectAsync("peers");
        return [.. told.GetProperty("peers").EnumerateArray().Select(Read)];
    }

    /// <summary>The package leaves the word as it came: the first octet is the least significant.</summary>
    private static IPEndPoint Read(JsonElement peer)
    {
        byte[] octets = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(octets, peer.GetProperty("address").GetUInt32());
        return new IPEndPoint(new IPAddress(octets), peer.GetProperty("port").GetInt32());
    }

    private sealed class Fixed : IPeerSource
    {
        public IReadOnlyList<IPEndPoint> Share(int amount) => [.. Known.Take(amount)];
    }
}
