using global::Rxnet.Following;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Samples.Rxnet;

public class FollowerTests
{
    private static readonly Block[] Blocks = [.. new ChainGenerator(new ChainGeneratorOptions { BodyBytes = 1000 }).Take(60)];

    private readonly VirtualPeers _peers = new();

    [Fact]
    public void TellsEachBlock_WhenNothingFails()
    {
        VirtualPeers.Followed followed = _peers.Follow(Point.Origin, _peers.Serve(1, Chain(60)));

        _peers.Run(TimeSpan.FromSeconds(5));

        Assert.IsType<FollowEvent.PeerUp>(followed.Events.First(static e => e is not FollowEvent.Measured));
        Assert.Equal(Point.Origin, Assert.Single(followed.Of<FollowEvent.Intersect>()).Point);
        Assert.Equal(Blocks.Select(b => b.Point), followed.Fold());
        BlockFacts facts = followed.Of<FollowEvent.RollForward>().Last().Block;
        Assert.Equal(new BlockFacts(59, Era.Conway, Blocks[59].Size, Blocks[59].TransactionCount, VirtualPeers.Address(1).ToString()), facts);
        Assert.NotEmpty(followed.Of<FollowEvent.Measured>());
        Assert.Empty(_peers.Faults);
    }

    [Fact]
    public void TellsHeadersOnly_WhenAskedTo()
    {
        VirtualPeers.Followed followed = _peers.Follow(
            new FollowPlan { Peers = [_peers.Serve(1, Chain(60))], From = Point.Origin, HeadersOnly = true });

        _peers.Run(TimeSpan.FromSeconds(5));

        Assert.Equal(Blocks.Select(b => b.Point), followed.Fold());
        BlockFacts facts = followed.Of<FollowEvent.RollForward>().Last().Block;
        Assert.Equal(new BlockFacts(59, Era.Conway, Blocks[59].Header.Size, null, VirtualPeers.Address(1).ToString()), facts);
    }

    [Fact]
    public void BeginsBehindThePoint_WhenOneIsGiven()
    {
        VirtualPeers.Followed followed = _peers.Follow(Blocks[9].Point, _peers.Serve(1, Chain(60)));

        _peers.Run(TimeSpan.FromSeconds(5));

        Assert.Equal(Blocks[9].Point, Assert.Single(followed.Of<FollowEvent.Intersect>()).Point);
        Assert.Equal(Blocks[10..].Select(b => b.Point), followed.Fold());
    }

    [Fact]
    public void BeginsAtTheTip_WhenNoneIsGiven()
    {
        InMemoryChain chain = Chain(50);
        VirtualPeers.Followed followed = _peers.Follow(null, _peers.Serve(1, chain));
        _peers.Run(TimeSpan.FromSeconds(5));

        chain.Append(Blocks[50]);
        _peers.Run(TimeSpan.FromSeconds(5));

        Assert.Equal(Blocks[49].Point, Assert.Single(followed.Of<FollowEvent.Intersect>()).Point);
        Assert.Equal([Blocks[50].Point], followed.Fold());
    }

    [Fact]
    public void LosesAndRepeatsNothing_WhenConnectionsBreakAndTheChainForksAtRandom()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            FollowOverFailures(seed);
        }
    }

    [Fact]
    public void SaysNothingOfTheIntersection_WhenItResumesAtTheLastBlock()
    {
        VirtualPeers.Followed followed = _peers.Follow(Point.Origin, _peers.Serve(1, Chain(60)));
        _peers.Run(TimeSpan.FromSeconds(5));

        _peers.Cut();
        _peers.Run(TimeSpan.FromSeconds(5));

        Assert.Single(followed.Of<FollowEvent.Intersect>());
        Assert.Empty(followed.Of<FollowEvent.RollBackward>());
        Assert.Equal(2, followed.Of<FollowEvent.PeerUp>().Count());
        Assert.False(Assert.Single(followed.Of<FollowEvent.PeerDown>()).IsDropped);
        Assert.Equal(60, followed.Of<FollowEvent.RollForward>().Count());
    }

    [Fact]
    public void RollsBackToTheNewIntersection_WhenTheLastBlockIsGone()
    {
        VirtualPeers.Followed followed = _peers.Follow(Point.Origin, _peers.Serve(1, Chain(60)));
        _peers.Run(TimeSpan.FromSeconds(5));

        _peers.Cut();
        _peers.Serve(1, Chain(25));
        _peers.Run(TimeSpan.FromSeconds(5));

        Assert.Equal(Blocks[24].Point, Assert.Single(followed.Of<FollowEvent.RollBackward>()).Point);
        Assert.Equal(Blocks[..25].Select(b => b.Point), followed.Fold());
    }

    [Fact]
    public void GoesOnWithTheOthers_WhenOneIsDown()
    {
        VirtualPeers.Followed followed = _peers.Follow(Point.Origin, _peers.Serve(1, null), _peers.Serve(2, Chain(60)));

        _peers.Run(TimeSpan.FromMilliseconds(300));

        Assert.Equal(60, followed.Fold().Count);
        Assert.Equal([VirtualPeers.Address(1), VirtualPeers.Address(2)], _peers.Dialled.OrderBy(static peer => peer.Host));
        FollowEvent.PeerDown down = Assert.Single(followed.Of<FollowEvent.PeerDown>());
        Assert.Equal((VirtualPeers.Address(1).ToString(), false), (down.Peer, down.IsDropped));
        Assert.IsType<BearerException>(down.Cause);
    }

    [Fact]
    public void GoesOnWithTheNextPeer_WhenTheFirstIsCut()
    {
        VirtualPeers.Followed followed = _peers.Follow(Point.Origin, _peers.Serve(1, Chain(30)), _peers.Serve(2, Chain(60)));
        _peers.Run(TimeSpan.FromSeconds(5));

        _peers.Cut();
        _peers.Run(TimeSpan.FromSeconds(5));

        Assert.Equal(Blocks.Select(b => b.Point), followed.Fold());
        Assert.Equal(60, followed.Of<FollowEvent.RollForward>().Count());
        Assert.Equal(VirtualPeers.Address(2).ToString(), followed.Of<FollowEvent.RollForward>().Last().Block.Peer);
    }

    [Fact]
    public void DropsThePeer_WhenItDeliversABadBlock()
    {
        PeerAddress liar = _peers.Serve(1, Liar());
        VirtualPeers.Followed followed = _peers.Follow(Point.Origin, liar, _peers.Serve(2, Chain(30)));
        _peers.Run(TimeSpan.FromSeconds(5));
        _peers.Serve(2, Chain(60));
        for (int i = 0; i < 5; i++)
        {
            _peers.Cut();
            _peers.Run(TimeSpan.FromSeconds(5));
        }

        FollowEvent.PeerDown down = followed.Of<FollowEvent.PeerDown>().First();
        Assert.Equal((liar.ToString(), true), (down.Peer, down.IsDropped));
        Assert.Equal(BlockDefect.WrongBodyHash, Assert.IsType<InvalidBlockException>(down.Cause).Defect);
        Assert.Single(_peers.Dialled, liar);
        Assert.Equal(Blocks.Select(b => b.Point), followed.Fold());
        Assert.Equal(60, followed.Of<FollowEvent.RollForward>().Count());
    }

    [Fact]
    public void Fails_WhenTheOnlyPeerDeliversABadBlock()
    {
        VirtualPeers.Followed followed = _peers.Follow(Point.Origin, _peers.Serve(1, Liar()));

        _peers.Run(TimeSpan.FromSeconds(60));

        Assert.IsType<InvalidBlockException>(followed.Error);
        Assert.Single(_peers.Dialled);
        Assert.DoesNotContain(Blocks[33].Point, followed.Fold());
    }

    [Fact]
    public void Fails_WhenNobodyHasThePoint()
    {
        VirtualPeers.Followed followed = _peers.Follow(new Point(1, default), _peers.Serve(1, Chain(60)), _peers.Serve(2, Chain(60)));

        _peers.Run(TimeSpan.FromSeconds(60));

        Assert.IsType<IntersectionNotFoundException>(followed.Error);
        Assert.Equal(2, _peers.Dialled.Count);
    }

    [Fact]
    public void Fails_WhenTheNetworkIsAnother()
    {
        _peers.Magic = NetworkMagic.Preview;
        VirtualPeers.Followed followed = _peers.Follow(Point.Origin, _peers.Serve(1, Chain(60)));

        _peers.Run(TimeSpan.FromSeconds(60));

        Assert.IsType<HandshakeRefusedException>(followed.Error);
        Assert.Single(_peers.Dialled);
    }

    [Fact]
    public void GivesUpAfterFiveRounds_WhenNobodyWasEverThere()
    {
        VirtualPeers.Followed followed = _peers.Follow(Point.Origin, _peers.Serve(1, null), _peers.Serve(2, null));

        _peers.Run(TimeSpan.FromSeconds(5));
        Assert.Null(followed.Error);
        _peers.Run(TimeSpan.FromSeconds(5));

        Assert.IsType<BearerException>(followed.Error);
        Assert.Equal(10, _peers.Dialled.Count);
    }

    [Fact]
    public void TriesOnAndOn_WhenAPeerWasThereOnce()
    {
        VirtualPeers.Followed followed = _peers.Follow(Point.Origin, _peers.Serve(1, Chain(30)));
        _peers.Run(TimeSpan.FromSeconds(5));
        _peers.Serve(1, null);
        _peers.Cut();
        _peers.Run(TimeSpan.FromHours(1));

        _peers.Serve(1, Chain(60));
        _peers.Run(TimeSpan.FromMinutes(1));

        Assert.Null(followed.Error);
        Assert.Equal(Blocks.Select(b => b.Point), followed.Fold());
        Assert.InRange(_peers.Dialled.Count, 100, 200);
    }

    [Fact]
    public void EndsTheConnection_WhenDisposed()
    {
        VirtualPeers.Followed followed = _peers.Follow(Point.Origin, _peers.Serve(1, Chain(60)));
        _peers.Run(TimeSpan.FromMilliseconds(40));

        followed.Subscription.Dispose();
        int told = followed.Events.Count;
        _peers.Run(TimeSpan.FromMinutes(5));

        Assert.Equal(told, followed.Events.Count);
        Assert.Single(_peers.Dialled);
    }

    [Fact]
    public void DropsThePeer_WhenABlockComesUnderTheTagOfALaterEra()
    {
        // The body of an era that is not known is opaque: the era of the header says that this is none.
        var liar = new LyingChain(Chain(60), Blocks[33].Point, at: 1, becomes: 9);
        VirtualPeers.Followed followed = _peers.Follow(Point.Origin, _peers.Serve(1, liar));

        _peers.Run(TimeSpan.FromSeconds(60));

        Assert.Equal(BlockDefect.WrongHeader, Assert.IsType<InvalidBlockException>(followed.Error).Defect);
    }

    /// <summary>Changes a byte in the body of block 33.</summary>
    private static LyingChain Liar()
    {
        byte was = Blocks[33].Span[^20];
        return new LyingChain(Chain(60), Blocks[33].Point, at: ^20, becomes: (byte)(was ^ 1));
    }

    private static InMemoryChain Chain(int blocks) => VirtualPair.ChainOf(blocks);

    private static void FollowOverFailures(int seed)
    {
        var random = new Random(seed);
        var peers = new VirtualPeers();
        var chain = new InMemoryChain();
        PeerAddress[] addresses = [peers.Serve(1, chain), peers.Serve(2, chain)];
        List<Block> model = [];
        VirtualPeers.Followed followed = peers.Follow(Point.Origin, addresses[..((seed % 2) + 1)]);
        for (int step = 0; step < 40; step++)
        {
            int keep = Math.Max(0, model.Count - random.Next(6));
            if (random.Next(4) == 0 && keep < model.Count)
            {
                model.RemoveRange(keep, model.Count - keep);
                chain.RollBack(keep == 0 ? Point.Origin : model[^1].Point);
            }

            foreach (Block block in new ChainGenerator(new ChainGeneratorOptions { Seed = (seed * 100) + step, BodyBytes = 500, Parent = chain.Tip })
                .Take(random.Next(8)))
            {
                model.Add(block);
                chain.Append(block);
            }

            if (random.Next(3) == 0)
            {
                peers.Cut();
            }

            peers.Run(TimeSpan.FromMilliseconds(random.Next(800)));
        }

        peers.Run(TimeSpan.FromMinutes(5));

        Assert.True(followed.Error is null, $"seed {seed}: {followed.Error}");
        Assert.True(model.Select(b => b.Point).SequenceEqual(followed.Fold()), $"seed {seed}: {followed.Fold().Count} blocks, not the {model.Count} of the chain");
        Assert.Empty(peers.Faults);
    }
}
