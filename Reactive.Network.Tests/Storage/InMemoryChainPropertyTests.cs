using Reactive.Network.Chain;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Storage;

/// <summary>Random changes and random pulls, against a list.</summary>
public class InMemoryChainPropertyTests
{
    [Fact]
    public void FoldingTheStepsYieldsTheChain_WhateverHappens() => Seeds.ForEach(30, static random => Run(random, capacity: null));

    [Fact]
    public void FoldingTheStepsYieldsTheChain_WhateverFallsOff() => Seeds.ForEach(30, static random => Run(random, capacity: 12));

    private static void Run(Random random, int? capacity)
    {
        using InMemoryChain chain = new(capacity);
        List<Block> model = [];
        List<Block> removed = [];
        List<Client> clients = [.. Enumerable.Range(0, 4).Select(_ => new Client(chain))];
        for (int step = 0; step < 250; step++)
        {
            switch (random.Next(8))
            {
                case 0 when model.Count > 0:
                    int kept = Math.Max(model.Count - chain.Count, model.Count - 1 - random.Next(6));
                    Cut(chain, model, removed, kept);
                    break;
                case 1 when removed.Count > 0 && removed[0].PreviousHash == (model.Count > 0 ? model[^1].Hash : null):
                    // What was rolled back comes back, or a part of it.
                    foreach (Block block in removed.Take(1 + random.Next(removed.Count)))
                    {
                        chain.Append(block);
                        model.Add(block);
                    }

                    removed.Clear();
                    break;
                case <= 3:
                    Extend(chain, model, random);
                    break;
                case 4:
                    clients[random.Next(clients.Count)].Intersect(model, random);
                    break;
                default:
                    clients[random.Next(clients.Count)].Pull(random.Next(5), model);
                    break;
            }
        }

        foreach (Client client in clients)
        {
            client.Pull(int.MaxValue, model);
            client.ShouldHave(model);
        }
    }

    private static void Cut(InMemoryChain chain, List<Block> model, List<Block> removed, int kept)
    {
        removed.Clear();
        removed.AddRange(model[kept..]);
        model.RemoveRange(kept, model.Count - kept);

        // Rolled back to nothing held, the chain is a new one: the model forgets what had fallen off.
        if (kept == 0 || chain.Count == removed.Count)
        {
            chain.RollBack(Point.Origin);
            model.Clear();
            removed.Clear();
        }
        else
        {
            chain.RollBack(model[^1].Point);
        }
    }

    private static void Extend(InMemoryChain chain, List<Block> model, Random random)
    {
        Tip parent = model.Count == 0 ? Tip.Origin : new Tip(model[^1].Point, model[^1].BlockNumber);
        foreach (Block block in InMemoryChainTests.Make(1 + random.Next(4), random.Next(), parent))
        {
            chain.Append(block);
            model.Add(block);
        }
    }

    /// <summary>What a client knows: the points it was sent above the place it began at.</summary>
    private sealed class Client(InMemoryChain chain)
    {
        private readonly IChainCursor _cursor = chain.Follow();
        private readonly List<Point> _points = [];
        private bool _expectsRollBack = true;

        /// <summary>Origin or the intersection: what lies below is not known to the client.</summary>
        private Point _base;

        public void Intersect(List<Block> model, Random random)
        {
            int index = random.Next(-1, model.Count);
            Point wanted = index < 0 ? Point.Origin : model[index].Point;
            bool isThere = index < 0 || index >= model.Count - chain.Count - 1;
            Point? found = _cursor.FindIntersect([wanted]);
            if (found is null)
            {
                Assert.False(isThere, "a point on the chain was not found");
                return;
            }

            Assert.Equal(wanted, found);
            _points.Clear();
            _base = wanted;
            _expectsRollBack = true;
        }

        public void Pull(int count, List<Block> model)
        {
            for (int i = 0; i < count && _cursor.TryNext(out ChainStep step); i++)
            {
                Assert.Equal(model.Count == 0 ? Point.Origin : model[^1].Point, step.Tip.Point);
                if (step.RollForward is { } header)
                {
                    Assert.False(_expectsRollBack, "no roll back after an intersection");
                    Point under = _points.Count > 0 ? _points[^1] : _base;
                    Assert.True(under.IsOrigin || header.PreviousHash == under.Hash, "a header that does not fit on the one before");
                    _points.Add(header.Point);
                }
                else
                {
                    GoBack(step.Point, model);
                }

                _expectsRollBack = false;
            }
        }

        public void ShouldHave(List<Block> model)
        {
            Point[] expected = [.. model.Select(static block => block.Point)];
            Assert.Equal(expected.Length == 0 ? _base : expected[^1], _points.Count > 0 ? _points[^1] : _base);
            Assert.Equal(expected[^Math.Min(_points.Count, expected.Length)..], _points);
            Assert.True(!_base.IsOrigin || _points.Count >= chain.Count, "blocks are missing");
        }

        /// <summary>To the newest of the points it knows that is on the chain; below all of them where there is none.</summary>
        private void GoBack(Point point, List<Block> model)
        {
            HashSet<Point> held = [.. model[Math.Max(0, model.Count - chain.Count - 1)..].Select(static block => block.Point)];
            int shared = _points.FindLastIndex(held.Contains);
            if (shared >= 0)
            {
                Assert.Equal(_points[shared], point);
                _points.RemoveRange(shared + 1, _points.Count - shared - 1);
                return;
            }

            Assert.True(point.IsOrigin || held.Contains(point), "a roll back to nowhere");
            Assert.True(!held.Contains(_base) || point == _base, "a roll back too far");
            _points.Clear();
            _base = point;
        }
    }
}
