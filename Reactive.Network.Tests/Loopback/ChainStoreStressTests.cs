using Reactive.Network.Chain;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Loopback;

/// <summary>One chain on the thread pool: changed by two threads, followed by four, read by ranges.</summary>
[Trait("Category", "Loopback")]
[Collection(Alone.Name)]
public class ChainStoreStressTests
{
    private const int RangeLength = 10;

    private const int Changes = 1_500;

    [Fact]
    public async Task EveryFollowerEndsWithTheChain_WhenItIsChangedAndFollowedAtOnce()
    {
        using InMemoryChain chain = new(capacity: 64);
        await RunAsync(chain);
    }

    /// <summary>The border is crossed, and cut, all the time: roll backs are as likely to pass it as to stay above.</summary>
    [Fact]
    public async Task EveryFollowerEndsWithTheChain_WhenItHasTwoLayers()
    {
        using InMemoryChain below = new();
        foreach (Block block in InMemoryChainTests.Make(40, seed: 7))
        {
            below.Append(block);
        }

        using LayeredChain chain = new(capacity: 5_000, below);
        await RunAsync(chain);
    }

    /// <summary>A gap opens, now and then.</summary>
    [Fact]
    public async Task EveryFollowerEndsWithTheChain_WhenBlocksFallIntoAGap()
    {
        using InMemoryChain below = new();
        foreach (Block block in InMemoryChainTests.Make(40, seed: 7))
        {
            below.Append(block);
        }

        using LayeredChain chain = new(capacity: 20, below);
        await RunAsync(chain);
    }

    private static async Task RunAsync(IChainStore chain)
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        using CancellationTokenSource changed = new();
        int inside = 0;
        int told = 0;
        using IDisposable subscription = chain.Changes.Subscribe(_ =>
        {
            Assert.Equal(1, Interlocked.Increment(ref inside));
            told++;
            Interlocked.Decrement(ref inside);
        });

        Task<List<Header>>[] followers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => Follow(chain, changed.Token), cancelled))];
        Task<int> reader = Task.Run(() => ReadRanges(chain, changed.Token), cancelled);
        int[] made = await Task.WhenAll(Task.Run(() => Change(chain, seed: 1), cancelled), Task.Run(() => Change(chain, seed: 2), cancelled));
        await changed.CancelAsync();
        List<Header>[] folded = await Task.WhenAll(followers).WaitAsync(TimeSpan.FromSeconds(30), cancelled);
        int wholeRanges = await reader.WaitAsync(TimeSpan.FromSeconds(30), cancelled);

        List<Header> held = chain.HeadersAfter(Point.Origin);
        Assert.InRange(told, 1, made.Sum());
        Assert.True(wholeRanges > 0 || held.Count < RangeLength, "no range was ever whole");
        Assert.All(folded, headers =>
        {
            int shared = Math.Min(headers.Count, held.Count);
            Assert.True(shared > 0);
            Assert.Equal(held.TakeLast(shared).Select(static header => header.Point), headers.TakeLast(shared).Select(static header => header.Point));
        });
    }

    /// <summary>Extends and rolls back as two upstreams would; where the other was faster, the change does not fit and is not made.</summary>
    private static int Change(IChainStore chain, int seed)
    {
        Random random = new(seed);
        List<Header> folded = [];
        using IChainCursor cursor = chain.Follow();
        int made = 0;
        for (int i = 0; i < Changes; i++)
        {
            Pull(cursor, folded);
            Tip tip = folded.Count == 0 ? Tip.Origin : new Tip(folded[^1].Point, folded[^1].BlockNumber);
            try
            {
                if (random.Next(4) == 0 && folded.Count > 8)
                {
                    chain.RollBack(folded[^random.Next(2, 8)].Point);
                }
                else
                {
                    chain.Append(new ChainGenerator(new ChainGeneratorOptions { Seed = random.Next(), Parent = tip, BodyBytes = 300 }).Next());
                }

                made++;
            }
            catch (ArgumentException)
            {
                // The other one changed it meanwhile.
            }
        }

        return made;
    }

    private static async Task<List<Header>> Follow(IChainStore chain, CancellationToken changed)
    {
        List<Header> folded = [];
        using IChainCursor cursor = chain.Follow();
        while (true)
        {
            bool isLastRound = changed.IsCancellationRequested;
            Pull(cursor, folded);
            if (isLastRound)
            {
                return folded;
            }

            await Task.Yield();
        }
    }

    private static void Pull(IChainCursor cursor, List<Header> folded)
    {
        while (cursor.TryNext(out ChainStep step))
        {
            Fold(folded, step);
        }
    }

    private static void Fold(List<Header> folded, ChainStep step)
    {
        if (step.RollForward is { } header)
        {
            Assert.True(folded.Count == 0 || header.PreviousHash == folded[^1].Hash, "a header that does not fit");
            folded.Add(header);
            return;
        }

        int kept = folded.FindLastIndex(header => header.Point == step.Point);
        Assert.True(kept >= 0 || step.Point.IsOrigin, "a roll back to a point that was not sent");
        folded.RemoveRange(kept + 1, folded.Count - kept - 1);
    }

    /// <summary>A range is whole and linked, or ends with the exception that says so.</summary>
    private static async Task<int> ReadRanges(IChainStore chain, CancellationToken changed)
    {
        List<Header> folded = [];
        using IChainCursor cursor = chain.Follow();
        int whole = 0;

        // Where the changes are over before this got its first turn, it reads the chain at rest, once.
        bool isLast = false;
        while (!isLast)
        {
            isLast = changed.IsCancellationRequested;
            Pull(cursor, folded);
            await Task.Yield();
            if (folded.Count < RangeLength || chain.ReadRange(folded[^RangeLength].Point, folded[^1].Point) is not { } range)
            {
                continue;
            }

            try
            {
                List<BlockHash> hashes = [];
                while (range.TryNext(out Block block))
                {
                    hashes.Add(block.Hash);
                }

                Assert.Equal(folded.TakeLast(RangeLength).Select(static header => header.Hash), hashes);
                whole++;
            }
            catch (ChainSourceException)
            {
                // It left the chain.
            }
        }

        return whole;
    }
}
