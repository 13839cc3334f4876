using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Protocols;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Operators;

public class FollowBlocksTests
{
    private static readonly Block[] Blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 6, BodyBytes = 900 }).Take(8)];
    private readonly List<string> _seen = [];

    [Fact]
    public void GivesCheckedBlocksAndRollBacks_WhenFollowed()
    {
        using var chain = new InMemoryChain();
        Array.ForEach(Blocks[..4], chain.Append);
        var pair = new VirtualLocalPair(new LocalService { Chain = chain });
        using IDisposable following = pair.Client.ChainSync.FollowBlocks(Blocks[1].Point).Subscribe(Add);
        pair.Run(TimeSpan.FromSeconds(1));

        chain.RollBack(Blocks[2].Point);
        pair.Run(TimeSpan.FromSeconds(1));
        chain.Append(Blocks[3]);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(["Intersected 1", "RollForward 2", "RollForward 3", "RollBackward 2", "RollForward 3"], _seen);
    }

    [Fact]
    public void BeginsAtTheTip_WhenFollowedFromThere()
    {
        using var chain = new InMemoryChain();
        Array.ForEach(Blocks[..4], chain.Append);
        var pair = new VirtualLocalPair(new LocalService { Chain = chain });
        using IDisposable following = pair.Client.ChainSync.FollowBlocksFromTip().Subscribe(Add);
        pair.Run(TimeSpan.FromSeconds(1));

        chain.Append(Blocks[4]);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(["Intersected 3", "RollForward 4"], _seen);
    }

    [Fact]
    public void Fails_WhenABlockDoesNotStandOnTheOneBefore()
    {
        Exception? error = Follow(Blocks[0], Blocks[2]);

        var broken = Assert.IsType<BrokenLinkException>(error);
        Assert.Equal((Blocks[2].Point, Blocks[0].Hash), (broken.Point, broken.Expected));
        Assert.Equal(["Intersected -1", "RollForward 0"], _seen);
    }

    [Fact]
    public void Fails_WhenTheBodyIsNotTheOneTheHeaderCommitsTo()
    {
        byte[] damaged = Blocks[1].Span.ToArray();
        damaged[^40] ^= 1;

        Exception? error = Follow(Blocks[0], Block.FromMemory(damaged));

        Assert.Equal(BlockDefect.WrongBodyHash, Assert.IsType<InvalidBlockException>(error).Defect);
        Assert.Equal(["Intersected -1", "RollForward 0"], _seen);
    }

    [Fact]
    public void Fails_WhenItIsNoBlock() => Assert.IsType<CodecException>(Follow(Block.FromMemory(new byte[] { 0xff })));

    [Fact]
    public void AsksNoFurther_WhenCreditsAreOut()
    {
        using var chain = new InMemoryChain();
        Array.ForEach(Blocks, chain.Append);
        var pair = new VirtualLocalPair(new LocalService { Chain = chain }, o => o with { LocalChainSync = new() { HighMark = 3, LowMark = 0 } });
        var held = new Held(_seen);
        using IDisposable following = ((IPacedObservable<ChainEvent<Block>>)pair.Client.ChainSync.FollowBlocks(Point.Origin)).Subscribe(held);

        pair.Run(TimeSpan.FromSeconds(1));

        // The first of the three answers confirms the intersection.
        Assert.Equal(["Intersected", "RollForward", "RollForward"], _seen);
    }

    /// <summary>Follows a node that sends what it is told to.</summary>
    private Exception? Follow(params Block[] blocks)
    {
        var peer = new RawLocalPeer();
        Exception? error = null;
        using IDisposable following = peer.Ours.ChainSync.FollowBlocks(Point.Origin).Subscribe(Add, e => error = e);
        peer.Wait(TimeSpan.FromSeconds(1));
        peer.Send(NodeToClient.ChainSync, "830580828000");
        foreach (Block block in blocks)
        {
            peer.Send(NodeToClient.ChainSync, Convert.ToHexStringLower(
                CodecCheck.Encode(output => LocalChainSyncCodec.Write(output, LocalChainSyncMessage.RollForward(block, Tip.Origin)))));
        }

        Assert.False(peer.Ours.Completion.IsCompleted);
        return error;
    }

    private void Add(ChainEvent<Block> one) => _seen.Add($"{one.Kind} {Array.FindIndex(Blocks, block => block.Point == one.Point)}");

    private sealed class Held(List<string> seen) : IPacedObserver<ChainEvent<Block>>
    {
        public void OnNext(ChainEvent<Block> value, Credit credit) => seen.Add($"{value.Kind}");

        public void OnError(Exception error) => seen.Add("#");

        public void OnCompleted()
        {
        }
    }
}
