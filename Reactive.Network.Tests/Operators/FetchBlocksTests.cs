using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Operators;

public class FetchBlocksTests
{
    [Fact]
    public void FoldsToTheServersChain_WhenItForksAtRandom()
    {
        for (int seed = 1; seed <= 60; seed++)
        {
            FollowForkingChain(seed, buffer: seed % 3 == 0 ? 4 : null);
        }
    }

    [Fact]
    public void DeliversEveryBlock_WhenBytesComeOneByOne()
    {
        var pair = new VirtualPair(VirtualPair.ChainOf(20), bearer: new InMemoryBearerOptions { MaxChunk = 1 });
        var folded = new List<Point>();

        using IDisposable following = pair.Client.ChainSync.FollowHeaders(Point.Origin)
            .FetchBlocks(pair.Client.BlockFetch, pair.Time).Subscribe(e => Fold(folded, e, 0));
        pair.Run(TimeSpan.FromSeconds(5));

        Assert.Equal(20, folded.Count);
    }

    private static void FollowForkingChain(int seed, int? buffer)
    {
        var random = new Random(seed);
        var pair = new VirtualPair(
            bearer: new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(random.Next(1, 60)), MaxChunk = random.Next(1, 4000) },
            client: o => o with { BlockFetch = o.BlockFetch with { Window = (FetchWindow)(seed % 2) } });
        var model = new List<Block>();
        int forks = 0;
        var folded = new List<Point>();
        Exception? failed = null;
        IObservable<ChainEvent<Block>> blocks = pair.Client.ChainSync.FollowHeaders(Point.Origin).FetchBlocks(pair.Client.BlockFetch, pair.Time);
        if (buffer is { } capacity)
        {
            blocks = blocks.BoundedBuffer(capacity, Overflow.Fail, pair.Time);
        }

        using IDisposable following = blocks.Recycle(e => Fold(folded, e, seed), e => failed = e);
        for (int step = 0; step < 30; step++)
        {
            int keep = model.Count - random.Next(0, Math.Min(model.Count, 8) + 1);
            if (random.Next(3) == 0 && keep < model.Count)
            {
                forks++;
                model.RemoveRange(keep, model.Count - keep);
                pair.Chain.RollBack(model.Count == 0 ? Point.Origin : model[^1].Point);
            }

            var generator = new ChainGenerator(new ChainGeneratorOptions
            {
                Seed = (seed * 1000) + step,
                BodyBytes = 300 + random.Next(3000),
                Parent = model.Count == 0 ? Tip.Origin : new Tip(model[^1].Point, model[^1].BlockNumber),
            });
            foreach (Block block in generator.Take(random.Next(0, 12)))
            {
                model.Add(block);
                pair.Chain.Append(block);
            }

            pair.Run(TimeSpan.FromMilliseconds(random.Next(0, 300)));
        }

        pair.Run(TimeSpan.FromSeconds(30));

        Assert.True(failed is null, $"seed {seed}: {failed}");
        Assert.True(model.Select(b => b.Point).SequenceEqual(folded), $"seed {seed}: {folded.Count} folded, {model.Count} on the chain, {forks} forks");
        Assert.Empty(pair.Faults);
    }

    private static void Fold(List<Point> folded, ChainEvent<Block> e, int seed)
    {
        switch (e.Kind)
        {
            case ChainEventKind.RollForward:
                Assert.Equal(e.Value.Point, e.Point);
                Assert.True(folded.Count == 0 || e.Value.PreviousHash == folded[^1].Hash, $"seed {seed}: broken link");
                folded.Add(e.Point);
                break;
            case ChainEventKind.RollBackward:
                int index = e.Point.IsOrigin ? -1 : folded.IndexOf(e.Point);
                Assert.True(e.Point.IsOrigin || index >= 0, $"seed {seed}: rolled back to what was not delivered");
                folded.RemoveRange(index + 1, folded.Count - index - 1);
                break;
        }
    }
}
