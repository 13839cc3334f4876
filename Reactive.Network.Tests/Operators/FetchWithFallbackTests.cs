using System.Reactive.Disposables;
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

public sealed class FetchWithFallbackTests : IDisposable
{
    private readonly TestScheduler _time = new();
    private readonly PoisoningArrayPool _arrays = new();
    private readonly FakeChains _net = new();
    private readonly FakePeer _one;
    private readonly FakePeer _two;
    private readonly FakePeer _three;
    private readonly Block[] _a = FakeChains.Blocks(12);
    private readonly Block[] _fork;
    private readonly Dictionary<Point, CandidateHeader> _headers = [];
    private readonly List<(IPeer? Peer, Evidence Evidence)> _evidence = [];
    private readonly List<string> _seen = [];
    private readonly List<Point> _points = [];
    private Exception? _error;
    private int _turns;
    private ScriptedPacedSource<ChainEvent<CandidateHeader>> _source = new();
    private IDisposable _subscription = Disposable.Empty;

    public FetchWithFallbackTests()
    {
        _fork = FakeChains.Blocks(3, _a[1], seed: 2);
        (_one, _two, _three) = (new FakePeer(1, _arrays), new FakePeer(2, _arrays), new FakePeer(3, _arrays));
        foreach (FakePeer peer in (FakePeer[])[_one, _two, _three])
        {
            peer.Serving([.. _a, .. _fork]);
            _net.Join(peer);
        }
    }

    public void Dispose() => _subscription.Dispose();

    [Fact]
    public void AsksTheFirstAnnouncer_WhenOneBlockIsNew()
    {
        Fetch();
        Announce([_two, _one], _a[0]);

        Send(_a[0]);

        Assert.Empty(_one.Fetches);
        Assert.Equal(_a[0].Point, Assert.Single(_two.Fetches).Requested.Single().Point);
        Assert.Equal(_a[0].Header.Era, _two.Fetches[0].Requested[0].Era);
        _two.Fetches[0].DeliverAll();
        Run();
        Assert.Equal(["a0"], _seen);
        Assert.Equal((EvidenceKind.Delivered, 1), (_two.Reports.Single().Kind, _two.Reports.Single().Blocks));
        AssertNothingHeld();
    }

    [Fact]
    public void AsksASecondPeerAtItsTime_WhenTheFirstIsLate()
    {
        Fetch();
        Announce([_one, _two], _a[0]);
        Send(_a[0]);

        // With nothing measured a request is late after a second.
        _time.AdvanceBy(TimeSpan.FromMilliseconds(990).Ticks);
        Assert.Empty(_two.Fetches);
        _time.AdvanceBy(TimeSpan.FromMilliseconds(20).Ticks);

        _two.Fetches.Single().DeliverAll();
        Run();
        Assert.Equal(["a0"], _seen);
        Assert.True(_one.Fetches.Single().IsCancelled);
        Evidence superseded = _one.Reports.Single();
        Assert.Equal((EvidenceKind.Superseded, (long)_one.Fetches[0].Requested[0].AnnouncedBytes), (superseded.Kind, superseded.Bytes));
        AssertNothingHeld();
    }

    [Fact]
    public void AsksNoMoreThanMaxPeers_WhenAllAreLate()
    {
        Fetch(new FetchPolicy { MaxPeers = 2, StallAfter = TimeSpan.FromSeconds(100) });
        Announce([_one, _two, _three], _a[0]);
        Send(_a[0]);

        _time.AdvanceBy(TimeSpan.FromSeconds(50).Ticks);

        Assert.Equal(2, Asked().Count());
    }

    [Fact]
    public void SetsNoTimer_WhenThereIsNobodyElseToAsk()
    {
        Fetch(new FetchPolicy { StallAfter = TimeSpan.FromSeconds(1000) });
        Announce([_one], _a[0]);
        Send(_a[0]);
        _time.AdvanceBy(TimeSpan.FromSeconds(2).Ticks);
        int before = _turns;

        _time.AdvanceBy(TimeSpan.FromSeconds(500).Ticks);
        int waited = _turns - before;
        Announce([_two], _a[0]);
        Run();

        Assert.Equal(0, waited);
        Assert.Single(_two.Fetches);
    }

    public static TheoryData<string, EvidenceKind> Failures => new()
    {
        { nameof(FakeFetch.HasNone), EvidenceKind.NoBlocks },
        { nameof(FakeFetch.IsWrong), EvidenceKind.WrongBody },
        { nameof(FakeFetch.Disconnect), EvidenceKind.Disconnected },
        { nameof(FakeFetch.Complete), EvidenceKind.NoBlocks },
        { "Stall", EvidenceKind.Stalled },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void AsksTheNextPeer_WhenOneFails(string how, EvidenceKind kind)
    {
        Fetch(new FetchPolicy { MaxPeers = 1 });
        Announce([_one, _two], _a[0]);
        Send(_a[0]);

        Fail(_one.Fetches.Single(), how);
        Run();
        _two.Fetches.Single().DeliverAll();
        Run();

        Assert.Equal(["a0"], _seen);
        Evidence evidence = _one.Reports.Single();
        Assert.Equal((kind, 1L, _a[0].Point), (evidence.Kind, evidence.Request, evidence.Point));
        Assert.Contains(_evidence, e => e.Peer == _one && e.Evidence == evidence);
        AssertNothingHeld();
    }

    [Fact]
    public void AsksTheSamePeerAgainAfterAPause_WhenThereIsNoOther()
    {
        Fetch();
        Announce([_one], _a[0]);
        Send(_a[0]);
        _one.Fetches.Single().HasNone();
        Run();

        _time.AdvanceBy(TimeSpan.FromMilliseconds(900).Ticks);
        int early = _one.Fetches.Count;
        _time.AdvanceBy(TimeSpan.FromMilliseconds(200).Ticks);

        Assert.Equal((1, 2), (early, _one.Fetches.Count));
        Assert.Equal(EvidenceKind.NoUsablePeer, _evidence.Single(static e => e.Peer is null).Evidence.Kind);
    }

    [Fact]
    public void WaitsForAnAnnouncer_WhenNobodyHasTheBlock()
    {
        Fetch();
        using CandidateSubscription reader = _net.Chains.Subscribe(From.Origin, static () => { });
        Announce([_one], _a[0]);
        reader.MoveTo(_headers[_a[0].Point]);
        _net.Chains.RollBack(_one, Point.Origin);
        Send(_a[0]);
        int early = Asked().Count();

        Announce([_two], _a[0]);
        Run();

        Assert.Equal(0, early);
        Assert.Equal(EvidenceKind.NoUsablePeer, _evidence.Single().Evidence.Kind);
        Assert.Single(_two.Fetches);
    }

    [Fact]
    public void AsksWhoHasALaterOne_WhenOtherReadersAreSoFarAheadThatTheHeaderIsNotHeldAnyMore()
    {
        FakeChains net = new(new CandidateOptions { MaxRollback = 5 });
        using CandidateSubscription other = net.Chains.Subscribe(From.Origin, static () => { });
        net.Join(_one);
        net.Announce(_one, _a);
        for (CandidateHeader? header = net.Chains.Heads[0].Head; header is not null; header = header.Parent)
        {
            _headers[header.Point] = header;
        }

        other.MoveTo(net.Chains.Heads[0].Head);
        Fetch();

        Array.ForEach(_a, SendOnly);
        Run();
        DeliverOpen();

        Assert.Equal(6, net.Chains.Count);
        Assert.Equal(_a.Select(static block => block.Point), _points);
        AssertNothingHeld();
    }

    [Fact]
    public void AsksOneAfterTheOther_WhenManyHaveAnnouncedAndTheFirstHaveNothing()
    {
        FakePeer[] many = [.. Enumerable.Range(10, 100).Select(id => new FakePeer(id, _arrays).Serving(_a))];
        Array.ForEach(many, peer => _net.Join(peer));
        Fetch(new FetchPolicy { MaxPeers = 1 });
        Announce(many, _a[0]);
        Send(_a[0]);

        for (int i = 0; i < 60; i++)
        {
            Assert.Single(many, static peer => peer.Open.Any()).Open.Single().HasNone();
            Run();
        }

        Assert.Single(many, static peer => peer.Open.Any()).Open.Single().DeliverAll();
        Run();
        Assert.Equal(["a0"], _seen);
        Assert.Equal(61, many.Count(static peer => peer.Fetches.Count > 0));
        AssertNothingHeld();
    }

    [Fact]
    public void IsAskedAgain_WhenAPeerComesToHaveTheBlock()
    {
        Fetch();
        Announce([_one], _a[0]);
        _one.Temperature = PeerTemperature.Warm;
        Send(_a[0]);
        Assert.Empty(Asked());

        Announce([_two], _a[0]);
        Run();

        Assert.Single(_two.Fetches);
    }

    [Fact]
    public void IsAskedAgain_WhenAPeerOfTheTreeOfALaterHeaderComesBack()
    {
        var apart = new FakeChains();
        Fetch();
        Announce([_one], _a[0]);
        Send(_a[0]);
        _net.Chains.Remove(_one);
        _one.Fetches.Single().Fail(new TimeoutException());
        apart.Join(_two);
        apart.Announce(_two, _a[..2]);
        _headers[_a[1].Point] = Assert.Single(apart.Chains.Heads).Head;
        apart.Chains.Remove(_two);
        Send(_a[1]);
        Assert.Empty(_two.Fetches);

        apart.Join(_two);
        apart.Announce(_two, _a[..2]);
        Run();

        Assert.Equal([_a[0].Point, _a[1].Point], _two.Fetches.SelectMany(static fetch => fetch.Requested).Select(static one => one.Point));
    }

    [Fact]
    public void FailsWithTheEvidence_WhenItGivesUp()
    {
        Fetch(new FetchPolicy { GiveUpAfter = TimeSpan.FromSeconds(20) });
        Announce([_one], _a[0]);
        Send(_a[0]);
        _one.Asked = static fetch => fetch.HasNone();
        _one.Fetches.Single().HasNone();

        _time.AdvanceBy(TimeSpan.FromSeconds(19).Ticks);
        Assert.Empty(_seen);
        _time.AdvanceBy(TimeSpan.FromSeconds(2).Ticks);

        Assert.Equal(["# NoUsablePeerException"], _seen);
        var error = (NoUsablePeerException)_error!;
        Assert.Equal(_a[0].Point, error.Point);
        Assert.All(error.Evidence, static e => Assert.Equal(("peer1", EvidenceKind.NoBlocks), (e.Peer, e.Evidence.Kind)));
    }

    [Fact]
    public void GivesUpOnALaterBlock_WhenAnEarlierOneWasDelivered()
    {
        Fetch(new FetchPolicy { GiveUpAfter = TimeSpan.FromSeconds(20) });
        Announce([_one], _a[..2]);
        Send(_a[0]);
        CandidateHeader second = _headers[_a[1].Point];
        _net.Chains.RollBack(_one, _a[0].Point);
        SendEvent(new ChainEvent<CandidateHeader>(ChainEventKind.RollForward, second.Point, second, default));
        _one.Open.Single().DeliverAll();
        Run();

        _time.AdvanceBy(TimeSpan.FromSeconds(21).Ticks);

        Assert.Equal(["a0", "# NoUsablePeerException"], _seen);
    }

    [Fact]
    public void KeepsOrder_WhenPiecesComeInAnyOrder()
    {
        Block[] blocks = FakeChains.Blocks(12, bodyBytes: 40_000);
        Serve(blocks);
        Fetch();
        Announce([_one, _two, _three], blocks);
        foreach (Block block in blocks)
        {
            SendOnly(block);
        }

        Run();
        Assert.True(Asked().Select(static fetch => fetch.Peer).Distinct().Count() > 1);
        while (Open().LastOrDefault() is { } last)
        {
            last.DeliverAll();
            Run();
        }

        Assert.Equal(blocks.Select(static block => block.Point), _points);
        AssertNothingHeld();
    }

    [Fact]
    public void CancelsWhatIsAbove_WhenTheChainRollsBack()
    {
        Fetch();
        Announce([_one], _a[..4]);
        foreach (Block block in _a[..4])
        {
            Send(block);
        }

        SendRollBack(_a[1].Point);
        foreach (FakeFetch open in Open().ToArray())
        {
            open.DeliverAll();
        }

        Run();
        Assert.Equal(["a0", "a1"], _seen);
        Assert.Contains(_one.Fetches, static fetch => fetch.IsCancelled);
        AssertNothingHeld();
    }

    [Fact]
    public void PassesTheRollBackOnInOrder_WhenSomethingAboveItWasDelivered()
    {
        Fetch();
        Announce([_one], _a[..3]);
        Send(_a[0]);
        Send(_a[1]);
        Send(_a[2]);
        DeliverOpen();
        Announce([_two], [.. _a[..2], .. _fork]);

        SendRollBack(_a[1].Point);
        Send(_fork[0]);
        DeliverOpen();

        Assert.Equal(["a0", "a1", "a2", "B a1", "f0"], _seen);
        AssertNothingHeld();
    }

    [Fact]
    public void PassesTheRollBackOn_WhenItFollowsAnIntersection()
    {
        Fetch();
        SendEvent(new ChainEvent<CandidateHeader>(ChainEventKind.Intersected, _a[1].Point, null!, default));

        SendRollBack(_a[1].Point);

        Assert.Equal(["I", "B a1"], _seen);
    }

    [Fact]
    public void GivesMemoryBack_WhenABlockComesForARolledBackHeader()
    {
        Fetch();
        Announce([_one, _two], _a[..2]);
        Send(_a[0]);
        Send(_a[1]);
        FakeFetch[] open = [.. Open()];
        open.Single(fetch => fetch.Requested[^1].Point == _a[1].Point).DeliverAll();
        Run();

        SendRollBack(Point.Origin);

        Assert.Equal(0, _arrays.Outstanding);
        AssertNothingHeld();
    }

    [Fact]
    public void DoesNotHoldThePeersWindow_WhenABlockWaitsForAnEarlierOne()
    {
        Block[] blocks = FakeChains.Blocks(4, bodyBytes: 80_000);
        Serve(blocks);
        Fetch();
        Announce([_one, _two], blocks);
        foreach (Block block in blocks)
        {
            SendOnly(block);
        }

        Run();
        FakeFetch later = Open().Last();
        Assert.NotEqual(blocks[0].Point, later.Requested[0].Point);
        later.DeliverAll();
        Run();

        Assert.Empty(_points);
        Assert.Equal(0, later.Outstanding);
    }

    [Fact]
    public void AsksForNoMoreThanMaxBytes_WhenNothingIsConsumed()
    {
        CollectingPacedObserver<ChainEvent<FetchedBlock>> slow = FetchPaced(new FetchPolicy { MaxBytes = 5_000 });
        Block[] blocks = FakeChains.Blocks(40, bodyBytes: 1_000);
        Serve(blocks);
        Announce([_one, _two], blocks);
        foreach (Block block in blocks)
        {
            SendOnly(block);
            Run();
            DeliverOpen();
        }

        long held = slow.Seen.Sum(static e => (long)e.Value.Size);

        Assert.InRange(held, 2_000, 5_000 + blocks[0].Size);
        while (slow.Held > 0)
        {
            slow.ReturnOne();
            Run();
            DeliverOpen();
        }

        Assert.Equal(blocks.Length, slow.Seen.Count);
        AssertNothingHeld();
    }

    [Fact]
    public void DoesNotGiveUp_WhenItIsTheObserverThatIsSlow()
    {
        CollectingPacedObserver<ChainEvent<FetchedBlock>> slow = FetchPaced(new FetchPolicy { MaxBytes = 1, GiveUpAfter = TimeSpan.FromSeconds(5) });
        Announce([_one], _a[..3]);
        foreach (Block block in _a[..3])
        {
            SendOnly(block);
        }

        Run();
        DeliverOpen();

        _time.AdvanceBy(TimeSpan.FromSeconds(60).Ticks);

        Assert.Single(slow.Seen);
        Assert.Null(slow.Error);
    }

    [Fact]
    public void AsksAhead_WhenOneBlockIsLargerThanMaxBytes()
    {
        Fetch(new FetchPolicy { MaxBytes = 1 });
        Announce([_one], _a[..3]);
        foreach (Block block in _a[..3])
        {
            SendOnly(block);
        }

        Run();
        for (int i = 0; i < 3; i++)
        {
            Assert.Single(Open()).DeliverAll();
            Run();
        }

        Assert.Equal(["a0", "a1", "a2"], _seen);
    }

    [Fact]
    public void HoldsHeadersBack_WhenThereAreMoreThanMaxBlocks()
    {
        _source = new ScriptedPacedSource<ChainEvent<CandidateHeader>>(window: 3);
        Fetch(new FetchPolicy { MaxBlocks = 5 });
        Announce([_one], _a);
        int sent = 0;
        _source.CreditReturned = () => SendWhileRoom(ref sent);

        SendWhileRoom(ref sent);
        Run();
        Assert.Equal(8, sent);
        Open().First().Deliver();
        Run();
        // A place is free as soon as a block has left, not when the last of those that wait has.
        Assert.True(sent > 8);
        for (int i = 0; i < 20; i++)
        {
            DeliverOpen();
        }

        Assert.Equal(12, _points.Count);
        Assert.Equal(0, _source.Outstanding);
    }

    [Fact]
    public void DoesNotBlameAPeer_WhenItIsBusyWithAnEarlierRequest()
    {
        Block[] blocks = FakeChains.Blocks(8, bodyBytes: 60_000);
        Serve(blocks);
        Fetch(new FetchPolicy { MaxPeers = 1 });
        Announce([_one], blocks);
        foreach (Block block in blocks)
        {
            SendOnly(block);
        }

        Run();
        Assert.True(Open().Count() > 1);
        FakeFetch first = Open().First();
        for (int i = 0; i < first.Requested.Count; i++)
        {
            _time.AdvanceBy(TimeSpan.FromSeconds(4).Ticks);
            first.Deliver();
            Run();
        }

        Assert.True(first.Requested.Count > 1);
        Assert.DoesNotContain(_one.Reports, static report => report.Kind == EvidenceKind.Stalled);
    }

    [Fact]
    public void CompletesBehindTheLastBlock_WhenTheHeadersDo()
    {
        Fetch();
        Announce([_one], _a[0]);
        Send(_a[0]);
        _source.Complete();
        Run();
        Assert.Empty(_seen);

        DeliverOpen();

        Assert.Equal(["a0", "|"], _seen);
    }

    [Fact]
    public void FailsBehindTheBlocksThatAreThere_WhenTheHeadersDo()
    {
        Fetch();
        Announce([_one], _a[..2]);
        Send(_a[0]);
        Send(_a[1]);
        Open().First().Deliver();

        _source.Fail(new FormatException("headers"));
        Run();

        Assert.Equal(["a0", "# FormatException"], _seen);
        Assert.All(_one.Fetches, static fetch => Assert.False(fetch.IsOpen));
    }

    [Fact]
    public void CancelsAndGivesBack_WhenDisposed()
    {
        Fetch();
        Announce([_one, _two], _a[..3]);
        Send(_a[0]);
        Send(_a[1]);
        Send(_a[2]);
        FakeFetch second = Open().Last();
        second.Deliver();

        _subscription.Dispose();
        Run();

        Assert.Empty(_seen);
        Assert.Empty(Open());
        Assert.Equal(0, _arrays.Outstanding);
        Assert.False(_source.IsSubscribed);
    }

    [Fact]
    public void EndsAndPassesTheExceptionOn_WhenTheObserverThrows()
    {
        _subscription = _source.FetchWithFallback(scheduler: _time).Subscribe(static _ => throw new FormatException("observer"), e => _seen.Add("#"));
        Announce([_one], _a[0]);
        Send(_a[0]);
        _one.Fetches.Single().DeliverAll();

        Assert.Throws<FormatException>(Run);

        Assert.Empty(_seen);
        Assert.False(_source.IsSubscribed);
    }

    [Fact]
    public void AsksAnother_WhenAPeerThrowsAtTheCall()
    {
        Fetch();
        Announce([_one, _two], _a[0]);
        _one.Asked = static _ => throw new FormatException("peer");

        Send(_a[0]);
        Run();
        _two.Fetches.Single().DeliverAll();
        Run();

        Assert.Equal(["a0"], _seen);
    }

    [Fact]
    public void FoldsToTheServedChain_WhenPeersFailAndTurnsRunInAnyOrder() => SeededScheduler.ForEachSeed(250, RunAnyOrder);

    private static void RunAnyOrder(SeededScheduler time)
    {
        var random = new Random(time.Seed);
        var net = new FakeChains();
        var arrays = new PoisoningArrayPool();
        FakePeer[] peers = [.. Enumerable.Range(1, 4).Select(id => new FakePeer(id, arrays))];
        List<Block> chain = [];
        List<Point> folded = [];
        using var selections = new Subject<PeerSelection>();
        var headers = new Subject<ChainEvent<CandidateHeader>>();
        IObservable<ChainEvent<FetchedBlock>> blocks = selections.FollowChain(From.Origin, new FollowOptions { Window = 1 + random.Next(20) }, time)
            .FetchWithFallback(new FetchPolicy { MaxBytes = 1 + random.Next(20_000), MaxBlocks = 1 + random.Next(8), MaxPeers = 1 + random.Next(3) }, time)
            .BoundedBuffer(2, Overflow.Fail, time);
        using IDisposable following = blocks.Recycle(e => Fold(folded, e, time.Seed));
        foreach (FakePeer peer in peers)
        {
            // The last one is honest; the others do what they like.
            bool isHonest = peer == peers[^1];
            peer.Asked = fetch => Answer(time, random, fetch, isHonest);
        }

        selections.OnNext(net.Select([.. peers]));
        time.AdvanceBy(TimeSpan.FromMilliseconds(1));
        Array.ForEach(peers, peer => net.Join(peer));
        for (int step = 0; step < 25; step++)
        {
            if (random.Next(4) == 0 && chain.Count > 0)
            {
                int keep = random.Next(Math.Max(0, chain.Count - 5), chain.Count);
                chain.RemoveRange(keep, chain.Count - keep);
                Array.ForEach(peers, peer => net.Chains.RollBack(peer, keep == 0 ? Point.Origin : chain[^1].Point));
            }

            Block[] grown = FakeChains.Blocks(1 + random.Next(4), chain.Count == 0 ? null : chain[^1], (time.Seed * 100) + step, 300 + random.Next(3000));
            chain.AddRange(grown);
            foreach (FakePeer peer in peers.OrderBy(_ => random.Next()))
            {
                peer.Serving(grown);
                net.Announce(peer, grown);
            }

            time.AdvanceBy(TimeSpan.FromMilliseconds(random.Next(2000)));
        }

        time.AdvanceBy(TimeSpan.FromMinutes(10));
        following.Dispose();
        time.AdvanceBy(TimeSpan.FromMinutes(10));

        Assert.Equal(chain.Select(static block => block.Point), folded);
        Assert.Equal(0, arrays.Outstanding);
        Assert.All(peers.SelectMany(static peer => peer.Fetches), static fetch => Assert.Equal(0, fetch.Outstanding));
    }

    private static void Answer(SeededScheduler time, Random random, FakeFetch fetch, bool isHonest)
    {
        int what = isHonest ? 0 : random.Next(6);
        time.Schedule(fetch, TimeSpan.FromMilliseconds(random.Next(400)), (_, one) =>
        {
            switch (what)
            {
                case 1:
                    one.HasNone();
                    break;
                case 2:
                    one.Deliver(random.Next(one.Requested.Count));
                    one.IsWrong();
                    break;
                case 3:
                    one.Deliver(random.Next(one.Requested.Count));
                    one.Disconnect();
                    break;
                case 4:
                    one.Deliver(random.Next(one.Requested.Count));
                    break;
                default:
                    one.DeliverAll();
                    break;
            }

            return Disposable.Empty;
        });
    }

    private static void Fold(List<Point> folded, ChainEvent<FetchedBlock> e, int seed)
    {
        if (e.IsRollForward)
        {
            Assert.Equal(e.Point, e.Value.Block.Point);
            Assert.Equal(folded.Count == 0 ? Point.Origin.Hash : folded[^1].Hash, e.Value.Header.PreviousHash ?? default);
            folded.Add(e.Point);
        }
        else if (e.IsRollBackward)
        {
            int at = folded.IndexOf(e.Point);
            Assert.True(at >= 0 || e.Point.IsOrigin, $"seed {seed}: a roll back to what was not delivered");
            folded.RemoveRange(at + 1, folded.Count - at - 1);
        }
    }

    private void Fetch(FetchPolicy? policy = null)
    {
        var counted = new CountingScheduler(_time, () => _turns++);
        _subscription = _source.FetchWithFallback((policy ?? new FetchPolicy()) with { Evidence = (peer, evidence) => _evidence.Add((peer, evidence)) }, counted)
            .Recycle(See, error => (_error, _) = (error, Add($"# {error.GetType().Name}")), () => _seen.Add("|"));
    }

    private bool Add(string what)
    {
        _seen.Add(what);
        return true;
    }

    private CollectingPacedObserver<ChainEvent<FetchedBlock>> FetchPaced(FetchPolicy policy)
    {
        CollectingPacedObserver<ChainEvent<FetchedBlock>> observer = new();
        _subscription = Assert.IsAssignableFrom<IPacedObservable<ChainEvent<FetchedBlock>>>(_source.FetchWithFallback(policy, _time)).Subscribe(observer);
        return observer;
    }

    private void See(ChainEvent<FetchedBlock> e)
    {
        int a = Array.FindIndex(_a, block => block.Point == e.Point);
        int f = Array.FindIndex(_fork, block => block.Point == e.Point);
        string name = a >= 0 ? $"a{a}" : f >= 0 ? $"f{f}" : "?";
        _seen.Add(e.Kind switch { ChainEventKind.Intersected => "I", ChainEventKind.RollBackward => $"B {name}", _ => name });
        if (e.IsRollForward)
        {
            Assert.Equal(e.Point, e.Value.Block.Point);
            _points.Add(e.Point);
        }
    }

    private void Serve(Block[] blocks)
    {
        foreach (FakePeer peer in (FakePeer[])[_one, _two, _three])
        {
            // Slow enough for pieces of 128 KiB.
            peer.Measurements = new PeerMeasurements { BytesPerSecond = 400_000, Latency = TimeSpan.FromMilliseconds(50) };
            peer.Serving(blocks);
        }
    }

    private void Announce(FakePeer[] peers, params Block[] blocks)
    {
        foreach (FakePeer peer in peers)
        {
            foreach (Block block in blocks)
            {
                _headers[block.Point] = _net.Chains.Announce(peer, block.Header, TimeSpan.FromTicks(_time.Clock), out _)!;
            }
        }
    }

    private void Send(Block block)
    {
        SendOnly(block);
        Run();
    }

    private void SendOnly(Block block) =>
        _source.Send(new ChainEvent<CandidateHeader>(ChainEventKind.RollForward, block.Point, _headers[block.Point], default));

    private void SendWhileRoom(ref int sent)
    {
        while (sent < _a.Length && _source.HasRoom())
        {
            SendOnly(_a[sent++]);
        }
    }

    private void SendRollBack(Point point) => SendEvent(new ChainEvent<CandidateHeader>(ChainEventKind.RollBackward, point, null!, default));

    private void SendEvent(ChainEvent<CandidateHeader> e)
    {
        _source.Send(e);
        Run();
    }

    private IEnumerable<FakeFetch> Asked() => _one.Fetches.Concat(_two.Fetches).Concat(_three.Fetches);

    private IEnumerable<FakeFetch> Open() => Asked().Where(static fetch => fetch.IsOpen)
        .OrderBy(static fetch => fetch.Requested[0].Point.Slot);

    private void DeliverOpen()
    {
        foreach (FakeFetch open in Open().ToArray())
        {
            open.DeliverAll();
        }

        Run();
    }

    private void Fail(FakeFetch fetch, string how)
    {
        if (how == "Stall")
        {
            _time.AdvanceBy(TimeSpan.FromSeconds(5.1).Ticks);
        }
        else
        {
            typeof(FakeFetch).GetMethod(how)!.Invoke(fetch, null);
        }
    }

    private void Run() => _time.AdvanceBy(1000);

    /// <summary>All credits are back, nothing is under way.</summary>
    private void AssertNothingHeld()
    {
        Assert.Equal(0, _source.Outstanding);
        Assert.Empty(Open());
        Assert.All(Asked(), static fetch => Assert.Equal(0, fetch.Outstanding));
    }
}
