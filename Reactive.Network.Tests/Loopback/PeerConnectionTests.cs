using System.Net;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Loopback;

/// <summary>Connections over TCP on the thread pool: what strands share is shared in earnest.</summary>
[Trait("Category", "Loopback")]
public class PeerConnectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task OtherLanesGoOn_WhenAThreadIsBlockedInOnNext()
    {
        Block[] all = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 1, BodyBytes = 1000 }).Take(300)];
        var chain = new InMemoryChain();
        foreach (Block block in all)
        {
            chain.Append(block);
        }

        var options = new NetworkOptions { Magic = NetworkMagic.Devnet, KeepAlive = new KeepAliveOptions { Interval = TimeSpan.FromMilliseconds(20) } };
        using PeerListener listener = Listen(options with { Serve = chain }, out PeerAddress address);
        await using PeerConnection client = await PeerConnection.ConnectAsync(address, options, TestContext.Current.CancellationToken);
        using var release = new ManualResetEventSlim();
        using var blocked = new ManualResetEventSlim();
        var pings = new TaskCompletionSource();
        int pinged = 0;

        // The chain-sync strand stands in the user's code from here on; the others must not notice.
        using IDisposable follow = client.ChainSync.Follow(Point.Origin).Subscribe(_ =>
        {
            blocked.Set();
            release.Wait(Patience);
        });
        Assert.True(blocked.Wait(Patience, TestContext.Current.CancellationToken));
        using IDisposable ping = client.KeepAlive.RoundTrips.Subscribe(_ =>
        {
            if (Interlocked.Increment(ref pinged) == 10)
            {
                pings.TrySetResult();
            }
        });
        var fetched = new TaskCompletionSource();
        int blocks = 0;
        using IDisposable fetch = client.BlockFetch.Fetch([.. all.Select(block => new BlockRequest(block.Point, block.Size))])
            .Recycle(_ => Interlocked.Increment(ref blocks), error => fetched.TrySetException(error), () => fetched.TrySetResult());
        await Task.WhenAll(pings.Task, fetched.Task).WaitAsync(Patience, TestContext.Current.CancellationToken);
        release.Set();

        Assert.Equal(300, blocks);
        Assert.False(client.Completion.IsCompleted);
    }

    [Fact]
    public async Task BothSidesFollowAndFetch_WhenTheConnectionIsDuplex()
    {
        InMemoryChain ofServer = VirtualPair.ChainOf(400, seed: 1);
        InMemoryChain ofClient = VirtualPair.ChainOf(500, seed: 2);
        var options = new NetworkOptions { Magic = NetworkMagic.Devnet };
        var accepted = new TaskCompletionSource<PeerConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        using PeerListener listener = Listen(options with { Serve = ofServer }, out PeerAddress address, accepted.SetResult);
        await using PeerConnection client =
            await PeerConnection.ConnectAsync(address, options with { Serve = ofClient }, TestContext.Current.CancellationToken);
        PeerConnection server = await accepted.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        List<Header>[] headers = await Task.WhenAll(HeadersOf(client, 400), HeadersOf(server, 500));
        int[] blocks = await Task.WhenAll(BlocksOf(client, headers[0]), BlocksOf(server, headers[1]));

        Assert.Equal(ofServer.Tip.Point, headers[0][^1].Point);
        Assert.Equal(ofClient.Tip.Point, headers[1][^1].Point);
        Assert.Equal([400, 500], blocks);
    }

    private static PeerListener Listen(NetworkOptions options, out PeerAddress address, Action<PeerConnection>? accepted = null)
    {
        TcpBearerListener bearers = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        address = new PeerAddress("127.0.0.1", bearers.LocalEndPoint.Port);
        return PeerListener.Start(bearers, options, accepted);
    }

    private static async Task<List<Header>> HeadersOf(PeerConnection connection, int count)
    {
        List<Header> headers = [];
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable follow = connection.ChainSync.Follow(Point.Origin).Subscribe(
            e =>
            {
                if (e.Kind == ChainEventKind.RollForward)
                {
                    headers.Add(e.Header);
                    if (headers.Count == count)
                    {
                        done.TrySetResult();
                    }
                }
            },
            error => done.TrySetException(error));
        await done.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        return headers;
    }

    private static async Task<int> BlocksOf(PeerConnection connection, List<Header> headers)
    {
        int blocks = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable fetch = connection.BlockFetch.Fetch([.. headers.Select(BlockRequest.For)])
            .Recycle(_ => blocks++, error => done.TrySetException(error), () => done.TrySetResult());
        await done.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        return blocks;
    }
}
