using System.Reactive.Linq;
using System.Reactive.Subjects;
using Microsoft.Reactive.Testing;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public sealed class FollowChainTests : IDisposable
{
    private readonly TestScheduler _time = new();
    private readonly FakeChains _net = new();
    private readonly FakePeer _one = new(1);
    private readonly FakePeer _two = new(2);
    private readonly Subject<PeerSelection> _peers = new();
    private readonly List<string> _seen = [];
    private readonly Block[] _a = FakeChains.Blocks(10);
    private IDisposable? _subscription;

    public void Dispose()
    {
        _subscription?.Dispose();
        _peers.Dispose();
    }

    [Fact]
    public void FollowsTheLongest_WhenSeveralAreAnnounced()
    {
        Follow(From.Origin);
        Join(_one, _a[..3]);

        Join(_two, _a[..5]);
        Run();

        Assert.Equal(["I", "a0", "a1", "a2", "a3", "a4"], _seen);
    }

    [Fact]
    public void GoesBackBelowThePlaceWhereItWasResumed_WhenTheChainForksThere()
    {
        Block[] fork = FakeChains.Blocks(9, _a[2], seed: 2);
        Follow(From.AnyOf(_a[4].Point, _a[3].Point, _a[2].Point));
        _peers.OnNext(_net.Select(_one, _two));
        Run();
        _net.Join(_one, _a[4].Point);
        _net.Announce(_one, _a[5..7]);
        Run();
        IReadOnlyList<Point> offered = _net.Chains.IntersectionPoints(out _);

        _net.Join(_two, _a[2].Point);
        _net.Announce(_two, fork);
        Run();

        Assert.Contains(_a[2].Point, offered);
        Assert.Equal(["I", "a5", "a6", "B"], _seen.Take(4).Select(static one => one.StartsWith('B') ? "B" : one));
        Assert.Equal(4 + fork.Length, _seen.Count);
    }

    [Fact]
    public void StaysWhereItIs_WhenAnotherChainIsAsLong()
    {
        Block[] fork = FakeChains.Blocks(2, _a[2], seed: 2);
        Follow(From.Origin);
        Join(_two, _a[..5]);
        Run();

        Join(_one, [.. _a[..3], .. fork]);
        Run();

        Assert.Equal(["I", "a0", "a1", "a2", "a3", "a4"], _seen);
    }

    [Fact]
    public void StaysOnItsChain_WhenItIsBehindAndAnotherOfEqualLengthHasTheLowerId()
    {
        Block[] fork = FakeChains.Blocks(3, _a[1], seed: 2);
        CollectingPacedObserver<ChainEvent<CandidateHeader>> slow = FollowPaced(new FollowOptions { Window = 3 });
        Join(_two, _a[..5]);
        Run();
        Join(_one, [.. _a[..2], .. fork]);
        Run();

        while (slow.Held > 0)
        {
            slow.ReturnOne();
            Run();
        }

        Assert.DoesNotContain(slow.Seen, static e => e.IsRollBackward);
        Assert.Equal(_a[4].Point, slow.Seen[^1].Point);
    }

    [Fact]
    public void Switches_WhenAnotherChainIsBetter()
    {
        Block[] fork = FakeChains.Blocks(4, _a[2], seed: 2);
        Follow(From.Origin);
        Join(_one, _a[..5]);
        Run();

        Join(_two, [.. _a[..3], .. fork]);
        Run();

        Assert.Equal(["B a2", "?", "?", "?", "?"], _seen[^5..]);
    }

    [Fact]
    public void FollowsTheHolderBack_WhenItTakesItsOwnChainBack()
    {
        Follow(From.Origin);
        Join(_one, _a[..5]);
        Run();

        _net.Chains.RollBack(_one, _a[2].Point);
        Run();

        Assert.Equal("B a2", _seen[^1]);
    }

    [Fact]
    public void StaysWhereItIs_WhenOneHolderOfTwoGoesBack()
    {
        Follow(From.Origin);
        Join(_one, _a[..5]);
        Join(_two, _a[..5]);
        Run();

        _net.Chains.RollBack(_one, _a[2].Point);
        Run();

        Assert.Equal("a4", _seen[^1]);
    }

    [Fact]
    public void WaitsForAWhile_WhenTheHolderLeaves()
    {
        Block[] fork = FakeChains.Blocks(1, _a[2], seed: 2);
        Follow(From.Origin);
        Join(_one, _a[..5]);
        Join(_two, [.. _a[..3], .. fork]);
        Run();

        Leave(_one);
        _time.AdvanceBy(TimeSpan.FromSeconds(9).Ticks);
        string before = _seen[^1];
        _time.AdvanceBy(TimeSpan.FromSeconds(1.1).Ticks);

        Assert.Equal("a4", before);
        Assert.Equal(["B a2", "?"], _seen[^2..]);
    }

    [Theory]
    [InlineData(false, "a4")]
    [InlineData(true, "B a2")]
    public void RollsBackToAShorterChain_WhenThatIsWantedAndNobodyHasTheEndOfItsOwn(bool followShorter, string last)
    {
        Follow(From.Origin, new FollowOptions { FollowShorter = followShorter });
        Join(_one, _a[..5]);
        Join(_two, _a[..3]);
        Run();

        Leave(_one);
        _time.AdvanceBy(TimeSpan.FromSeconds(9).Ticks);
        string before = _seen[^1];
        _time.AdvanceBy(TimeSpan.FromSeconds(1.1).Ticks);

        Assert.Equal(("a4", last), (before, _seen[^1]));
    }

    [Fact]
    public void DoesNotWaitAnew_WhenTheOthersAnnounceMeanwhile()
    {
        Block[] fork = FakeChains.Blocks(2, _a[5], seed: 2);
        Follow(From.Origin);
        Join(_one, _a);
        Join(_two, [.. _a[..6], fork[0]]);
        Run();
        Leave(_one);

        _time.AdvanceBy(TimeSpan.FromSeconds(6).Ticks);
        _net.Announce(_two, fork[1]);
        _time.AdvanceBy(TimeSpan.FromSeconds(4.1).Ticks);

        Assert.Equal(["B a5", "?", "?"], _seen[^3..]);
    }

    [Fact]
    public void WaitsForAWhile_WhenAnotherThanTheHolderWentBack()
    {
        Block[] fork = FakeChains.Blocks(2, _a[2], seed: 2);
        Follow(From.Origin);
        Join(_one, _a);
        Join(_two, [.. _a[..3], .. fork]);
        Run();

        Leave(_one);
        _net.Chains.RollBack(_two, fork[0].Point);
        _time.AdvanceBy(TimeSpan.FromSeconds(9).Ticks);

        Assert.Equal("a9", _seen[^1]);
    }

    [Fact]
    public void GoesOn_WhenTheHolderComesBackWithinTheWait()
    {
        Follow(From.Origin);
        Join(_one, _a[..5]);
        Run();
        Leave(_one);
        _time.AdvanceBy(TimeSpan.FromSeconds(5).Ticks);

        Join(_one, _a[..7]);
        _time.AdvanceBy(TimeSpan.FromSeconds(20).Ticks);

        Assert.Equal(["I", "a0", "a1", "a2", "a3", "a4", "a5", "a6"], _seen);
    }

    [Fact]
    public void LeavesADeepForkAlone_WhenTheRollBackWouldBeTooDeep()
    {
        Block[] fork = FakeChains.Blocks(9, _a[2], seed: 2);
        Follow(From.Origin, new FollowOptions { MaxRollback = 6 });
        Join(_one, _a);
        Run();

        Join(_two, [.. _a[..3], .. fork]);
        Run();

        Assert.Equal("a9", _seen[^1]);
    }

    [Fact]
    public void RollsBackToAnOlderPoint_WhenTheFirstIsNotFound()
    {
        Block[] gone = FakeChains.Blocks(1, _a[3], seed: 3);
        Follow(From.AnyOf(gone[0].Point, _a[3].Point));

        _peers.OnNext(_net.Select(_one));
        Run();
        _net.Join(_one, _a[3].Point);
        _net.Announce(_one, _a[4..6]);
        Run();

        Assert.Equal(["I", "B a3", "a4", "a5"], _seen);
    }

    [Fact]
    public void IgnoresAPeer_WhenItIsNotSelected()
    {
        Follow(From.Origin);
        _peers.OnNext(_net.Select(_one));
        Run();
        _net.Join(_one);
        _net.Announce(_one, _a[..3]);
        _net.Join(_two);
        _net.Announce(_two, _a[..6]);

        Run();

        Assert.Equal("a2", _seen[^1]);
    }

    [Fact]
    public void AsksTheChoice_WhenOneIsGiven()
    {
        Block[] fork = FakeChains.Blocks(1, _a[2], seed: 2);
        Follow(From.Origin, new FollowOptions { Choice = (_, candidate) => candidate.Point == fork[0].Point });
        Join(_one, _a[..6]);
        Run();

        Join(_two, [.. _a[..3], .. fork]);
        Run();

        Assert.Equal(["B a2", "?"], _seen[^2..]);
    }

    [Fact]
    public void Fails_WhenTheChoiceThrows()
    {
        Follow(From.Origin, new FollowOptions { Choice = static (_, _) => throw new FormatException("choice") });
        Join(_one, _a[..3]);
        Join(_two, _a[..3]);

        Run();

        Assert.Equal("# FormatException", _seen[^1]);
    }

    [Fact]
    public void Fails_WhenThePlaceIsNotHeldAndOthersFollow()
    {
        Follow(From.Origin);
        Join(_one, _a[..3]);
        Run();

        using IDisposable late = Subscribe(From.Point(FakeChains.Blocks(1, seed: 9)[0].Point), null, _peers.StartWith(_net.Select(_one)));
        Run();

        Assert.Equal("# PointNotHeldException", _seen[^1]);
    }

    [Fact]
    public void Fails_WhenItFallsBehindWhatIsHeld()
    {
        var net = new FakeChains(new CandidateOptions { MaxRollback = 3 });
        Block[] blocks = FakeChains.Blocks(40);
        CollectingPacedObserver<ChainEvent<CandidateHeader>> slow = new();
        using IDisposable first = Observable.Return(net.Select(_one)).Concat(Observable.Never<PeerSelection>()).FollowChain(From.Origin, scheduler: _time).Subscribe();
        _subscription = Paced(Observable.Return(net.Select(_one)).Concat(Observable.Never<PeerSelection>())
            .FollowChain(From.Origin, new FollowOptions { Window = 2 }, _time)).Subscribe(slow);
        Run();
        net.Join(_one);
        foreach (Block block in blocks)
        {
            net.Announce(_one, block);
            Run();
        }

        while (slow.Error is null)
        {
            slow.ReturnOne();
            Run();
        }

        Assert.Equal(slow.Seen[^1].Point, Assert.IsType<FellBehindException>(slow.Error).Position);
        Assert.InRange(slow.Seen.Count, 3, 6);
    }

    [Fact]
    public void RollsBackToTheNewestPlaceThatAPeerHas_WhenItFellBehindAndItsOwnIsGone()
    {
        var net = new FakeChains(new CandidateOptions { MaxRollback = 3 });
        var apart = new FakeChains();
        From offered = From.Tip;
        net.Chains.Apart = from =>
        {
            offered = from;
            return Observable.Return<PeerEvent>(new PeerEvent.Snapshot([_two], apart.Chains)).Concat(Observable.Never<PeerEvent>());
        };
        Block[] blocks = FakeChains.Blocks(40);
        Block[] fork = FakeChains.Blocks(5, blocks[1], seed: 2);
        CollectingPacedObserver<ChainEvent<CandidateHeader>> slow = new();
        IObservable<PeerSelection> peers = Observable.Return(net.Select(_one)).Concat(Observable.Never<PeerSelection>());
        using IDisposable first = peers.FollowChain(From.Origin, scheduler: _time).Subscribe();
        _subscription = Paced(peers.FollowChain(From.Origin, new FollowOptions { Window = 4 }, _time)).Subscribe(slow);
        Run();
        net.Join(_one);
        foreach (Block block in blocks)
        {
            net.Announce(_one, block);
            Run();
        }

        for (int i = 0; i < 20 && offered.IsTip; i++)
        {
            slow.ReturnOne();
            Run();
        }

        Point[] told = [.. slow.Seen.Skip(1).Select(static e => e.Point)];
        apart.Join(_two, blocks[1].Point);
        apart.Announce(_two, fork);
        while (slow.Held > 0)
        {
            slow.ReturnOne();
            Run();
        }

        Assert.Null(slow.Error);
        Assert.Equal([.. told.Reverse(), Point.Origin], offered.Points);
        Assert.Equal([blocks[1].Point, .. fork.Select(static block => block.Point)], slow.Seen.Skip(1 + told.Length).Select(static e => e.Point));
        Assert.True(slow.Seen[1 + told.Length].IsRollBackward);
    }

    [Fact]
    public void Fails_WhenThereIsNobodyForTooLong()
    {
        Follow(From.Origin, new FollowOptions { GiveUpAfter = TimeSpan.FromSeconds(30) });
        _peers.OnNext(_net.Select());

        _time.AdvanceBy(TimeSpan.FromSeconds(29).Ticks);
        Assert.Empty(_seen);
        _time.AdvanceBy(TimeSpan.FromSeconds(1.1).Ticks);

        Assert.Equal(["# NoUsablePeerException"], _seen);
    }

    [Fact]
    public void FailsWithWhatThePeersDid_WhenThereIsNobodyForTooLong()
    {
        Exception? error = null;
        using IDisposable following = _peers.FollowChain(From.Origin, new FollowOptions { GiveUpAfter = TimeSpan.FromSeconds(30) }, _time)
            .Subscribe(static _ => { }, e => error = e);
        _peers.OnNext(_net.Select());
        for (int i = 0; i < 100; i++)
        {
            _net.Chains.NoteFailure($"peer{i}", new Evidence(EvidenceKind.Timeout));
        }

        _net.Chains.NoteFailure("peer99", new Evidence(EvidenceKind.Limit));
        _net.Chains.NoteFailure("peer40", new Evidence(EvidenceKind.BrokenLink));
        _time.AdvanceBy(TimeSpan.FromSeconds(31).Ticks);

        var gaveUp = Assert.IsType<NoUsablePeerException>(error);
        Assert.Equal(64, gaveUp.Evidence.Length);
        Assert.Equal(64, gaveUp.Evidence.Select(static one => one.Peer).Distinct().Count());
        Assert.Equal(
            [("peer99", EvidenceKind.Limit), ("peer40", EvidenceKind.BrokenLink)], gaveUp.Evidence[^2..].Select(static one => (one.Peer, one.Evidence.Kind)));
    }

    [Fact]
    public void AHeaderCostsInProportionToItsAnnouncers_WhenManyAnnounceIt()
    {
        double few = BytesPerAnnouncement(20);
        double many = BytesPerAnnouncement(200);

        // Were every head looked at for each announcer, it would be ten times as much.
        Assert.InRange(many / few, 0, 3);

        double BytesPerAnnouncement(int count)
        {
            var net = new FakeChains();
            FakePeer[] peers = [.. Enumerable.Range(1, count).Select(static id => new FakePeer(id))];
            using var selections = new Subject<PeerSelection>();
            using IDisposable following = selections.FollowChain(From.Origin, scheduler: _time).Subscribe(static _ => { });
            selections.OnNext(net.Select([.. peers]));
            Run();
            foreach (FakePeer peer in peers)
            {
                net.Join(peer);
            }

            long before = 0;
            for (int i = 0; i < 10; i++)
            {
                before = i == 2 ? GC.GetAllocatedBytesForCurrentThread() : before;
                foreach (FakePeer peer in peers)
                {
                    net.Announce(peer, _a[i]);
                    Run();
                }
            }

            return (GC.GetAllocatedBytesForCurrentThread() - before) / (8.0 * count);
        }
    }

    [Fact]
    public void CountsAnew_WhenThereWasSomebodyMeanwhile()
    {
        Follow(From.Origin, new FollowOptions { GiveUpAfter = TimeSpan.FromSeconds(30) });
        _time.AdvanceBy(TimeSpan.FromSeconds(20).Ticks);
        Join(_one, _a[..2]);
        _time.AdvanceBy(TimeSpan.FromSeconds(60).Ticks);
        Leave(_one);

        _time.AdvanceBy(TimeSpan.FromSeconds(29).Ticks);
        string before = _seen[^1];
        _time.AdvanceBy(TimeSpan.FromSeconds(2).Ticks);

        Assert.Equal(("a1", "# NoUsablePeerException"), (before, _seen[^1]));
    }

    [Fact]
    public void DeliversNoMoreThanItsWindow_WhenNothingIsConsumed()
    {
        CollectingPacedObserver<ChainEvent<CandidateHeader>> slow = FollowPaced(new FollowOptions { Window = 4 });

        Join(_one, _a);
        Run();

        // The intersection is not counted.
        Assert.Equal(5, slow.Seen.Count);
        slow.ReturnOne();
        slow.ReturnOne();
        Run();
        Assert.Equal(6, slow.Seen.Count);
    }

    [Fact]
    public void TellsARollBackAtOnce_WhenThereIsNoRoom()
    {
        CollectingPacedObserver<ChainEvent<CandidateHeader>> slow = FollowPaced(new FollowOptions { Window = 4 });
        Join(_one, _a);
        Run();

        for (int i = 2; i >= 0; i--)
        {
            _net.Chains.RollBack(_one, _a[i].Point);
            Run();
        }

        // What is taken back may be what the observer waits for: a block that nobody has any more.
        Assert.Equal([_a[2].Point, _a[1].Point, _a[0].Point], slow.Seen[5..].Select(static e => e.Point));
    }

    /// <summary>On the thread pool a peer leaves at any moment: also when headers of its chain are just being told.</summary>
    [Fact]
    public void WhatItToldCanBeHadFromAnother_WhenTheOnlyHolderLeavesInTheMiddleOfATurn()
    {
        List<CandidateHeader> told = [];
        _subscription = _peers.FollowChain(From.Origin, scheduler: _time).Where(static e => e.IsRollForward).Subscribe(e =>
        {
            told.Add(e.Value);
            if (told.Count == 3)
            {
                Leave(_one);
            }
        });
        Join(_one, _a[..6]);
        Run();

        Join(_two, _a);
        Run();

        Assert.Equal(_a.Select(static block => block.Point), told.Select(static header => header.Point));
        Assert.All(told, header => Assert.Equal([_two], header.Announcers));
    }

    [Fact]
    public void CompletesOrFails_WhenTheSourceDoes()
    {
        Follow(From.Origin);
        using IDisposable other = Subscribe(From.Origin, null, Observable.Throw<PeerSelection>(new FormatException("source")));
        Run();

        _peers.OnCompleted();
        Run();

        Assert.Equal(["# FormatException", "|"], _seen);
    }

    [Fact]
    public void StopsAtOnceAndReadsNoMore_WhenDisposed()
    {
        Follow(From.Origin);
        Join(_one, _a[..3]);
        Run();

        _subscription!.Dispose();
        _net.Announce(_one, _a[3..]);
        Run();

        Assert.Equal("a2", _seen[^1]);
        Assert.False(_peers.HasObservers);
        Assert.True(_net.Chains.MayAdvance(_net.Chains.Heads[0].Head));
    }

    [Fact]
    public void PassesTheExceptionOn_WhenTheObserverThrows()
    {
        _subscription = _peers.FollowChain(From.Origin, scheduler: _time).Subscribe(e => throw new FormatException("observer"), e => _seen.Add("#"));
        Join(_one, _a[..3]);

        Assert.Throws<FormatException>(Run);

        Assert.Empty(_seen);
        Assert.False(_peers.HasObservers);
    }

    [Fact]
    public void FoldsToTheBestChain_WhenTurnsRunInAnyOrder() => SeededScheduler.ForEachSeed(200, static time =>
    {
        var random = new Random(time.Seed);
        var net = new FakeChains();
        FakePeer[] peers = [.. Enumerable.Range(1, 4).Select(static id => new FakePeer(id))];
        List<Block>[] chains = [.. peers.Select(static _ => new List<Block>())];
        List<Point> folded = [];
        using var selections = new Subject<PeerSelection>();
        using IDisposable following = selections.FollowChain(From.Origin, new FollowOptions { Window = 1 + random.Next(5) }, time)
            .BoundedBuffer(3, Overflow.Fail, time).Subscribe(e => Fold(folded, e));
        selections.OnNext(net.Select([.. peers]));
        time.AdvanceBy(TimeSpan.FromTicks(100));
        foreach (FakePeer peer in peers)
        {
            net.Join(peer);
        }

        for (int step = 0; step < 60; step++)
        {
            int who = random.Next(peers.Length);
            List<Block> chain = chains[who];
            if (random.Next(4) == 0 && chain.Count > 0)
            {
                int keep = random.Next(Math.Max(0, chain.Count - 5), chain.Count);
                chain.RemoveRange(keep, chain.Count - keep);
                net.Chains.RollBack(peers[who], keep == 0 ? Point.Origin : chain[^1].Point);
            }

            // Half of the time what another has already, so that chains grow together.
            List<Block> other = chains[random.Next(peers.Length)];
            bool copies = random.Next(2) == 0 && other.Count > chain.Count && other.Take(chain.Count).Select(static b => b.Point).SequenceEqual(chain.Select(static b => b.Point));
            Block[] grown = copies ? [.. other[chain.Count..]]
                : FakeChains.Blocks(1 + random.Next(3), chain.Count == 0 ? null : chain[^1], seed: (time.Seed * 100) + step);
            chain.AddRange(grown);
            net.Announce(peers[who], grown);
            time.AdvanceBy(TimeSpan.FromTicks(random.Next(12)));
        }

        time.AdvanceBy(TimeSpan.FromMinutes(1));

        Assert.Equal(chains.Max(static chain => chain.Count), folded.Count);
        Assert.Contains(chains, chain => chain.Select(static b => b.Point).SequenceEqual(folded));
    });

    private static void Fold(List<Point> folded, ChainEvent<CandidateHeader> e)
    {
        if (e.IsRollForward)
        {
            Assert.Equal(folded.Count == 0 ? Point.Origin.Hash : folded[^1].Hash, e.Value.Header.ReadFields().PreviousHash ?? default);
            folded.Add(e.Point);
        }
        else if (e.IsRollBackward)
        {
            folded.RemoveRange(folded.IndexOf(e.Point) + 1, folded.Count - folded.IndexOf(e.Point) - 1);
        }
    }

    private static IPacedObservable<T> Paced<T>(IObservable<T> source) => Assert.IsAssignableFrom<IPacedObservable<T>>(source);

    private CollectingPacedObserver<ChainEvent<CandidateHeader>> FollowPaced(FollowOptions options)
    {
        CollectingPacedObserver<ChainEvent<CandidateHeader>> observer = new();
        _subscription = Paced(_peers.FollowChain(From.Origin, options, _time)).Subscribe(observer);
        return observer;
    }

    private void Follow(From from, FollowOptions? options = null) => _subscription = Subscribe(from, options, _peers);

    private IDisposable Subscribe(From from, FollowOptions? options, IObservable<PeerSelection> peers) =>
        peers.FollowChain(from, options, _time).Subscribe(e => _seen.Add(Describe(e)), e => _seen.Add($"# {e.GetType().Name}"), () => _seen.Add("|"));

    private string Describe(ChainEvent<CandidateHeader> e)
    {
        int index = Array.FindIndex(_a, block => block.Point == e.Point);
        string name = index >= 0 ? $"a{index}" : "?";
        return e.Kind switch
        {
            ChainEventKind.Intersected => "I",
            ChainEventKind.RollBackward => $"B {name}",
            _ => name,
        };
    }

    private void Join(FakePeer peer, Block[] chain)
    {
        _peers.OnNext(_net.Select(_one, _two));
        Run();
        _net.Join(peer);
        _net.Announce(peer, chain);
    }

    private void Leave(FakePeer peer) => _net.Chains.Remove(peer);

    private void Run() => _time.AdvanceBy(1000);
}
