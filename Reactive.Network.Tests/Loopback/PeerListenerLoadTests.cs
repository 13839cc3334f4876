using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;
using Reactive.Network.Tests.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Loopback;

/// <summary>A listener on a real socket under more connections than it takes.</summary>
[Trait("Category", "Loopback")]
[Collection(Alone.Name)]
public sealed class PeerListenerLoadTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly AcceptLimits Limits = new() { SoftLimit = 512, HardLimit = 512, Delay = TimeSpan.FromMilliseconds(100) };

    private readonly InMemoryChain _chain = VirtualPair.ChainOf(20, bodyBytes: 1_000);
    private readonly List<Socket> _sockets = [];

    public void Dispose()
    {
        _sockets.ForEach(static socket => socket.Dispose());
        _chain.Dispose();
    }

    [Fact]
    public async Task Serves512AndLetsTheOthersWait_When600ConnectAtOnce()
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        using TcpBearerListener bearers = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        using PeerListener listener = PeerListener.Start(bearers, Options());
        await using PeerConnection existing = await ConnectAsync(bearers);
        await FetchAsync(existing);

        PeerConnection[] clients = await Task.WhenAll(Enumerable.Range(0, 600).Select(_ => OpenAsync(bearers)));
        PeerConnection[] served = await FirstNegotiatedAsync(clients, 511);
        int peak = listener.Count;
        int waiting = clients.Count(static client => client.Version is null);

        // One that was there before is served as if nothing had come; so are the first that came.
        _chain.Append(new ChainGenerator(new ChainGeneratorOptions { Seed = 9, Parent = _chain.Tip, BodyBytes = 1_000 }).Next());
        Assert.Equal(21, await FetchAsync(existing));
        Assert.Equal(21, await FetchAsync(served[0]));
        Assert.Equal(21, await FetchAsync(served[^1]));
        Assert.Equal((512, 89), (peak, waiting));

        // Once there is room, the next is taken, and those that gave up while they waited hold nobody up.
        foreach (PeerConnection client in clients.Except(served.Skip(100)))
        {
            client.Dispose();
        }

        await using PeerConnection late = await ConnectAsync(bearers);
        Assert.Equal(21, await FetchAsync(late));
        Assert.InRange(listener.Count, 1, 512);
        Assert.False(existing.Completion.IsCompleted);
        foreach (PeerConnection client in clients)
        {
            client.Dispose();
        }
    }

    [Fact]
    public async Task ServesOthers_WhileHalfOpenAndSlowSocketsHangOn()
    {
        using TcpBearerListener bearers = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        using PeerListener listener = PeerListener.Start(bearers, Options());
        for (int i = 0; i < 60; i++)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _sockets.Add(socket);
            await socket.ConnectAsync(bearers.LocalEndPoint, TestContext.Current.CancellationToken);
            if (i % 2 == 0)
            {
                // Slow-loris: the head of an SDU of 4,096 bytes of handshake, and one byte of it.
                await socket.SendAsync(new byte[] { 0, 0, 0, 0, 0, 0, 0x10, 0x00, 0x82 }, TestContext.Current.CancellationToken);
            }
        }

        long start = Stopwatch.GetTimestamp();
        await using PeerConnection client = await ConnectAsync(bearers);
        int blocks = await FetchAsync(client);

        Assert.Equal(20, blocks);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(8));
        Assert.Equal(61, listener.Count);
    }

    [Fact]
    public async Task EndsHalfOpenAndSlowSockets_WhenTheirLimitIsOver()
    {
        using TcpBearerListener bearers = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        using PeerListener listener = PeerListener.Start(bearers, Options());
        byte[][] sent = [[], [0, 0, 0], [0, 0, 0, 0, 0, 0, 0x10, 0x00, 0x82]];
        List<Task<int>> ends = [];
        foreach (byte[] bytes in sent)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _sockets.Add(socket);
            await socket.ConnectAsync(bearers.LocalEndPoint, TestContext.Current.CancellationToken);
            await socket.SendAsync(bytes, TestContext.Current.CancellationToken);
            ends.Add(ReadToEndAsync(socket));
        }

        int[] read = await Task.WhenAll(ends).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal([0, 0, 0], read);
    }

    [Fact]
    public async Task EndsEveryConnection_WhenDisposed()
    {
        using TcpBearerListener bearers = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        PeerListener listener = PeerListener.Start(bearers, Options());
        PeerConnection[] clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ConnectAsync(bearers)));

        listener.Dispose();
        await Task.WhenAll(clients.Select(static client => client.Completion)).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal(0, listener.Count);
        await Assert.ThrowsAnyAsync<BearerException>(() => ConnectAsync(bearers));
    }

    private static async Task<int> ReadToEndAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[16]);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private static NetworkOptions Client() => new() { Magic = NetworkMagic.Devnet };

    private static Task<PeerConnection> ConnectAsync(TcpBearerListener bearers) => PeerConnection.ConnectAsync(
        new PeerAddress("127.0.0.1", bearers.LocalEndPoint.Port), Client(), TestContext.Current.CancellationToken).WaitAsync(Patience);

    /// <summary>Connects without waiting for the handshake, and follows, so that the idle limit does not end it.</summary>
    private static async Task<PeerConnection> OpenAsync(TcpBearerListener bearers)
    {
        IBearer bearer = await TcpBearer.ConnectAsync("127.0.0.1", bearers.LocalEndPoint.Port, null, TestContext.Current.CancellationToken);
        PeerConnection client = PeerConnection.Connect(bearer, Client());
        client.ChainSync.Follow(Point.Origin).Subscribe(static _ => { }, static _ => { });
        return client;
    }

    /// <summary>Waits until so many of them have shaken hands.</summary>
    private static async Task<PeerConnection[]> FirstNegotiatedAsync(PeerConnection[] clients, int count)
    {
        using SemaphoreSlim negotiated = new(0);
        foreach (PeerConnection client in clients)
        {
            client.Negotiated.Subscribe(_ => negotiated.Release(), static _ => { });
        }

        for (int i = 0; i < count; i++)
        {
            Assert.True(await negotiated.WaitAsync(Patience, TestContext.Current.CancellationToken));
        }

        return [.. clients.Where(static client => client.Version is not null)];
    }

    /// <summary>Fetches the whole chain: how many blocks came.</summary>
    private async Task<int> FetchAsync(PeerConnection client)
    {
        TaskCompletionSource<int> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int blocks = 0;
        using IDisposable fetch = client.BlockFetch.Fetch([.. _chain.HeadersAfter(Point.Origin).Select(BlockRequest.For)]).Subscribe(
            block =>
            {
                blocks++;
                block.Dispose();
            },
            done.SetException,
            () => done.TrySetResult(blocks));
        return await done.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private NetworkOptions Options() => new() { Magic = NetworkMagic.Devnet, Serve = _chain, AcceptLimits = Limits };
}
