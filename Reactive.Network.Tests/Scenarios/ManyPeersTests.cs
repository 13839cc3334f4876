using System.Collections.Immutable;
using System.Reactive.Subjects;
using Microsoft.Reactive.Testing;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>What one event costs a query, with few hot peers and with many: looks at peers, work scheduled and bytes allocated.</summary>
public class ManyPeersTests(ITestOutputHelper output)
{
    private const int Few = 10;
    private const int Many = 500;

    /// <summary>Half before what is looked at: code is compiled and lists have grown.</summary>
    private const int Rounds = 40;

    [Fact]
    public void CostsTheSame_WhenOneMorePeerAnnouncesAHeader() => CostsTheSame(static query => query.Announce());

    [Fact]
    public void CostsTheSame_WhenARoundTripWasMeasured() => CostsTheSame(static query => query.MeasureOne());

    [Fact]
    public void CostsTheSame_WhenATipChanges() => CostsTheSame(static query => query.MoveOneTip());

    private void CostsTheSame(Func<Query, Cost> act)
    {
        Cost few = Of(Few, act);
        Cost many = Of(Many, act);

        output.WriteLine($"{Few} peers: {few}; {Many} peers: {many}");
        Assert.True(few.Turns > 0);
        Assert.InRange(many.Looks, 0, few.Looks);
        Assert.InRange(many.Turns, 0, few.Turns);

        // A walk over a sorted tree has a stack as deep as the tree.
        Assert.InRange(many.Bytes, 0, few.Bytes * 3 / 2);
    }

    private static Cost Of(int peers, Func<Query, Cost> act)
    {
        using var query = new Query(peers);
        Cost[] costs = [.. Enumerable.Range(0, Rounds).Select(_ => act(query)).Skip(Rounds / 2)];
        return new Cost(Median(costs.Select(static one => one.Looks)), Median(costs.Select(static one => one.Turns)), Median(costs.Select(static one => one.Bytes)));
    }

    private static long Median(IEnumerable<long> values) => values.Order().ElementAt(Rounds / 4);

    private readonly record struct Cost(long Looks, long Turns, long Bytes);

    /// <summary>The five best of so many hot peers, of which all announce one chain.</summary>
    private sealed class Query : IDisposable
    {
        private readonly TestScheduler _time = new();
        private readonly Subject<PeerEvent> _events = new();
        private readonly FakeChains _chains = new();
        private readonly CountedPeer[] _peers;
        private readonly IDisposable _subscription;
        private Block _last;
        private long _looks;
        private long _turns;
        private int _followed;
        private int _round;

        public Query(int peers)
        {
            var scheduler = new CountingScheduler(_time, () => _turns++);
            _peers = [.. Enumerable.Range(1, peers).Select(id => new CountedPeer(id, () => _looks++))];
            foreach (CountedPeer peer in _peers)
            {
                _chains.Join(peer);
            }

            _subscription = _events.SelectBestPeers(5, scheduler: scheduler)
                .FollowChain(From.Origin, scheduler: scheduler)
                .Subscribe(_ => _followed++);
            _events.OnNext(new PeerEvent.Snapshot([.. _peers.ToImmutableArray<IPeer>()], _chains.Chains));
            Run();
            _last = FakeChains.Blocks(1)[0];
            _chains.Announce(_peers[0], _last);
            AnnounceOfAll(from: 1);
        }

        /// <summary>The last peer announces what all others had announced.</summary>
        public Cost Announce()
        {
            Grow();
            _chains.Announce(_peers[0], _last);
            for (int i = 1; i < _peers.Length - 1; i++)
            {
                _chains.Announce(_peers[i], _last);
            }

            Run();
            int before = _followed;
            Cost cost = CostOf(() => _chains.Announce(_peers[^1], _last));
            Assert.Equal(before, _followed);
            Assert.Equal(++_round + 2, _followed);
            return cost;
        }

        /// <summary>A peer that is not among the best has answered a keep-alive.</summary>
        public Cost MeasureOne()
        {
            CountedPeer peer = _peers[^(1 + (_round++ % 3))];
            peer.Measured = peer.Measured with { RoundTrip = TimeSpan.FromMilliseconds(60 + _round) };
            return CostOf(() => _events.OnNext(new PeerEvent.Measured(peer, peer.Measured)));
        }

        /// <summary>A second peer says that its chain is one block longer: what makes others count as behind moves.</summary>
        public Cost MoveOneTip()
        {
            var tip = new Tip(Point.Origin, (ulong)++_round);
            Tell(_peers[0], tip);
            Run();
            Cost cost = CostOf(() => Tell(_peers[1], tip));
            foreach (CountedPeer peer in _peers[2..])
            {
                Tell(peer, tip);
            }

            Run();
            return cost;
        }

        public void Dispose()
        {
            _subscription.Dispose();
            _events.Dispose();
        }

        private void Tell(CountedPeer peer, Tip tip)
        {
            peer.Measured = peer.Measured with { Tip = tip };
            _events.OnNext(new PeerEvent.TipChanged(peer, tip));
        }

        private void Grow() => _last = FakeChains.Blocks(1, _last)[0];

        private void AnnounceOfAll(int from)
        {
            foreach (CountedPeer peer in _peers[from..])
            {
                _chains.Announce(peer, _last);
            }

            Run();
        }

        private Cost CostOf(Action act)
        {
            (long looks, long turns) = (_looks, _turns);
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            act();
            Run();
            return new Cost(_looks - looks, _turns - turns, GC.GetAllocatedBytesForCurrentThread() - bytes);
        }

        private void Run() => _time.AdvanceBy(TimeSpan.TicksPerMillisecond);
    }

    /// <summary>A hot peer that counts each look at it.</summary>
    private sealed class CountedPeer(int id, Action looked) : IPeer
    {
        public PeerMeasurements Measured { get; set; } = new()
        {
            HeaderLag = TimeSpan.FromMilliseconds(id),
            RoundTrip = TimeSpan.FromMilliseconds(50),
            BytesPerSecond = 1_000_000,
            Latency = TimeSpan.FromMilliseconds(50),
        };

        public string Name => Looked($"peer{id}");

        public PeerId Id => Looked(new PeerId(id));

        public PeerTemperature Temperature => Looked(PeerTemperature.Hot);

        public PeerMeasurements Measurements => Looked(Measured);

        public IObservable<Block> Fetch(IReadOnlyList<BlockRequest> blocks) => throw new NotSupportedException();

        public void Report(Evidence evidence)
        {
        }

        private T Looked<T>(T value)
        {
            looked();
            return value;
        }
    }
}
