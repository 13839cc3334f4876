using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Loopback;

/// <summary>A local node and its clients over a Unix socket, on the thread pool.</summary>
[Trait("Category", "Loopback")]
public class LocalNodeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task EveryClientGetsEveryBlock_WhenThreeFollow()
    {
        InMemoryChain chain = VirtualPair.ChainOf(2_000);
        var options = new NetworkOptions { Magic = NetworkMagic.Devnet };
        string path = TemporarySocket.NewPath();
        using LocalListener node = LocalListener.Start(UnixSocketBearerListener.Listen(path), options, new LocalService { Chain = chain });

        Point[] ends = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Follow(path, options, 2_000)));

        Assert.All(ends, end => Assert.Equal(chain.Tip.Point, end));
    }

    private static async Task<Point> Follow(string path, NetworkOptions options, int count)
    {
        await using LocalConnection client = await LocalConnection.ConnectAsync(path, options, TestContext.Current.CancellationToken);
        var done = new TaskCompletionSource<Point>(TaskCreationOptions.RunContinuationsAsynchronously);
        int blocks = 0;
        using IDisposable follow = client.ChainSync.Follow(Point.Origin).Subscribe(
            e =>
            {
                if (e.Kind == ChainEventKind.RollForward && ++blocks == count)
                {
                    done.TrySetResult(e.Point);
                }

                e.Dispose();
            },
            error => done.TrySetException(error));
        return await done.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }
}
