using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Loopback.Interop;

/// <summary>An independent client pings our server.</summary>
[Trait("Category", "Loopback")]
[Collection("Interop")]
public class KeepAliveInteropTests
{
    /// <summary>Every length that the encoding of a cookie has, and the ends of the range.</summary>
    private static readonly int[] Cookies = [0, 1, 23, 24, 255, 256, 1234, 32_768, 65_534, 65_535];

    [Fact]
    public async Task EchoesEveryCookie_WhenPingedInARow()
    {
        await using InteropSession session = await InteropSession.OpenAsync(new InMemoryChain());

        List<int> echoed = [];
        foreach (int cookie in Cookies)
        {
            echoed.Add(await session.PingAsync(cookie));
        }

        Assert.Equal(Cookies, echoed);
    }

    [Fact]
    public async Task AnswersAgain_WhenTheClientWasDoneAndBeginsAnew()
    {
        await using InteropSession session = await InteropSession.OpenAsync(new InMemoryChain());

        Assert.Equal(7, await session.PingAsync(7));
        await session.FinishAsync("keepAlive");
        Assert.Equal(8, await session.PingAsync(8));
        await session.CloseAsync();

        List<(MiniProtocolId Protocol, byte[] Bytes)> sent = await session.MessagesAsync(FrameDirection.Received);
        Assert.Equal(
            [KeepAliveMessage.KeepAlive(7), KeepAliveMessage.Done, KeepAliveMessage.KeepAlive(8)],
            sent.Where(message => message.Protocol == NodeToNode.KeepAlive).Select(message => KeepAliveCodec.Read(message.Bytes)));
    }
}
