using System.Reactive.Linq;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Query syntax over events and blocks of a network in memory.</summary>
public sealed class BlockQueryTests : IDisposable
{
    /// <summary>A body of this size has 111 transactions.</summary>
    private const int BusyBytes = 100_000;

    private readonly VirtualNetwork _net = new();
    private readonly InMemoryChain _chain = VirtualPair.ChainOf(20);

    public BlockQueryTests()
    {
        _net.AddNode(_chain);
        _net.AddNode(_chain, new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(30) });
        _net.Start();
    }

    public void Dispose() => _net.Dispose();

    [Fact]
    public void SelectsConfirmedBusyBlocks_WhenTheyAreAddedAtTheTip()
    {
        List<(Point Point, int Size, IPeer Peer)> seen = [];
        IObservable<(Point, int, IPeer)> busyBlocks =
            from block in _net.Network.Peers
                .SelectBestPeers(5, scheduler: _net.Time)
                .FollowChain(From.Tip, scheduler: _net.Time)
                .FetchWithFallback(scheduler: _net.Time)
                .Confirmed(depth: 3)
                .BoundedBuffer(capacity: 256, Overflow.Fail, _net.Time)
            where block.TransactionCount > 100
            select (block.Point, block.Size, block.Peer);
        using IDisposable subscription = busyBlocks.Subscribe(one => seen.Add(one));
        _net.Run(TimeSpan.FromSeconds(10));

        Block[] added = [.. Grow(2, BusyBytes), .. Grow(3, 500), .. Grow(2, BusyBytes)];

        // Of the seven the last three are not deep enough, and of the first four two are busy.
        Assert.Equal([added[0].Point, added[1].Point], seen.Select(static one => one.Point));
        Assert.All(seen, static one => Assert.True(one.Size > BusyBytes && one.Peer.Temperature == PeerTemperature.Hot));
    }

    [Fact]
    public void TakesBackWhatWasCounted_WhenAQueryFoldsEvents()
    {
        var totals = new List<int>();
        IObservable<int> count =
            _net.Network.Peers
                .SelectBestPeers(5, scheduler: _net.Time)
                .FollowChain(From.Tip, scheduler: _net.Time)
                .FetchWithFallback(scheduler: _net.Time)
                .WhereBlock(static block => block.TransactionCount > 100)
                .SelectBlock(static block => block.Slot)
                .Scan(new List<ulong>(), static (slots, e) =>
                {
                    if (e.IsRollForward)
                    {
                        slots.Add(e.Value);
                    }
                    else if (e.IsRollBackward)
                    {
                        slots.RemoveAll(slot => slot > e.Point.Slot);
                    }

                    return slots;
                })
                .Select(static slots => slots.Count);
        using IDisposable subscription = count.Subscribe(totals.Add);
        _net.Run(TimeSpan.FromSeconds(10));
        Point before = _chain.Tip.Point;
        Grow(2, BusyBytes);

        _chain.RollBack(before);
        Grow(1, BusyBytes);

        Assert.Equal([0, 1, 2, 0, 1], totals);
    }

    [Fact]
    public void TellsWhoFallsBehind_WhenOnePeerStandsStill()
    {
        List<string> seen = [];
        IObservable<string> behind =
            from e in _net.Network.Peers.OfType<PeerEvent.TipChanged>()
            let best = _net.Network.Snapshot.Max(static peer => peer.Measurements.Tip.BlockNumber)
            where e.Tip.BlockNumber + 5 < best
            select e.Peer.Name;
        InMemoryChain old = VirtualPair.ChainOf(3);
        _net.Serve(new PeerAddress("old", 3001), old);
        using IDisposable subscription = behind.Subscribe(seen.Add);
        _net.Network.Commands.OnNext(new PeerCommand.Include(new PeerAddress("old", 3001)));
        _net.Network.Peers.SelectBestPeers(5, scheduler: _net.Time).FollowChain(From.Origin, scheduler: _net.Time).Subscribe();

        _net.Run(TimeSpan.FromMinutes(2));

        Assert.All(seen, static name => Assert.Equal("old:3001", name));
        Assert.NotEmpty(seen);
    }

    private Block[] Grow(int count, int bodyBytes)
    {
        Block[] blocks = [.. new ChainGenerator(new ChainGeneratorOptions
        {
            Seed = (int)_chain.Tip.Point.Slot + bodyBytes + count,
            BodyBytes = bodyBytes,
            Parent = _chain.Tip,
        }).Take(count)];
        foreach (Block block in blocks)
        {
            _chain.Append(block);
            _net.Run(TimeSpan.FromSeconds(5));
        }

        return blocks;
    }
}
