using Reactive.Network.Chain;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Storage;

/// <summary>Random changes on both sides of the border and random pulls, against a list.</summary>
public class LayeredChainPropertyTests
{
    private const int BlocksBelow = 12;

    [Fact]
    public void FoldingTheStepsYieldsTheChain_WhereverTheBorderIs() => Seeds.ForEach(40, static random => Run(random, capacity: 10_000));

    [Fact]
    public void FoldingTheStepsYieldsTheChain_WhateverFallsOff() => Seeds.ForEach(40, static random => Run(random, capacity: 9));

    private static void Run(Random random, int capacity)
    {
        List<Block> model = [.. InMemoryChainTests.Make(BlocksBelow, random.Next())];
        using InMemoryChain below = new();
        model.ForEach(below.Append);
        using LayeredChain chain = new(capacity, below);
        List<Client> clients = [.. Enumerable.Range(0, 4).Select(_ => new Client(chain))];
        for (int step = 0; step < 200; step++)
        {
            switch (random.Next(8))
            {
                case 0 or 1:
                    Extend(chain, model, random, random.Next(1, 4));
                    break;
                case 2:
                    Cut(chain, model, random, depth: 1 + random.Next(5));
                    break;
                case 3 when random.Next(8) == 0:
                    Cut(chain, model, random, depth: 1 + random.Next(model.Count));
                    break;
                case 4:
                    clients[random.Next(clients.Count)].Intersect(model[random.Next(model.Count)].Point);
                    break;
                default:
                    clients[random.Next(clients.Count)].Pull(random.Next(6), model);
                    break;
            }

            Assert.InRange(chain.Count, 0, capacity);
        }

        foreach (Client client in clients)
        {
            client.Pull(int.MaxValue, model);
            client.ShouldHave(model, isWhole: chain.ReachesImmutable);
        }

        if (chain.ReachesImmutable)
        {
            Assert.Equal(model.Bytes(), chain.Blocks(model[0].Point, model[^1].Point).Bytes());
        }
    }

    private static void Extend(LayeredChain chain, List<Block> model, Random random, int count)
    {
        foreach (Block block in InMemoryChainTests.Make(count, random.Next(), new Tip(model[^1].Point, model[^1].BlockNumber)))
        {
            chain.Append(block);
            model.Add(block);
        }
    }

    /// <summary>As deep as it goes: to a block in memory, the one below, or one of the immutable part. The first block always stays.</summary>
    private static void Cut(LayeredChain chain, List<Block> model, Random random, int depth)
    {
        int kept = Math.Max(1, model.Count - depth);
        try
        {
            chain.RollBack(model[kept - 1].Point);
        }
        catch (ArgumentException)
        {
            // In the gap: in memory no longer, and never below.
            Assert.True(!chain.ReachesImmutable && model.Count - kept > chain.Count, "refused a roll back to a block that it has");
            return;
        }

        model.RemoveRange(kept, model.Count - kept);
    }

    /// <summary>What a client knows: the points it was sent above the place it began at.</summary>
    private sealed class Client(LayeredChain chain)
    {
        private readonly IChainCursor _cursor = chain.Follow();
        private readonly List<Point> _points = [];
        private Point _base;

        public void Intersect(Point point)
        {
            if (_cursor.FindIntersect([point]) is { } found)
            {
                Assert.Equal(point, found);
                _points.Clear();
                _base = point;
            }
            else
            {
                Assert.False(chain.ReachesImmutable, "a point on the chain was not found");
            }
        }

        public void Pull(int count, List<Block> model)
        {
            for (int i = 0; i < count && _cursor.TryNext(out ChainStep step); i++)
            {
                Assert.Equal(model[^1].Point, step.Tip.Point);
                if (step.RollForward is { } header)
                {
                    Point under = _points.Count > 0 ? _points[^1] : _base;
                    Assert.True(under.IsOrigin || header.PreviousHash == under.Hash, "a header that does not fit on the one before");
                    _points.Add(header.Point);
                }
                else
                {
                    GoBack(step.Point);
                }
            }
        }

        public void ShouldHave(List<Block> model, bool isWhole)
        {
            Point[] expected = [.. model.Select(static block => block.Point)];
            if (!isWhole && chain.Count == 0 && _points.Count == 0)
            {
                // All in memory was rolled back: who began there has nothing.
                return;
            }

            Assert.Equal(expected[^1], _points.Count > 0 ? _points[^1] : _base);
            Assert.Equal(expected[^_points.Count..], _points);
            Assert.True(!_base.IsOrigin || _points.Count >= (isWhole ? model.Count : chain.Count), "blocks are missing");
        }

        private void GoBack(Point point)
        {
            int index = _points.IndexOf(point);
            if (index >= 0)
            {
                _points.RemoveRange(index + 1, _points.Count - index - 1);
                return;
            }

            // The place it began at, origin, or a place below where it began: a client that intersected knows what lies below.
            Assert.True(point.IsOrigin || point == _base || !_base.IsOrigin, "a roll back to a point that the client does not know");
            _points.Clear();
            _base = point;
        }
    }
}
