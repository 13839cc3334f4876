using Reactive.Network.Chain;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Storage;

public class InMemoryChainForkTests
{
    private readonly List<Block> _blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 3, BodyBytes = 300 }).Take(20)];

    [Fact]
    public void GoesBackToTheForkPoint_WhenTheClientWasSentNothingBelowItsIntersection()
    {
        InMemoryChain chain = Chain(20);
        using IChainCursor cursor = chain.Follow();
        cursor.FindIntersect([_blocks[19].Point]);
        cursor.TakeRollBack();

        chain.RollBack(_blocks[14].Point);

        Assert.Equal(_blocks[14].Point, cursor.TakeRollBack());
        Assert.Empty(cursor.TakeForward());
    }

    [Fact]
    public void GoesBackToTheDeepestForkPoint_WhenTheChainWasRolledBackSeveralTimes()
    {
        InMemoryChain chain = Chain(20);
        using IChainCursor cursor = chain.Follow();
        cursor.FindIntersect([_blocks[17].Point]);
        cursor.TakeRollBack();
        cursor.TakeForward();

        chain.RollBack(_blocks[15].Point);
        chain.RollBack(_blocks[9].Point);
        Block fork = Fork(9, 1)[0];
        chain.Append(fork);
        chain.RollBack(_blocks[9].Point);
        chain.Append(fork);

        Assert.Equal(_blocks[9].Point, cursor.TakeRollBack());
        Assert.Equal([fork.Point], cursor.TakeForward().Select(header => header.Point));
    }

    [Fact]
    public void StaysWhereItIs_WhenItsBlockWasRolledBackAndCameAgain()
    {
        InMemoryChain chain = Chain(20);
        using IChainCursor cursor = chain.Follow();
        cursor.FindIntersect([_blocks[12].Point]);
        cursor.TakeRollBack();

        chain.RollBack(_blocks[10].Point);
        _blocks[11..].ForEach(chain.Append);

        Assert.Equal(_blocks[13..].Select(block => block.Point), cursor.TakeForward().Select(header => header.Point));
    }

    [Fact]
    public void GoesBackToOrigin_WhenTheForkPointHasFallenOff()
    {
        var chain = new InMemoryChain(capacity: 5);
        _blocks[..10].ForEach(chain.Append);
        using IChainCursor cursor = chain.Follow();
        cursor.FindIntersect([_blocks[9].Point]);
        cursor.TakeRollBack();

        chain.RollBack(_blocks[6].Point);
        List<Block> fork = Fork(6, 6);
        fork.ForEach(chain.Append);

        Assert.Equal(Point.Origin, cursor.TakeRollBack());
        Assert.Equal(fork[1..].Select(block => block.Point), cursor.TakeForward().Select(header => header.Point));
    }

    [Fact]
    public void FoldsToTheChain_WhenItIsRolledBackAndExtendedAtRandom() => Seeds.ForEach(20, static random =>
    {
        const int Capacity = 30;
        var chain = new InMemoryChain(Capacity);
        List<Block> expected = [];
        List<Point> folded = [];
        using IChainCursor cursor = chain.Follow();
        for (int i = 0; i < 300; i++)
        {
            switch (random.Next(4))
            {
                case 0 when expected.Count > 1:
                    int kept = random.Next(Math.Max(1, expected.Count - 10), expected.Count);
                    chain.RollBack(expected[kept - 1].Point);
                    expected.RemoveRange(kept, expected.Count - kept);
                    break;
                case 3:
                    while (cursor.TryNext(out ChainStep step))
                    {
                        Fold(folded, step);
                    }

                    Assert.Equal(expected.TakeLast(12).Select(block => block.Point), folded.TakeLast(Math.Min(12, expected.Count)));
                    break;
                default:
                    Tip parent = expected.Count == 0 ? Tip.Origin : new Tip(expected[^1].Point, expected[^1].BlockNumber);
                    Block next = new ChainGenerator(new ChainGeneratorOptions { Seed = random.Next(), Parent = parent, BodyBytes = 300 }).Next();
                    chain.Append(next);
                    expected.Add(next);
                    break;
            }

            if (expected.Count > Capacity)
            {
                expected.RemoveAt(0);
            }
        }
    });

    private static void Fold(List<Point> folded, ChainStep step)
    {
        if (step.RollForward is { } header)
        {
            folded.Add(header.Point);
            return;
        }

        int at = folded.LastIndexOf(step.Point);
        Assert.True(step.Point.IsOrigin || at >= 0);
        folded.RemoveRange(at + 1, folded.Count - at - 1);
    }

    private InMemoryChain Chain(int blocks)
    {
        var chain = new InMemoryChain();
        _blocks[..blocks].ForEach(chain.Append);
        return chain;
    }

    private List<Block> Fork(int parent, int blocks) =>
        [.. new ChainGenerator(new ChainGeneratorOptions
        {
            Seed = 4,
            Parent = new Tip(_blocks[parent].Point, _blocks[parent].BlockNumber),
            BodyBytes = 300,
        }).Take(blocks)];
}
