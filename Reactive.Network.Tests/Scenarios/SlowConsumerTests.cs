using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>A consumer that takes nothing, or little: demand stops on the wire, memory stays within the window, and keep-alive goes on.</summary>
public class SlowConsumerTests
{
    private const int BlockBytes = 20_000;

    private static readonly InMemoryChain Chain = VirtualPair.ChainOf(1500, BlockBytes);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HoldsOneWindow_WhenNothingIsTaken(bool pulled)
    {
        var pool = new PoisoningArrayPool();
        (VirtualPair pair, List<Header> headers) = Start(pool);
        int pings = 0;
        using IDisposable ping = pair.Client.KeepAlive.RoundTrips.Subscribe(_ => pings++);
        IObservable<Block> fetch = pair.Client.BlockFetch.Fetch([.. headers.Select(BlockRequest.For)]);
        int sent = 0;
        using IDisposable frames = pair.Server.Frames.Subscribe(
            frame => sent += frame.Direction == FrameDirection.Sent && frame.Header.Protocol == NodeToNode.BlockFetch ? frame.Payload.Length : 0);
        long before = pool.OutstandingBytes;

        // A scheduler that never runs is a consumer that never comes; so is an enumerator that is asked once.
        await using IAsyncEnumerator<Block>? pull = pulled ? fetch.ToAsyncEnumerable(10).GetAsyncEnumerator(CancellationToken.None) : null;
        ValueTask<bool>? first = pull?.MoveNextAsync();
        using IDisposable? subscription = pulled ? null : fetch.BoundedBuffer(10, scheduler: new TestScheduler()).Subscribe(_ => Assert.Fail("taken"));
        pair.Run(TimeSpan.FromMinutes(5));

        // The reference window, and the block that crossed its mark; a block of 20 KB lies in an array of 32 KiB.
        Assert.InRange(sent, 393_216 - BlockBytes, 393_216 + (3 * BlockBytes));
        Assert.InRange(pool.OutstandingBytes - before, 393_216, 22 * 32 * 1024);
        Assert.InRange(pings, 28, 31);
        Assert.False(pair.Client.Completion.IsCompleted);
        if (first is { } taken)
        {
            Assert.True(await taken);
        }
    }

    [Fact]
    public void GoesOnAtTheConsumersPace_WhenItTakesOneBlockASecond()
    {
        var pool = new PoisoningArrayPool();
        (VirtualPair pair, List<Header> headers) = Start(pool);
        var consumer = new CollectingPacedObserver<Block>();
        using IDisposable subscription = Assert.IsType<IPacedObservable<Block>>(
            pair.Client.BlockFetch.Fetch([.. headers.Take(200).Select(BlockRequest.For)]), exactMatch: false).Subscribe(consumer);
        int most = 0;
        for (int second = 0; second < 400 && !(consumer.IsCompleted && consumer.Held == 0); second++)
        {
            pair.Run(TimeSpan.FromSeconds(1));
            most = Math.Max(most, consumer.Held);
            if (consumer.Held > 0)
            {
                consumer.ReturnOne();
            }
        }

        Assert.Equal(headers.Take(200).Select(header => header.Hash), consumer.Seen.Select(block => block.Hash));
        Assert.InRange(most, 10, 21);
    }

    private static (VirtualPair Pair, List<Header> Headers) Start(PoisoningArrayPool pool)
    {
        var pair = new VirtualPair(
            Chain,
            client: o => o with { Pool = pool, BlockFetch = new BlockFetchOptions { Window = FetchWindow.Reference } },
            bearer: new InMemoryBearerOptions { Pool = new PoisoningArrayPool() });
        var headers = new List<Header>();
        using (pair.Client.ChainSync.Follow(Point.Origin).Subscribe(e =>
        {
            if (e.Kind == ChainEventKind.RollForward)
            {
                headers.Add(e.Header);
            }
        }))
        {
            pair.Run(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1500, headers.Count);
        return (pair, headers);
    }
}
