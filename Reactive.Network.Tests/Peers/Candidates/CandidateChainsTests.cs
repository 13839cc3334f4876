using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Peers.Candidates;

public class CandidateChainsTests
{
    private readonly FakePeer _one = new(1);
    private readonly FakePeer _two = new(2);
    private readonly FakePeer _three = new(3);
    private readonly Block[] _a = FakeChains.Blocks(40);

    [Fact]
    public void HoldsAHeaderOnce_WhenSeveralAnnounceIt()
    {
        FakeChains net = new();
        Join(net, _two, _a[..3]);

        Join(net, _one, _a[..2]);

        Assert.Equal(4, net.Chains.Count);
        CandidateHeader top = Head(net, _two);
        Assert.Equal([_two], top.Announcers);
        Assert.Equal([_two, _one], top.Parent!.Announcers);
        Assert.Equal((2UL, 1UL), (top.BlockNumber, top.Parent.BlockNumber));
    }

    [Fact]
    public void TellsWhoWasFirst_WhenAHeaderIsAnnounced()
    {
        FakeChains net = new();
        net.Join(_one);
        net.Join(_two);

        CandidateHeader first = net.Chains.Announce(_two, _a[0].Header, TimeSpan.FromSeconds(1), out bool isFirst)!;
        CandidateHeader second = net.Chains.Announce(_one, _a[0].Header, TimeSpan.FromSeconds(3), out bool isSecond)!;

        Assert.Equal((true, false), (isFirst, isSecond));
        Assert.Same(first, second);
        Assert.Equal(TimeSpan.FromSeconds(1), second.FirstAnnouncedAt);
        Assert.Equal(_a[0].Header.EstimatedBlockSize, second.EstimatedBlockSize);
    }

    [Fact]
    public void BeginsAnew_WhenAPeerThatClaimedToBeFarAheadLeaves()
    {
        FakeChains net = new(new CandidateOptions { MaxRollback = 10 });
        Block far = new ChainGenerator(new ChainGeneratorOptions { Parent = new Tip(_a[0].Point, 1_000_000) }).Next();
        Join(net, _one, _a[..20]);
        net.Join(_two);
        net.Announce(_two, far);

        net.Chains.Remove(_two);
        Join(net, _one, _a[..20]);

        Assert.Equal(11, net.Chains.Count);
        Assert.Equal(19UL, Head(net, _one).BlockNumber);
    }

    [Fact]
    public void PeerHasTheBlocksBelow_WhenThePlaceItWasFoundAtIsReachedFromBelow()
    {
        FakeChains net = new();
        net.Chains.Intersected(_one, _a[2].Point, new Tip(_a[2].Point, 2));
        net.Join(_two);

        net.Announce(_two, _a[..3]);

        Assert.Equal([_two, _one], Head(net, _two).Parent!.Announcers);
    }

    [Fact]
    public void PlaceIsToBeFoundAnew_WhenTheOneOfferedWasDroppedMeanwhile()
    {
        FakeChains net = new();
        Join(net, _one, _a[..3]);
        net.Chains.Remove(_one);

        bool isFound = net.Chains.Intersected(_two, _a[2].Point, new Tip(_a[2].Point, 2), isOffered: true);

        Assert.False(isFound);
        Assert.Empty(net.Chains.Heads);
    }

    [Fact]
    public void FollowingBeginsAnew_WhenThePlaceIsHeldOnlyForAPeerApartFromTheBest()
    {
        FakeChains net = new();
        net.Join(_one);
        net.Chains.Intersected(_two, _a[9].Point, new Tip(_a[9].Point, 9));

        using CandidateSubscription reader = net.Chains.Subscribe(From.Origin, static () => { });

        Assert.Null(reader.Start);
    }

    [Fact]
    public void CountsForNothing_WhenAPeerAnnouncesBeforeItsIntersection() =>
        Assert.Null(new CandidateChains().Announce(_one, _a[0].Header, default, out _));

    [Fact]
    public void DropsWhatNobodyHas_WhenPeersGoBackAndLeave()
    {
        FakeChains net = new();
        Join(net, _one, _a[..6]);
        Join(net, _two, _a[..4]);

        bool known = net.Chains.RollBack(_one, _a[1].Point);
        int afterRollBack = net.Chains.Count;
        net.Chains.Remove(_two);
        int afterLeaving = net.Chains.Count;
        net.Chains.Remove(_one);

        Assert.True(known);
        Assert.Equal((5, 3, 0), (afterRollBack, afterLeaving, net.Chains.Count));
        Assert.Empty(net.Chains.Heads);
    }

    [Fact]
    public void AsksForANewIntersection_WhenARollBackIsDeeperThanWhatIsHeld()
    {
        FakeChains net = new();
        net.Join(_one, _a[4].Point);
        net.Announce(_one, _a[5..8]);

        Assert.False(net.Chains.RollBack(_one, _a[2].Point));

        Assert.Equal(_a[7].Point, Head(net, _one).Point);
    }

    [Fact]
    public void LearnsWhatAnAnchorStandsOn_WhenAnotherPeerBeganLower()
    {
        FakeChains net = new();
        net.Join(_one, _a[4].Point);
        net.Announce(_one, _a[5]);
        Assert.True(Head(net, _one).Parent!.IsAnchor);

        Join(net, _two, _a[..6]);

        CandidateHeader anchor = Head(net, _one).Parent!;
        Assert.False(anchor.IsAnchor);
        Assert.Equal((4UL, _a[3].Point), (anchor.BlockNumber, anchor.Parent!.Point));
        Assert.Same(Head(net, _one), Head(net, _two));
    }

    [Fact]
    public void KnowsTheHeightOfAnAnchor_WhenAChildIsAnnounced()
    {
        FakeChains net = new();
        net.Join(_one, _a[4].Point);
        net.Announce(_one, _a[5]);

        Assert.Equal(4, Head(net, _one).Parent!.Number);
    }

    [Fact]
    public void RefusesAHeader_WhenItDoesNotStandOnTheLastOne()
    {
        FakeChains net = new();
        Join(net, _one, _a[..3]);

        BrokenLinkException error = Assert.Throws<BrokenLinkException>(() => net.Announce(_one, _a[4]));

        Assert.Equal((_a[4].Point, _a[2].Hash), (error.Point, error.Expected));
        Assert.Equal(_a[2].Point, Head(net, _one).Point);
    }

    [Fact]
    public void RefusesAHeader_WhenItsPeersChainIsTooLarge()
    {
        FakeChains net = new(new CandidateOptions { MaxBytesPerPeer = 65_535 });
        Block[] many = FakeChains.Blocks(300);
        net.Join(_one);

        Assert.Throws<InvalidHeaderException>(() => net.Announce(_one, many));

        Assert.InRange(net.Chains.Count, 10, 200);
    }

    [Fact]
    public void KeepsNoMoreThanTheRollBack_WhenTheFirstReaderGoesOn()
    {
        FakeChains net = new(new CandidateOptions { MaxRollback = 5, MaxAhead = 10 });
        using CandidateSubscription reader = net.Chains.Subscribe(From.Origin, static () => { });
        net.Join(_one);
        foreach (Block block in _a)
        {
            net.Announce(_one, block);
            reader.MoveTo(Head(net, _one));
        }

        Assert.Equal(6, net.Chains.Count);
        Assert.Equal(5, Depth(Head(net, _one)));
        Assert.False(net.Chains.RollBack(_one, _a[30].Point));
    }

    [Fact]
    public void KeepsNoMoreThanTheRollBack_WhenNobodyReads()
    {
        FakeChains net = new(new CandidateOptions { MaxRollback = 5 });

        Join(net, _one, _a);

        Assert.Equal(6, net.Chains.Count);
    }

    [Fact]
    public void KeepsTheEndOfAChainOnly_WhenAPeerCatchesUpFromFarBelow()
    {
        FakeChains net = new(new CandidateOptions { MaxRollback = 5 });
        Join(net, _one, _a);
        net.Join(_two);

        net.Announce(_two, _a[..20]);
        int below = net.Chains.Count;
        net.Announce(_two, _a[20..]);

        Assert.InRange(below, 6, 7);
        Assert.Equal([_one, _two], Head(net, _two).Announcers);
        Assert.Same(Head(net, _one), Head(net, _two));
    }

    [Fact]
    public void AsksNoFurtherAhead_WhenTheFirstReaderIsThatFarBehind()
    {
        FakeChains net = new(new CandidateOptions { MaxAhead = 8 });
        using CandidateSubscription reader = net.Chains.Subscribe(From.Origin, static () => { });
        Join(net, _one, _a[..7]);
        bool below = net.Chains.MayAdvance(Head(net, _one));
        net.Announce(_one, _a[7]);
        CandidateHeader at = Head(net, _one);
        int woken = 0;
        bool reached = net.Chains.MayAdvance(at);
        net.Chains.WaitForReaders(at, () => woken++);
        int before = woken;

        reader.MoveTo(at);

        Assert.Equal((true, false, 0, 1), (below, reached, before, woken));
        Assert.True(net.Chains.MayAdvance(at));
    }

    [Fact]
    public void WakesWhoWaits_WhenTheLastReaderLeaves()
    {
        FakeChains net = new(new CandidateOptions { MaxAhead = 1 });
        CandidateSubscription reader = net.Chains.Subscribe(From.Origin, static () => { });
        Join(net, _one, _a[..1]);
        int woken = 0;
        net.Chains.WaitForReaders(Head(net, _one), () => woken++);

        reader.Dispose();

        Assert.Equal(1, woken);
    }

    [Fact]
    public void TellsTheLastChangeOfEachPeer_WhenAReaderWasSlow()
    {
        FakeChains net = new();
        int woken = 0;
        using CandidateSubscription reader = net.Chains.Subscribe(From.Origin, () => woken++);
        Join(net, _one, _a[..3]);
        Join(net, _two, _a[..2]);
        net.Chains.RollBack(_one, _a[0].Point);
        net.Announce(_one, _a[1]);
        net.Chains.Remove(_two);

        List<CandidateChange> changes = [];
        while (reader.TryTake(out CandidateChange change))
        {
            changes.Add(change);
        }

        Assert.Equal([new CandidateChange(_one, Head(net, _one), true), new CandidateChange(_two, null, false)], changes);
        Assert.Equal(Point.Origin, reader.Start!.Point);
        Assert.True(woken > 1);
    }

    [Fact]
    public void TellsEveryReader_WhenThereAreSeveral()
    {
        FakeChains net = new();
        using CandidateSubscription slow = net.Chains.Subscribe(From.Origin, static () => { });
        using CandidateSubscription quick = net.Chains.Subscribe(From.Origin, static () => { });
        Join(net, _one, _a[..3]);
        quick.TryTake(out CandidateChange early);
        net.Announce(_one, _a[3]);

        quick.TryTake(out CandidateChange late);
        slow.TryTake(out CandidateChange only);

        Assert.Equal((_a[2].Point, _a[3].Point, _a[3].Point), (early.Head!.Point, late.Head!.Point, only.Head!.Point));
        Assert.False(slow.TryTake(out _));
    }

    [Fact]
    public void BeginsAtTheBestHead_WhenAReaderWantsTheTip()
    {
        FakeChains net = new();
        Join(net, _one, _a[..3]);
        Join(net, _two, _a[..5]);

        using CandidateSubscription reader = net.Chains.Subscribe(From.Tip, static () => { });

        Assert.Equal(_a[4].Point, reader.Start!.Point);
    }

    [Fact]
    public void BeginsWithTheFirstPeer_WhenThereWasNoneYet()
    {
        FakeChains net = new();
        using CandidateSubscription reader = net.Chains.Subscribe(From.Tip, static () => { });
        Assert.Null(reader.Start);

        net.Join(_one, _a[5].Point);

        Assert.Equal(_a[5].Point, reader.Start!.Point);
    }

    [Fact]
    public void MakesPeersBeginAnew_WhenAReaderWantsAPlaceThatIsNotHeld()
    {
        FakeChains net = new();
        Join(net, _one, _a[..3]);
        int restarts = 0;
        net.Chains.Restarted += () => restarts++;
        net.Chains.IntersectionPoints(out int before);

        using CandidateSubscription reader = net.Chains.Subscribe(From.Point(_a[20].Point), static () => { });

        Assert.Equal([_a[20].Point], net.Chains.IntersectionPoints(out int after));
        Assert.Equal((1, before + 1, 0), (restarts, after, net.Chains.Count));
        Assert.Null(net.Chains.Announce(_one, _a[3].Header, default, out _));
        net.Join(_one, _a[20].Point);
        Assert.Equal(_a[20].Point, reader.Start!.Point);
    }

    [Fact]
    public void RefusesAReader_WhenItsPlaceIsNotHeldAndOthersRead()
    {
        FakeChains net = new();
        using CandidateSubscription reader = net.Chains.Subscribe(From.Tip, static () => { });
        Join(net, _one, _a[..3]);

        PointNotHeldException error = Assert.Throws<PointNotHeldException>(() => net.Chains.Subscribe(From.Point(_a[20].Point), static () => { }));

        Assert.Equal(From.Point(_a[20].Point), error.From);
    }

    [Fact]
    public void HoldsAReadersPlace_WhenEveryPeerHasLeft()
    {
        FakeChains net = new();
        using CandidateSubscription reader = net.Chains.Subscribe(From.Origin, static () => { });
        Join(net, _one, _a[..6]);
        reader.MoveTo(Head(net, _one).Parent!);

        net.Chains.Remove(_one);

        Assert.Equal(6, net.Chains.Count);
        Assert.Equal(_a[4].Point, net.Chains.IntersectionPoints(out _)[0]);
        reader.Dispose();
        Assert.Equal(0, net.Chains.Count);
    }

    [Fact]
    public void RefusesAPlace_WhenItWasDroppedMeanwhile()
    {
        FakeChains net = new();
        using CandidateSubscription reader = net.Chains.Subscribe(From.Origin, static () => { });
        Join(net, _one, _a[..6]);
        CandidateHeader top = Head(net, _one);
        bool before = reader.MoveTo(top.Parent!.Parent!);
        net.Chains.Remove(_one);

        bool after = reader.MoveTo(top);

        Assert.Equal((true, false), (before, after));
        Assert.Equal(5, net.Chains.Count);
        Assert.Equal(_a[3].Point, net.Chains.IntersectionPoints(out _)[0]);
        Assert.True(reader.TryTake(out CandidateChange change));
        Assert.Null(change.Head);
    }

    [Fact]
    public void KnowsWhoHasAHeader_WhenItWasDroppedAndIsHeldAgain()
    {
        FakeChains net = new();
        Join(net, _one, _a[..3]);
        CandidateHeader dropped = Head(net, _one);
        net.Chains.Remove(_one);
        IReadOnlyList<IPeer> nobody = dropped.Announcers;

        Join(net, _two, _a[..4]);

        Assert.Empty(nobody);
        Assert.Equal([_two], dropped.Announcers);
    }

    [Fact]
    public void WakesWhoWaits_WhenAReaderWentBackFurtherThanPeersAreAskedAhead()
    {
        FakeChains net = new(new CandidateOptions { MaxAhead = 8 });
        using CandidateSubscription reader = net.Chains.Subscribe(From.Origin, static () => { });
        Join(net, _one, _a[..30]);
        net.Chains.WaitForReaders(Head(net, _one), static () => { });
        reader.MoveTo(Head(net, _one));
        Join(net, _two, _a[..20]);
        CandidateHeader at = Head(net, _two);
        reader.MoveTo(Below(at, 10));
        int woken = 0;
        net.Chains.WaitForReaders(at, () => woken++);
        int before = woken;

        reader.MoveTo(Below(at, 5));

        Assert.Equal((0, 1), (before, woken));
    }

    [Fact]
    public void OffersPlacesFurtherAndFurtherApart_WhenAPeerLooksForAnIntersection()
    {
        FakeChains net = new();
        Join(net, _one, _a);

        IReadOnlyList<Point> points = net.Chains.IntersectionPoints(out _);

        Assert.Equal([.. new[] { 39, 38, 37, 36, 34, 31, 26, 18, 5 }.Select(i => _a[i].Point), Point.Origin], points);
    }

    [Fact]
    public void CallsWhoWatches_WhenAChainChanges()
    {
        FakeChains net = new();
        int calls = 0;
        IDisposable watch = net.Chains.Watch(() => calls++);
        Join(net, _one, _a[..2]);
        net.Chains.RollBack(_one, _a[0].Point);
        net.Chains.Remove(_one);
        int before = calls;

        watch.Dispose();
        net.Join(_one);

        Assert.Equal((5, 5), (before, calls));
    }

    /// <summary>Many peers that announce, go back, leave and come again, against lists.</summary>
    [Fact]
    public void AgreesWithLists_WhenPeersDoWhatTheyLike() => Seeds.ForEach(60, random =>
    {
        FakeChains net = new();
        FakePeer[] peers = [.. Enumerable.Range(1, 6).Select(static id => new FakePeer(id))];
        var lists = new SortedDictionary<PeerId, List<Block>>();
        int seed = random.Next();
        for (int step = 0; step < 120; step++)
        {
            FakePeer peer = peers[random.Next(peers.Length)];
            if (!lists.TryGetValue(peer.Id, out List<Block>? list))
            {
                lists[peer.Id] = [];
                net.Join(peer);
                continue;
            }

            List<Block> other = lists.Values.ElementAt(random.Next(lists.Count));
            switch (random.Next(8))
            {
                case 0:
                    lists.Remove(peer.Id);
                    net.Chains.Remove(peer);
                    break;
                case 1 or 2 when list.Count > 0:
                    int keep = random.Next(list.Count + 1);
                    list.RemoveRange(keep, list.Count - keep);
                    Assert.True(net.Chains.RollBack(peer, keep == 0 ? Point.Origin : list[^1].Point));
                    break;
                case 3 when other.Count > 0:
                    // Meets the others somewhere on another's chain.
                    int at = random.Next(other.Count);
                    lists[peer.Id] = [.. other[..(at + 1)]];
                    net.Join(peer, other[at].Point);
                    break;
                case 4 or 5 when other.Count > list.Count && list.SequenceEqual(other[..list.Count]):
                    net.Announce(peer, other[list.Count..]);
                    list.AddRange(other[list.Count..]);
                    break;
                default:
                    Block[] grown = FakeChains.Blocks(1 + random.Next(3), list.Count == 0 ? null : list[^1], seed + step);
                    net.Announce(peer, grown);
                    list.AddRange(grown);
                    break;
            }

            Assert.Equal(lists.Select(static one => (one.Key, Top(one.Value))), net.Chains.Heads.Select(static one => (one.Peer.Id, one.Head.Point)));
            HashSet<Point> union = [.. lists.Values.SelectMany(static blocks => blocks).Select(static block => block.Point)];
            Assert.Equal(union.Count + (lists.Count > 0 ? 1 : 0), net.Chains.Count);
            foreach ((IPeer one, CandidateHeader head) in net.Chains.Heads)
            {
                List<Block> blocks = lists[one.Id];
                CandidateHeader? node = head;
                for (int i = blocks.Count - 1; i >= 0; i--, node = node.Parent)
                {
                    Assert.Equal(blocks[i].Point, node!.Point);
                    Assert.Equal(blocks[i].BlockNumber, node.BlockNumber);
                    Assert.Equal(
                        lists.Where(all => all.Value.Count > i && all.Value[i].Equals(blocks[i])).Select(static all => all.Key),
                        node.Announcers.Select(static announcer => announcer.Id).Order());
                }

                Assert.True(node!.IsAnchor && node.Point.IsOrigin && node.Parent is null);
            }
        }
    });

    private static Point Top(List<Block> blocks) => blocks.Count == 0 ? Point.Origin : blocks[^1].Point;

    private static int Depth(CandidateHeader header) => header.Parent is { } parent ? 1 + Depth(parent) : 0;

    private static CandidateHeader Head(FakeChains net, FakePeer peer) => net.Chains.Heads.Single(one => one.Peer == peer).Head;

    private static CandidateHeader Below(CandidateHeader header, int count)
    {
        for (int i = 0; i < count; i++)
        {
            header = header.Parent!;
        }

        return header;
    }

    private static void Join(FakeChains net, FakePeer peer, Block[] blocks)
    {
        net.Join(peer);
        net.Announce(peer, blocks);
    }
}
