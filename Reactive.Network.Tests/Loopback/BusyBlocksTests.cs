using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Loopback;

/// <summary>The query of the documentation, letter for letter, on the thread pool.</summary>
[Trait("Category", "Loopback")]
public class BusyBlocksTests
{
    [Fact]
    public async Task SelectsBusyBlocks_WhenTheQueryOfTheDocumentationRuns()
    {
        InMemoryChain chain = VirtualPair.ChainOf(5);
        var dialer = new MemoryDialer(DefaultScheduler.Instance);
        PeerAddress address = PeerAddress.Parse("relay.example:3001");
        var common = new NetworkOptions { Magic = NetworkMagic.Devnet, Peers = new PeerOptions { Dialer = dialer } };
        using PeerListener node = PeerListener.Start(dialer.Listen(address), common with { Serve = chain });
        TaskCompletionSource<(Point Point, int Size, IPeer Peer)> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using PeerNetwork network = PeerNetwork.Start(common with { LocalRoots = [LocalRootGroup.FromPeerAddress(address)] });
        TaskCompletionSource followed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable tips = network.Peers.Where(e => e is PeerEvent.TipChanged || network.Chains.Heads.Length > 0).Subscribe(_ => followed.TrySetResult());

        var busyBlocks =
            from block in network.Peers
                .SelectBestPeers(5)
                .FollowChain(From.Tip)
                .FetchWithFallback()
                .Confirmed(depth: 3)
                .BoundedBuffer(capacity: 256)
            where block.TransactionCount > 100
            select (block.Point, block.Size, block.Peer);

        using var subscription = busyBlocks.Subscribe(one => seen.TrySetResult(one), error => seen.TrySetException(error));
        await followed.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var generator = new ChainGenerator(new ChainGeneratorOptions { Seed = 2, BodyBytes = 100_000, Parent = chain.Tip });
        Block[] added = [.. generator.Take(12)];
        foreach (Block block in added)
        {
            chain.Append(block);
        }

        (Point point, int size, IPeer peer) = await seen.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Contains(added, block => block.Point == point && block.Size == size);
        Assert.Equal("relay.example:3001", peer.Name);
    }
}
