using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>
/// What a header and a block cost in the steady state, when they are given back: both ends of the connection together, bearer included, on one thread.
/// </summary>
public class AllocationTests
{
    private const int Count = 4000;

    private static readonly Block[] Blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 1, BodyBytes = 1000 }).Take(2 * Count)];

    [Fact]
    public void AHeaderCostsNothing_WhenRecycled()
    {
        (PeerConnection client, InMemoryChain _, StillScheduler time) = Start();
        int seen = 0;
        long warm = 0;
        long end = 0;
        using IDisposable subscription = client.ChainSync.Follow(Point.Origin).Recycle(_ =>
        {
            seen++;
            if (seen == Count)
            {
                warm = GC.GetAllocatedBytesForCurrentThread();
            }
            else if (seen == (2 * Count) - 400)
            {
                end = GC.GetAllocatedBytesForCurrentThread();
            }
        });

        time.Run();

        Assert.Equal((2 * Count) + 1, seen);
        double bytes = (end - warm) / (Count - 400.0);
        Assert.True(bytes < 0.5, $"{bytes:0.00} bytes per header");
    }

    [Fact]
    public void ABlockCostsOneSmallObjectAtMost_WhenRecycled()
    {
        (PeerConnection client, InMemoryChain _, StillScheduler time) = Start();
        BlockRequest[] all = [.. Blocks.Select(block => new BlockRequest(block.Point, block.Size))];
        int seen = 0;
        long warm = 0;
        long end = 0;
        using IDisposable subscription = client.BlockFetch.Fetch(all).Recycle(_ =>
        {
            seen++;
            if (seen == Count)
            {
                warm = GC.GetAllocatedBytesForCurrentThread();
            }
            else if (seen == (2 * Count) - 400)
            {
                end = GC.GetAllocatedBytesForCurrentThread();
            }
        });

        time.Run();

        Assert.Equal(2 * Count, seen);
        double bytes = (end - warm) / (Count - 400.0);
        Assert.True(bytes < 48, $"{bytes:0.00} bytes per block");
    }

    private static (PeerConnection Client, InMemoryChain Chain, StillScheduler Time) Start()
    {
        var time = new StillScheduler();
        var chain = new InMemoryChain();
        foreach (Block block in Blocks)
        {
            chain.Append(block);
        }

        var options = new NetworkOptions { Magic = NetworkMagic.Devnet, Scheduler = time, Seed = 1 };
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        PeerConnection.Accept(b, options with { Serve = chain });
        PeerConnection client = PeerConnection.Connect(a, options);
        time.Run();
        return (client, chain, time);
    }
}
