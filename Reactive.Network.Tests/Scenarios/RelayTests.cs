using System.Reactive.Linq;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Nodes that follow and serve at once, in virtual time.</summary>
public class RelayTests
{
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(20);

    private static readonly InMemoryBearerOptions Path = new() { Latency = TimeSpan.FromMilliseconds(20) };

    [Fact]
    public void TheLastServesTheChain_WhenFiveRelaysStandInARow()
    {
        using var net = new VirtualNetwork();
        using InMemoryChain source = VirtualPair.ChainOf(300);
        using Row row = new(net, source, relays: 5);

        net.Run(Enough);

        Assert.All(row.Relays, relay => Assert.Equal(source.Tip, relay.Chain.Tip));
        Assert.Equal(All(source).Bytes(), All(row.Relays[^1].Chain).Bytes());
        row.ShouldBeWell();
    }

    [Fact]
    public void RollBacksGoThrough_WhenTheSourceForks()
    {
        using var net = new VirtualNetwork();
        using InMemoryChain source = VirtualPair.ChainOf(50);
        Point[] points = [.. All(source).Select(static block => block.Point)];
        using Row row = new(net, source, relays: 5);
        net.Run(Enough);
        using Client client = new(net, row.Relays[^1].Address);
        net.Run(TimeSpan.FromSeconds(2));

        source.RollBack(points[39]);
        Extend(source, 15, seed: 5);
        net.Run(Enough);

        Assert.All(row.Relays, relay => Assert.Equal(source.Tip, relay.Chain.Tip));
        Assert.Equal(All(source).Bytes(), All(row.Relays[^1].Chain).Bytes());
        ChainEvent<Header> back = Assert.Single(client.Events, static one => one.IsRollBackward);
        Assert.Equal(points[39], back.Point);
        Assert.Equal(All(source).Select(static block => block.Point), client.Fold);
        row.ShouldBeWell();
    }

    /// <summary>
    /// A turn of the scheduler costs one tick: from the arrival of the block's last bytes on, every strand that is crossed, and nothing else. No clock is
    /// waited for.
    /// </summary>
    [Fact]
    public void AnnouncesWithinSixTurns_WhenABlockArrives()
    {
        using var net = new VirtualNetwork();
        using InMemoryChain source = VirtualPair.ChainOf(10);
        using Row row = new(net, source, relays: 1);
        net.Run(Enough);
        using Client client = new(net, row.Relays[0].Address);
        net.Run(TimeSpan.FromSeconds(2));
        PeerConnection upstream = ((NetworkPeer)row.Relays[0].Network.Snapshot.Single(static peer => peer.Temperature == PeerTemperature.Hot)).Connection!;
        long arrived = 0;
        long announced = 0;
        using IDisposable tap = upstream.Frames
            .Where(static frame => frame.Direction == FrameDirection.Received && frame.Header.Protocol == NodeToNode.BlockFetch)
            .Subscribe(_ => arrived = net.Time.Clock);
        using IDisposable other = client.Connection.Frames
            .Where(static frame => frame.Direction == FrameDirection.Received && frame.Header.Protocol == NodeToNode.ChainSync)
            .Subscribe(_ => announced = announced == 0 ? net.Time.Clock : announced);
        net.Run(TimeSpan.FromMilliseconds(1));
        Assert.Equal((0, 0), (arrived, announced));

        Extend(source, 1, seed: 5);
        net.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(source.Tip.Point, client.Fold[^1]);
        long turns = announced - Path.Latency.Ticks - arrived;
        Assert.InRange(turns, 1, 6);
    }

    /// <summary>Each dials the other while it is dialled, and serves on the connections it follows on.</summary>
    [Fact]
    public void BothHaveTheChain_WhenTwoRelaysFollowEachOther()
    {
        using var net = new VirtualNetwork();
        using InMemoryChain source = VirtualPair.ChainOf(100);
        PeerAddress[] addresses = [new("source", 3001), new("relay", 3002), new("relay", 3003)];
        using PeerListener serving = net.Serve(addresses[0], source, Path);
        using VirtualRelay one = new(net, addresses[1], [addresses[0], addresses[2]], new LayeredChain(2160), Path);
        using VirtualRelay other = new(net, addresses[2], [addresses[1]], new LayeredChain(2160), Path);
        net.Run(Enough);

        source.RollBack(All(source)[79].Point);
        Extend(source, 30, seed: 5);
        net.Run(Enough);

        Assert.Equal(source.Tip, one.Chain.Tip);
        Assert.Equal(All(source).Bytes(), All(other.Chain).Bytes());
        Assert.All(
            other.Network.Snapshot.OfType<NetworkPeer>().Where(static peer => peer.Temperature == PeerTemperature.Hot),
            static peer => Assert.True(peer.Connection!.Version!.Value.IsDuplex));
        Assert.Empty(net.Faults);
        Assert.Null(one.Error);
        Assert.Null(other.Error);
    }

    [Fact]
    public void IsFollowedAcrossTheBorder_WhenAClientIntersectsInTheImmutablePart()
    {
        using var net = new VirtualNetwork();
        using InMemoryChain source = VirtualPair.ChainOf(60);
        Block[] blocks = [.. All(source)];
        using var below = new InMemoryChain();
        Array.ForEach(blocks[..40], below.Append);
        using Row row = new(net, source, relays: 1, _ => new LayeredChain(100, below));
        using Client client = new(net, row.Relays[0].Address, blocks[30].Point);

        net.Run(Enough);

        Assert.Equal(20, row.Relays[0].Chain.Count);
        Assert.Equal(blocks[31..].Select(static block => block.Point), client.Fold);
        Assert.Equal(ChainEventKind.Intersected, row.Relays[0].Events[0].Kind);
        Assert.Equal(blocks[39].Point, row.Relays[0].Events[0].Point);
        row.ShouldBeWell();
    }

    [Fact]
    public void HoldsNoMoreThanItsCapacity_WhenTheChainIsLonger()
    {
        using var net = new VirtualNetwork();
        using InMemoryChain source = VirtualPair.ChainOf(500);
        int most = 0;
        using Row row = new(net, source, relays: 2, _ => new LayeredChain(40));
        using IDisposable watch = row.Relays[0].Chain.Changes.Subscribe(_ => most = Math.Max(most, row.Relays[0].Chain.Count));

        net.Run(Enough);

        Assert.Equal(40, most);
        Assert.Equal(source.Tip, row.Relays[0].Chain.Tip);
        Assert.Null(row.Relays[0].Error);
    }

    [Fact]
    public void NobodyIsHeldUp_WhenOneClientIsSlow()
    {
        TimeSpan without = TimeToServe(slow: false);
        TimeSpan with = TimeToServe(slow: true);

        Assert.Equal(without, with);
    }

    [Fact]
    public void TellsOfClients_WhenTheyComeAndGo()
    {
        using var net = new VirtualNetwork();
        using InMemoryChain source = VirtualPair.ChainOf(5);
        using Row row = new(net, source, relays: 1);
        net.Run(Enough);

        using (Client client = new(net, row.Relays[0].Address))
        {
            net.Run(TimeSpan.FromSeconds(1));
            Assert.Single(row.Relays[0].PeerEvents.OfType<PeerEvent.Accepted>());
            Assert.Empty(row.Relays[0].PeerEvents.OfType<PeerEvent.Left>());
        }

        net.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(
            row.Relays[0].PeerEvents.OfType<PeerEvent.Accepted>().Single().Peer,
            Assert.Single(row.Relays[0].PeerEvents.OfType<PeerEvent.Left>()).Peer);
    }

    /// <summary>Whatever the source does, each relay of a row, and who follows the last one, ends up with what the source has.</summary>
    [Fact]
    public void EveryFoldIsTheSourcesChain_WhateverTheSourceDoes() => Seeds.ForEach(12, static random =>
    {
        using var net = new VirtualNetwork();
        using InMemoryChain source = VirtualPair.ChainOf(5, seed: random.Next());
        using Row row = new(net, source, relays: 3);
        using Client client = new(net, row.Relays[^1].Address);
        for (int step = 0; step < 25; step++)
        {
            net.Run(TimeSpan.FromMilliseconds(random.Next(1, 600)));
            List<Block> blocks = All(source);
            if (random.Next(3) == 0)
            {
                int depth = random.Next(1, Math.Min(8, blocks.Count));
                source.RollBack(blocks[^(depth + 1)].Point);
            }

            Extend(source, random.Next(1, 6), random.Next());
        }

        // Longer than before, so that it is what everybody chooses.
        Extend(source, 20, random.Next());
        net.Run(Enough);

        Point[] expected = [.. All(source).Select(static block => block.Point)];
        Assert.All(row.Relays, relay => Assert.Equal(expected, All(relay.Chain).Select(static block => block.Point)));
        Assert.Equal(expected, client.Fold);
        row.ShouldBeWell();
    });

    private static TimeSpan TimeToServe(bool slow)
    {
        using var net = new VirtualNetwork();
        using InMemoryChain source = VirtualPair.ChainOf(200, bodyBytes: 20_000);
        using Row row = new(net, source, relays: 1);
        using Client client = new(net, row.Relays[0].Address);
        using Client? stalled = slow ? new Client(net, row.Relays[0].Address, new InMemoryBearerOptions { BytesPerSecond = 100 }) : null;
        long until = Enough.Ticks;
        while (client.Fold.Count < 200 && net.Time.Clock < until)
        {
            net.Run(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(200, client.Fold.Count);
        Assert.Equal(source.Tip, row.Relays[0].Chain.Tip);
        Assert.True(stalled is null || stalled.Fold.Count < 20, "the slow client is not slow");
        return TimeSpan.FromTicks(net.Time.Clock);
    }

    private static List<Block> All(IChainSource chain)
    {
        List<Header> headers = chain.HeadersAfter(Point.Origin);
        return chain.Blocks(headers[0].Point, headers[^1].Point);
    }

    private static void Extend(InMemoryChain chain, int count, int seed)
    {
        foreach (Block block in new ChainGenerator(new ChainGeneratorOptions { Seed = seed, BodyBytes = 1000, Parent = chain.Tip }).Take(count))
        {
            chain.Append(block);
        }
    }

    /// <summary>A source and relays, each of which follows the one before.</summary>
    private sealed class Row : IDisposable
    {
        private readonly VirtualNetwork _net;
        private readonly PeerListener _source;

        public Row(VirtualNetwork net, IChainSource source, int relays, Func<int, LayeredChain>? chain = null)
        {
            _net = net;
            var upstream = new PeerAddress("source", 3001);
            _source = net.Serve(upstream, source, RelayTests.Path);
            for (int i = 0; i < relays; i++)
            {
                var address = new PeerAddress("relay", 3002 + i);
                Relays.Add(new VirtualRelay(net, address, [upstream], chain?.Invoke(i) ?? new LayeredChain(2160), RelayTests.Path));
                upstream = address;
            }
        }

        public List<VirtualRelay> Relays { get; } = [];

        public void ShouldBeWell()
        {
            Assert.Empty(_net.Faults);
            Assert.All(Relays, static relay => Assert.Null(relay.Error));
        }

        public void Dispose()
        {
            Relays.ForEach(static relay => relay.Dispose());
            _source.Dispose();
        }
    }

    /// <summary>A plain follower of headers, with all it was told.</summary>
    private sealed class Client : IDisposable
    {
        private readonly IDisposable _following;

        public Client(VirtualNetwork net, PeerAddress address, Point from = default)
            : this(net, address, RelayTests.Path, from)
        {
        }

        public Client(VirtualNetwork net, PeerAddress address, InMemoryBearerOptions path, Point from = default)
        {
            Connection = PeerConnection.Connect(net.Dialer.Connect(address, path), net.Options);
            _following = Connection.ChainSync.FollowHeaders(from).Subscribe(
                one =>
                {
                    Events.Add(one);
                    if (one.IsRollForward)
                    {
                        Fold.Add(one.Point);
                    }
                    else if (one.IsRollBackward)
                    {
                        Fold.RemoveRange(Fold.IndexOf(one.Point) + 1, Fold.Count - Fold.IndexOf(one.Point) - 1);
                    }
                },
                static _ => { });
        }

        public PeerConnection Connection { get; }

        public List<ChainEvent<Header>> Events { get; } = [];

        public List<Point> Fold { get; } = [];

        public void Dispose()
        {
            _following.Dispose();
            Connection.Dispose();
        }
    }
}
