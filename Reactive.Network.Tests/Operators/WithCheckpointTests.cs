using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public sealed class WithCheckpointTests : IDisposable
{
    private readonly Subject<ChainEvent<char>> _source = new();
    private readonly MemoryStore _store = new();
    private readonly List<Checkpointed<char>> _seen = [];

    public void Dispose() => _source.Dispose();

    [Fact]
    public void SavesNothing_WhenNothingIsAcknowledged()
    {
        using IDisposable subscription = Subscribe();

        ChainEvents.Send("@abc<bd", _source.OnNext);

        Assert.Equal("@abc<bd", string.Concat(_seen.Select(static one => ChainEvents.Draw(one.Event))));
        Assert.Equal(0, _store.Saves);
    }

    [Fact]
    public void SavesThePositionAndOlderPlaces_WhenAnEventIsAcknowledged()
    {
        using IDisposable subscription = Subscribe();
        ChainEvents.Send("@abcdefghij", _source.OnNext);

        _seen[8].Acknowledge();

        // h, then distances of 1, 2 and 4 slots, and the oldest.
        Assert.Equal("hgfd@", _store.Drawn);
        Assert.Equal(_seen[8].Points, _store.Points);
    }

    [Fact]
    public void CountsTheNewestOnly_WhenAcknowledgedOutOfOrder()
    {
        using IDisposable subscription = Subscribe();
        ChainEvents.Send("@abc", _source.OnNext);

        _seen[3].Acknowledge();
        _seen[1].Acknowledge();
        _seen[3].Acknowledge();

        Assert.Equal(('c', 1), (_store.Drawn[0], _store.Saves));
    }

    [Fact]
    public void SavesThePlaceRolledBackTo_WhenARollBackIsAcknowledged()
    {
        using IDisposable subscription = Subscribe();
        ChainEvents.Send("@abc<a", _source.OnNext);

        _seen[^1].Acknowledge();

        Assert.Equal("a@", _store.Drawn);
    }

    [Fact]
    public void KeepsTheOlderPlacesOfBefore_WhenStartedAgain()
    {
        _store.Save([.. "dcb@".Select(ChainEvents.At)]);
        using IDisposable subscription = Subscribe();

        _source.OnNext(new ChainEvent<char>(ChainEventKind.Intersected, ChainEvents.At('b'), default, default));
        ChainEvents.Send("<be", _source.OnNext);
        _seen[^1].Acknowledge();

        Assert.Equal("eb@", _store.Drawn);
    }

    [Fact]
    public void ForgetsWhatWasStored_WhenFollowingBeginsElsewhere()
    {
        _store.Save([.. "dcb".Select(ChainEvents.At)]);
        using IDisposable subscription = Subscribe();
        _source.OnNext(new ChainEvent<char>(ChainEventKind.Intersected, ChainEvents.At('x'), default, default));

        ChainEvents.Send("y", _source.OnNext);
        _seen[^1].Acknowledge();

        Assert.Equal("yx", _store.Drawn);
    }

    [Fact]
    public void ReachesFarBackWithFewPoints_WhenTheChainIsLong()
    {
        using var source = new Subject<ChainEvent<int>>();
        Checkpointed<int> last = default;
        using IDisposable subscription = source.WithCheckpoint(_store).Subscribe(one => last = one);
        source.OnNext(new ChainEvent<int>(ChainEventKind.Intersected, Point.Origin, 0, default));
        for (int i = 1; i <= 100_000; i++)
        {
            source.OnNext(new ChainEvent<int>(ChainEventKind.RollForward, ChainEvents.At(i), i, default));
        }

        source.OnNext(new ChainEvent<int>(ChainEventKind.RollBackward, ChainEvents.At(98_500), 0, default));
        last.Acknowledge();

        Assert.Equal((ChainEvents.At(98_500), ChainEvents.At(98_499), Point.Origin), (_store.Points[0], _store.Points[1], _store.Points[^1]));
        Assert.InRange(_store.Points.Count, 12, 66);
    }

    [Fact]
    public void ThrowsAndTriesAgain_WhenTheStoreFails()
    {
        using IDisposable subscription = Subscribe();
        ChainEvents.Send("@ab", _source.OnNext);
        _store.Fails = true;
        Assert.Throws<IOException>(() => _seen[^1].Acknowledge());

        _store.Fails = false;
        _seen[^1].Acknowledge();

        Assert.Equal('b', _store.Drawn[0]);
    }

    [Fact]
    public void Fails_WhenTheStoreCannotBeRead()
    {
        Exception? error = null;
        _store.Fails = true;

        using IDisposable subscription = _source.WithCheckpoint(_store).Subscribe(_seen.Add, e => error = e);

        Assert.IsType<IOException>(error);
        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void EndsAsTheSourceDoes_WhenItIsEmptyOrFails()
    {
        List<string> ends = [];
        using IDisposable empty = Observable.Empty<ChainEvent<char>>().WithCheckpoint(_store).Subscribe(static _ => { }, () => ends.Add("|"));
        using IDisposable failed = Observable.Throw<ChainEvent<char>>(new FormatException()).WithCheckpoint(_store).Subscribe(static _ => { }, _ => ends.Add("#"));

        Assert.Equal(["|", "#"], ends);
    }

    [Fact]
    public void StillSaves_WhenAcknowledgedAfterDisposing()
    {
        IDisposable subscription = Subscribe();
        ChainEvents.Send("@ab", _source.OnNext);

        subscription.Dispose();
        _seen[^1].Acknowledge();

        Assert.Equal("ba@", _store.Drawn);
        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void HandsCreditsOn_WhenNothingIsAcknowledged()
    {
        var source = new ScriptedPacedSource<ChainEvent<char>>(window: 1);
        using IDisposable subscription = source.WithCheckpoint(_store).Subscribe(_seen.Add);

        ChainEvents.Send("@abcdefgh", e => source.Send(e));

        Assert.Equal((9, 0L), (_seen.Count, source.Outstanding));
        Assert.IsType<IPacedObservable<Checkpointed<char>>>(source.WithCheckpoint(_store), exactMatch: false);
    }

    /// <summary>Killed behind every single event, with the effects and the acknowledgement of a part of them done, and started again.</summary>
    [Fact]
    public void LosesAndRepeatsNothing_WhenKilledAtAnyEvent() => Seeds.ForEach(40, random =>
    {
        MovingChain chain = new(random, steps: 60);
        for (int kill = 0; kill < 60; kill += 1)
        {
            // What a database holds: the effects, as far as they were committed with an acknowledgement.
            List<Point> committed = [];
            List<Point> working = [];
            var store = new MemoryStore();
            int batch = 1 + random.Next(5);

            int now = Follow(chain, store, from: 0, events: kill, committed, working, batch);
            working = [.. committed];
            now = Math.Min(chain.Steps - 1, now + random.Next(5));
            Follow(chain, store, from: now, events: int.MaxValue, committed, working, batch: 1);

            Assert.Equal(chain.At(chain.Steps - 1), committed);
        }
    });

    /// <summary>Follows from what was stored, as <c>FollowChain(From.AnyOf(store.Load()))</c> would; commits with the last of each batch.</summary>
    private static int Follow(MovingChain chain, MemoryStore store, int from, int events, List<Point> committed, List<Point> working, int batch)
    {
        using var source = new Subject<ChainEvent<int>>();
        int handled = 0;
        using IDisposable subscription = source.WithCheckpoint(store).Subscribe(one =>
        {
            if (handled == events)
            {
                return;
            }

            if (one.Event.IsRollForward)
            {
                // It stands on what is there: nothing lost, nothing repeated.
                Assert.Equal(one.Event.Value, working.Count == 0 ? 0 : (int)working[^1].Slot);
                working.Add(one.Event.Point);
            }
            else if (one.Event.IsRollBackward)
            {
                int at = working.IndexOf(one.Event.Point);
                Assert.True(at >= 0 || one.Event.Point.IsOrigin, "a roll back to what is not there");
                working.RemoveRange(at + 1, working.Count - at - 1);
            }

            handled++;
            if (handled % batch == 0)
            {
                committed.Clear();
                committed.AddRange(working);
                one.Acknowledge();
            }
        });
        int step = from;
        foreach (ChainEvent<int> e in chain.From(store.Load(), from, at => step = at))
        {
            if (handled >= events)
            {
                break;
            }

            source.OnNext(e);
        }

        return step;
    }

    private IDisposable Subscribe() => _source.WithCheckpoint(_store).Subscribe(_seen.Add);

    private sealed class MemoryStore : ICheckpointStore
    {
        public IReadOnlyList<Point> Points { get; private set; } = [];

        public int Saves { get; private set; }

        public bool Fails { get; set; }

        public string Drawn => string.Concat(Points.Select(static point => point.IsOrigin ? '@' : (char)point.Slot));

        public IReadOnlyList<Point> Load() => Fails ? throw new IOException() : Points;

        public void Save(IReadOnlyList<Point> points)
        {
            if (Fails)
            {
                throw new IOException();
            }

            Saves++;
            Points = points;
        }
    }

    /// <summary>A chain that grows and rolls back, step by step; blocks are numbered, and each knows the number of the one it stands on.</summary>
    private sealed class MovingChain
    {
        private readonly List<List<Point>> _states = [];
        private readonly Dictionary<Point, int> _below = [];

        public MovingChain(Random random, int steps)
        {
            List<Point> chain = [];
            int next = 0;
            for (int i = 0; i < steps; i++)
            {
                if (random.Next(4) == 0 && chain.Count > 0)
                {
                    int keep = random.Next(Math.Max(0, chain.Count - 6), chain.Count);
                    chain.RemoveRange(keep, chain.Count - keep);
                }
                else
                {
                    _below[ChainEvents.At(++next)] = chain.Count == 0 ? 0 : (int)chain[^1].Slot;
                    chain.Add(ChainEvents.At(next));
                }

                _states.Add([.. chain]);
            }
        }

        public int Steps => _states.Count;

        public List<Point> At(int step) => _states[step];

        /// <summary>What a follower sees that comes at a step with these points.</summary>
        public IEnumerable<ChainEvent<int>> From(IReadOnlyList<Point> points, int step, Action<int> reached)
        {
            Point[] offered = points.Count > 0 ? [.. points] : [Point.Origin];
            Point start = offered.First(point => point.IsOrigin || _states[step].Contains(point));
            yield return new ChainEvent<int>(ChainEventKind.Intersected, start, 0, default);
            if (start != offered[0])
            {
                yield return new ChainEvent<int>(ChainEventKind.RollBackward, start, 0, default);
            }

            List<Point> seen = [.. _states[step].Take(_states[step].IndexOf(start) + 1)];
            for (int i = step; i < _states.Count; i++)
            {
                reached(i);
                List<Point> now = _states[i];
                int common = seen.Zip(now).TakeWhile(static pair => pair.First == pair.Second).Count();
                if (common < seen.Count)
                {
                    seen.RemoveRange(common, seen.Count - common);
                    yield return new ChainEvent<int>(ChainEventKind.RollBackward, common == 0 ? Point.Origin : now[common - 1], 0, default);
                }

                foreach (Point point in now.Skip(common))
                {
                    seen.Add(point);
                    yield return new ChainEvent<int>(ChainEventKind.RollForward, point, _below[point], default);
                }
            }
        }
    }
}
