using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Two nodes that follow and fetch from each other over a slow path, while both chains grow and switch forks: every SDU, with its time.</summary>
public class TraceTests
{
    [Fact]
    public void IsTheSame_WhenTheSeedIs()
    {
        List<string> first = TraceOf(seed: 11);
        List<string> second = TraceOf(seed: 11);

        Assert.True(first.Count > 400, $"only {first.Count} SDUs");
        Assert.Equal(first, second);
    }

    [Fact]
    public void IsAnother_WhenTheSeedIsAnother()
    {
        // The cookies differ, and nothing else: what is said about chains is not drawn.
        Assert.NotEqual(TraceOf(seed: 11), TraceOf(seed: 12));
    }

    private static List<string> TraceOf(int seed)
    {
        var trace = new List<string>();
        var path = new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(30), BytesPerSecond = 2_000_000 };
        InMemoryChain other = VirtualPair.ChainOf(150, seed: 2);
        var pair = new VirtualPair(
            VirtualPair.ChainOf(200), client: o => o with { Serve = other, Seed = seed }, server: o => o with { Seed = seed + 100 }, bearer: path);
        Watch(pair.Client, "client", trace);
        Watch(pair.Server, "server", trace);
        FollowAndFetch(pair.Client);
        FollowAndFetch(pair.Server);
        pair.Run(TimeSpan.FromSeconds(5));
        for (int i = 0; i < 10; i++)
        {
            Grow(i % 2 == 0 ? other : pair.Chain, seed: 50 + i, fork: i % 3 == 0);
            pair.Run(TimeSpan.FromSeconds(7));
        }

        pair.Client.Dispose();
        pair.Run(TimeSpan.FromSeconds(1));
        Assert.Empty(pair.Faults);
        return trace;
    }

    private static void Watch(PeerConnection connection, string name, List<string> trace) => connection.Frames.Subscribe(
        frame => trace.Add($"{name} {frame.At.Ticks} {frame.Direction} {frame.Header} {Convert.ToHexString(frame.Payload.Span)}"), _ => { });

    private static void FollowAndFetch(PeerConnection connection) => connection.ChainSync.Follow(Point.Origin).Subscribe(
        e =>
        {
            if (e.Kind == ChainEventKind.RollForward)
            {
                connection.BlockFetch.Fetch([BlockRequest.For(e.Header)]).Subscribe(_ => { }, _ => { });
            }
        },
        _ => { });

    private static void Grow(InMemoryChain chain, int seed, bool fork)
    {
        if (fork)
        {
            // The last five blocks are left for a longer branch.
            IChainCursor cursor = chain.Follow();
            var points = new List<(Point Point, ulong Number)>();
            while (cursor.TryNext(out ChainStep step))
            {
                if (step.RollForward is { } header)
                {
                    points.Add((header.Point, header.BlockNumber));
                }
            }

            chain.RollBack(points[^6].Point);
        }

        foreach (Block block in new ChainGenerator(new ChainGeneratorOptions { Seed = seed, Parent = chain.Tip, BodyBytes = 1000 }).Take(8))
        {
            chain.Append(block);
        }
    }
}
