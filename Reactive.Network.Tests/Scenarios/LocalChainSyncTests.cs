using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Local chain-sync from a node to its client, in virtual time, and each half against bytes.</summary>
public class LocalChainSyncTests
{
    private static readonly Block[] Blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 1, BodyBytes = 1000 }).Take(100)];

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(262_144)]
    public void DeliversEveryBlock_WhenFollowedFromOrigin(int chunk)
    {
        var pair = new VirtualLocalPair(new LocalService { Chain = ChainOf(20) }, bearer: new() { MaxChunk = chunk });
        var events = new List<LocalChainSyncEvent>();
        using IDisposable follow = pair.Client.ChainSync.Follow(Point.Origin).Subscribe(events.Add);

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(NodeToClient.NewestVersion, pair.Client.Version?.Version);
        Assert.Equal(ChainEventKind.Intersected, events[0].Kind);
        Assert.Equal(Blocks[..20].Select(block => block.Point), events.Skip(1).Select(e => e.Point));
        Assert.True(Blocks[19].Span.SequenceEqual(events[^1].Block.Span));
        Assert.Equal(Blocks[19].Point, events[^1].Tip.Point);
    }

    [Fact]
    public void TellsOfNewBlocksAndOfRollBacks_WhenTheChainChanges()
    {
        InMemoryChain chain = ChainOf(10);
        var pair = new VirtualLocalPair(new LocalService { Chain = chain });
        var seen = new List<ChainEvent<Block>>();
        using IDisposable follow = pair.Client.ChainSync.Follow(Blocks[4].Point).Subscribe(e => seen.Add(e.ToChainEvent()));
        pair.Run(TimeSpan.FromSeconds(1));

        chain.RollBack(Blocks[6].Point);
        pair.Run(TimeSpan.FromSeconds(1));
        chain.Append(Blocks[7]);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(
            ["Intersected 5", .. Enumerable.Range(6, 5).Select(n => $"RollForward {n}"), "RollBackward 7", "RollForward 8"],
            seen.Select(e => $"{e.Kind} {Array.FindIndex(Blocks, block => block.Point == e.Point) + 1}"));
    }

    [Fact]
    public void FailsWithTheTip_WhenNoPointIsOnTheChain()
    {
        var pair = new VirtualLocalPair(new LocalService { Chain = ChainOf(10) });
        Exception? error = null;
        using IDisposable follow = pair.Client.ChainSync.Follow(Blocks[50].Point).Subscribe(_ => { }, e => error = e);

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(Blocks[9].Point, Assert.IsType<IntersectionNotFoundException>(error).Tip.Point);
        Assert.False(pair.Client.Completion.IsCompleted);
    }

    [Fact]
    public void TellsTheTip_WhenAsked()
    {
        var pair = new VirtualLocalPair(new LocalService { Chain = ChainOf(10) });
        var tips = new List<Tip>();
        using IDisposable find = pair.Client.ChainSync.FindTip().Subscribe(tips.Add);

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(Blocks[9].Point, Assert.Single(tips).Point);
    }

    [Fact]
    public void AsksForNoMoreThanTheHighMark_WhenNothingIsConsumed()
    {
        var pair = new VirtualLocalPair(new LocalService { Chain = ChainOf(100) }, o => o with { LocalChainSync = new() { HighMark = 8, LowMark = 4 } });
        var held = new Held();
        using IDisposable follow = ((IPacedObservable<LocalChainSyncEvent>)pair.Client.ChainSync.Follow(Point.Origin)).Subscribe(held);

        pair.Run(TimeSpan.FromSeconds(1));
        int before = held.Credits.Count;
        held.Credits.ForEach(credit => credit.Return());
        pair.Run(TimeSpan.FromSeconds(1));

        // The first of eight answers confirms the intersection, which is not told twice; the intersection itself counts against nothing.
        Assert.Equal((1 + 7, 1 + 7 + 8), (before, held.Credits.Count));
    }

    [Fact]
    public void WaitsForAYear_WhenThereIsNothingNew()
    {
        var pair = new VirtualLocalPair(new LocalService { Chain = ChainOf(1) });
        using IDisposable follow = pair.Client.ChainSync.Follow(Point.Origin).Subscribe();

        pair.Run(TimeSpan.FromDays(365));

        Assert.False(pair.Client.Completion.IsCompleted);
        Assert.False(pair.Node.Completion.IsCompleted);
    }

    [Fact]
    public void SaysDoneAndEndsByAgreement_WhenDisposed()
    {
        var pair = new VirtualLocalPair(new LocalService { Chain = ChainOf(5) });
        pair.Client.ChainSync.Follow(Point.Origin).Subscribe().Dispose();
        pair.Run(TimeSpan.FromSeconds(1));

        ValueTask disposed = pair.Client.DisposeAsync();
        pair.Run(TimeSpan.FromSeconds(3));

        Assert.True(disposed.IsCompletedSuccessfully);
        Assert.True(pair.Node.Completion.IsCompleted);
        Assert.Null(pair.NodeCause);
    }

    [Fact]
    public void EndsAsUnknown_WhenTheServiceHasNoChain()
    {
        var peer = new RawLocalPeer(new LocalService());

        peer.Send(NodeToClient.ChainSync, "8100");

        Assert.Equal(MuxFailure.UnknownProtocol, Assert.IsType<MuxException>(peer.Cause).Failure);
    }

    [Fact]
    public void RollsBackToOriginFirst_WhenAClientAsksWithoutAnIntersection()
    {
        var peer = new RawLocalPeer(new LocalService { Chain = ChainOf(1) });

        peer.Send(NodeToClient.ChainSync, "8100");
        peer.Send(NodeToClient.ChainSync, "8100");
        peer.Send(NodeToClient.ChainSync, "8100");

        LocalChainSyncMessage[] heard = [.. peer.Heard.Select(hex => LocalChainSyncCodec.Read(Convert.FromHexString(hex)))];
        Assert.Equal([ChainSyncMessageKind.RollBackward, ChainSyncMessageKind.RollForward, ChainSyncMessageKind.AwaitReply], heard.Select(m => m.Kind));
        Assert.Equal(Point.Origin, heard[0].Point);
        Assert.Equal(Blocks[0].Point, heard[1].Block.Point);
    }

    [Theory]
    [InlineData("8101", "AwaitReply")]
    [InlineData("830380828000", "RollBackward")]
    public void EndsTheConnection_WhenAClientSaysWhatANodeSays(string hex, string kind)
    {
        var peer = new RawLocalPeer(new LocalService { Chain = ChainOf(1) });

        peer.Send(NodeToClient.ChainSync, hex);

        var cause = Assert.IsType<Reactive.Network.Protocols.ProtocolViolationException>(peer.Cause);
        Assert.Equal((ProtocolViolation.UnexpectedMessage, "local-chain-sync"), (cause.Violation, cause.Protocol));
        Assert.Contains(kind, cause.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EndsTheConnection_WhenANodeSendsAHeader()
    {
        var peer = new RawLocalPeer();
        Exception? error = null;
        using IDisposable follow = peer.Ours.ChainSync.Follow(Point.Origin).Subscribe(_ => { }, e => error = e);
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(NodeToClient.ChainSync, "830580828000");
        peer.Send(NodeToClient.ChainSync, "83028206d818483c4845414445523e828000");

        Assert.Same(Assert.IsType<CodecException>(peer.Cause), error);
    }

    [Fact]
    public void DeliversTheBytes_WhenABlockCannotBeRead()
    {
        var peer = new RawLocalPeer();
        var events = new List<LocalChainSyncEvent>();
        using IDisposable follow = peer.Ours.ChainSync.Follow(Point.Origin).Subscribe(events.Add);
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(NodeToClient.ChainSync, "830580828000");
        peer.Send(NodeToClient.ChainSync, "8302d81842ffff828000");

        Assert.Equal("FFFF", Convert.ToHexString(events[^1].Block.Span));
        Assert.Throws<CodecException>(() => events[^1].Point);
        Assert.Null(peer.Cause);
    }

    [Fact]
    public void EndsAsLocal_WhenTheSourceTellsOfABlockThatItDoesNotHave()
    {
        var peer = new RawLocalPeer(new LocalService { Chain = new Blockless(ChainOf(3)) });

        peer.Send(NodeToClient.ChainSync, "81008100");

        Assert.Equal(Fault.Local, Assert.IsType<ChainSourceException>(peer.Cause).Fault);
    }

    [Fact]
    public void RollsBack_WhenTheBlockIsGoneBetweenTheTwoLooks()
    {
        InMemoryChain chain = ChainOf(3);
        var source = new Blockless(chain);
        var peer = new RawLocalPeer(new LocalService { Chain = source });
        source.Reading = () => chain.RollBack(Point.Origin);

        peer.Send(NodeToClient.ChainSync, "81008100");

        Assert.Equal(
            [ChainSyncMessageKind.RollBackward, ChainSyncMessageKind.RollBackward],
            peer.Heard.Select(hex => LocalChainSyncCodec.Read(Convert.FromHexString(hex)).Kind));
        Assert.Null(peer.Cause);
    }

    [Fact]
    public void ReadsNoMoreUntilThereIsRoomAgain_WhenMoreThanEightMebibytesOfRequestsWait()
    {
        Block[] large = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 2, BodyBytes = 20_000 }).Take(200)];
        var chain = new InMemoryChain();
        Array.ForEach(large, chain.Append);
        var peer = new RawLocalPeer(new LocalService { Chain = chain });
        Point[] unknown = [.. Enumerable.Range(1, 5000).Select(slot => new Point((ulong)slot, default))];
        byte[] search = Protocols.CodecCheck.Encode(output => LocalChainSyncCodec.Write(output, LocalChainSyncMessage.FindIntersect(unknown)));

        // 4 MB of answers that are not read; behind them 13 MB of requests.
        peer.PauseReading();
        peer.Send(NodeToClient.ChainSync, string.Concat(Enumerable.Repeat("8100", 1 + large.Length)));
        for (int i = 0; i < 70; i++)
        {
            peer.Send(NodeToClient.ChainSync, search, sduBytes: 65_535);
        }

        peer.Wait(TimeSpan.FromSeconds(20));
        (bool HeldUp, bool Closed) before = (peer.IsHeldUp, peer.IsClosed);
        peer.ResumeReading();
        peer.Wait(TimeSpan.FromSeconds(20));

        Assert.Equal((true, false), before);
        Assert.False(peer.IsHeldUp);
        Assert.Null(peer.Cause);
        Assert.Equal(
            [.. Enumerable.Repeat("83", 1 + large.Length), .. Enumerable.Repeat("82", 70)], peer.Heard.Select(hex => hex[..2]));
    }

    private static InMemoryChain ChainOf(int count)
    {
        var chain = new InMemoryChain();
        foreach (Block block in Blocks[..count])
        {
            chain.Append(block);
        }

        return chain;
    }

    private sealed class Held : IPacedObserver<LocalChainSyncEvent>
    {
        public List<Credit> Credits { get; } = [];

        public void OnNext(LocalChainSyncEvent value, Credit credit) => Credits.Add(credit);

        public void OnError(Exception error)
        {
        }

        public void OnCompleted()
        {
        }
    }

    /// <summary>Tells of headers and has no blocks.</summary>
    private sealed class Blockless(InMemoryChain chain) : IChainSource
    {
        public Action? Reading { get; set; }

        public Tip Tip => chain.Tip;

        public IObservable<Tip> Changes => chain.Changes;

        public IChainCursor Follow() => chain.Follow();

        public IBlockCursor? ReadRange(Point first, Point last)
        {
            Reading?.Invoke();
            return null;
        }
    }
}
