using System.Collections.Immutable;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Microsoft.Reactive.Testing;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public sealed class SelectBestPeersTests : IDisposable
{
    private readonly TestScheduler _time = new();
    private readonly Subject<PeerEvent> _source = new();
    private readonly CandidateChains _chains = new();
    private readonly List<string> _seen = [];
    private readonly FakePeer _one = new(1);
    private readonly FakePeer _two = new(2);
    private readonly FakePeer _three = new(3);
    private IDisposable? _subscription;
    private int _rankings;

    public void Dispose()
    {
        _subscription?.Dispose();
        _source.Dispose();
    }

    [Fact]
    public void OpensWithAnEmptySelection_WhenNobodyIsHot()
    {
        List<PeerSelection> selections = [];
        _one.Temperature = PeerTemperature.Warm;
        _subscription = _source.SelectBestPeers(2, null, _time).Subscribe(selections.Add);

        Snapshot(_one);
        Run();

        Assert.Empty(Assert.Single(selections).Peers);
        Assert.Same(_chains, selections[0].Chains);
    }

    [Fact]
    public void TellsNothing_WhenNothingIsKnown()
    {
        Select(1);

        Hot(_one);
        Run();

        Assert.Empty(_seen);
    }

    [Fact]
    public void OrdersByCostThenById_WhenSeveralAreHot()
    {
        Measure(_one, 0.3);
        Measure(_two, 0.1);
        Measure(_three, 0.1);
        Select(3);

        Snapshot(_three, _one, _two);
        Run();

        Assert.Equal(["231"], _seen);
    }

    [Fact]
    public void TellsTheNewestOnly_WhenSeveralEventsComeAtOnce()
    {
        Measure(_one, 0.3);
        Measure(_two, 0.1);
        Select(1);

        Snapshot();
        Hot(_one);
        Hot(_two);
        Run();

        Assert.Equal(["2"], _seen);
    }

    [Fact]
    public void LeavesAPeer_WhenItIsNoLongerHotOrKnown()
    {
        Select(3);
        Snapshot(_one, _two, _three);
        Run();

        _source.OnNext(new PeerEvent.TemperatureChanged(_two, PeerTemperature.Hot, PeerTemperature.Warm, null));
        Run();
        _source.OnNext(new PeerEvent.Removed(_one));
        Run();
        Snapshot(_two);
        Run();

        Assert.Equal(["123", "13", "3", "2"], _seen);
    }

    [Fact]
    public void TellsNothing_WhenNothingChanged()
    {
        Select(2);
        Snapshot(_one, _two);
        Run();

        Snapshot(_one, _two);
        _source.OnNext(new PeerEvent.Measured(_one, _one.Measurements));
        _source.OnNext(new PeerEvent.Added(_three));
        _source.OnNext(new PeerEvent.Measured(_three, _three.Measurements));
        Run();

        Assert.Equal(["12"], _seen);
    }

    [Fact]
    public void DoesNotFlap_WhenMeasurementsAreNoisy()
    {
        var random = new Random(1);
        Select(1, Custom);
        Measure(_one, 0.100);
        Measure(_two, 0.105);
        Snapshot(_one, _two);
        Run();

        for (int i = 0; i < 1000; i++)
        {
            FakePeer peer = random.Next(2) == 0 ? _one : _two;
            Measure(peer, 0.1 + (random.NextDouble() * 0.015));
            Told(peer);
        }

        Assert.Equal(["1"], _seen);
    }

    [Fact]
    public void Switches_WhenAnotherIsClearlyBetter()
    {
        Select(1, Custom);
        Measure(_one, 0.2);
        Measure(_two, 0.3);
        Snapshot(_one, _two);
        Run();

        Measure(_two, 0.17);
        Told(_two);
        Measure(_two, 0.1);
        Told(_two);
        Measure(_one, 0.09);
        Told(_one);

        Assert.Equal(["1", "2"], _seen);
    }

    [Fact]
    public void FollowsSlowDrift_WhenNoSingleStepIsNews()
    {
        Select(1, Custom);
        Measure(_one, 0.2);
        Measure(_two, 0.3);
        Snapshot(_one, _two);
        Run();

        for (double cost = 0.2; cost < 0.6; cost += 0.005)
        {
            Measure(_one, cost);
            Told(_one);
        }

        Assert.Equal(["1", "2"], _seen);
    }

    [Fact]
    public void LendsTheLastPlace_WhenAPeerIsNotMeasured()
    {
        Measure(_one, 0.1);
        Measure(_two, 0.1);
        Select(2);

        Snapshot(_one, _two, _three);
        Run();
        // It turns out to be slow: the place is another's again.
        Measure(_three, 5);
        Told(_three);

        Assert.Equal(["13", "12"], _seen);
    }

    [Fact]
    public void TakesThePlaceBack_WhenAPeerWasNotMeasuredInItsTime()
    {
        var four = new FakePeer(4);
        Measure(_one, 0.1);
        Measure(_two, 0.1);
        Select(2);
        Snapshot(_one, _two, _three, four);
        Run();

        _time.AdvanceBy(TimeSpan.FromSeconds(59).Ticks);
        string before = _seen[^1];
        _time.AdvanceBy(TimeSpan.FromMinutes(10).Ticks);

        Assert.Equal("13", before);
        Assert.Equal(["13", "14", "12"], _seen);
        long clock = _time.Clock;
        _time.Start();
        Assert.Equal(clock, _time.Clock);
    }

    [Fact]
    public void LendsNoPlace_WhenThereIsOnlyOne()
    {
        Measure(_one, 0.1);
        Select(1);

        Snapshot(_one, _two);
        Run();

        Assert.Equal(["1"], _seen);
    }

    [Fact]
    public void PrefersWhoIsAtTheTip_WhenOthersAreBehind()
    {
        Select(2);
        Measure(_one, 0.1, tip: 100);
        Measure(_two, 0.2, tip: 100);
        Measure(_three, 0.3, tip: 100);
        Snapshot(_one, _two, _three);
        Run();

        Measure(_two, 0.2, tip: 104);
        Told(_two);
        Measure(_three, 0.3, tip: 104);
        Told(_three);

        Assert.Equal(["12", "23"], _seen);
    }

    [Fact]
    public void BelievesNoSinglePeer_WhenItsTipIsFarAbove()
    {
        Select(2);
        Measure(_one, 0.1, tip: 100);
        Measure(_two, 0.2, tip: 100);
        Measure(_three, 0.3, tip: ulong.MaxValue);

        Snapshot(_one, _two, _three);
        Run();

        Assert.Equal(["12"], _seen);
    }

    [Fact]
    public void AsksTheRanking_WhenOneIsGiven()
    {
        Select(1, static (measured, _) => -measured.DeliveredBlocks);
        _one.Measurements = new PeerMeasurements { DeliveredBlocks = 10 };
        _two.Measurements = new PeerMeasurements { DeliveredBlocks = 20 };

        Snapshot(_one, _two);
        Run();

        Assert.Equal(["2"], _seen);
    }

    [Fact]
    public void TakesItForTheWorst_WhenACostIsNotANumber()
    {
        Select(1, static (measured, _) => measured.Failures > 0 ? double.NaN : 1e9);
        _one.Measurements = new PeerMeasurements { Failures = 1 };

        Snapshot(_one, _two);
        Run();

        Assert.Equal(["2"], _seen);
    }

    [Fact]
    public void Fails_WhenTheRankingThrows()
    {
        Select(1, static (_, _) => throw new FormatException());

        Snapshot(_one);
        Run();

        Assert.Equal("# FormatException", _seen[^1]);
        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void EndsBehindTheLastSelection_WhenTheSourceDoes()
    {
        Select(1);
        Snapshot(_one);
        _source.OnCompleted();
        using IDisposable failing = Observable.Throw<PeerEvent>(new FormatException()).SelectBestPeers(1, null, _time)
            .Subscribe(static _ => { }, e => _seen.Add($"# {e.GetType().Name}"));

        Run();

        Assert.Equal(["1", "|", "# FormatException"], _seen);
    }

    [Fact]
    public void StopsAtOnceAndLeavesTheTimer_WhenDisposed()
    {
        Measure(_one, 0.1);
        Measure(_two, 0.1);
        Select(2);
        Snapshot(_one, _two, _three);
        Run();
        Snapshot();

        _subscription!.Dispose();
        _time.Start();

        Assert.Equal(["13"], _seen);
        Assert.False(_source.HasObservers);
        Assert.True(_time.Clock < TimeSpan.FromSeconds(1).Ticks);
    }

    [Fact]
    public void LeavesTheSourceAndThrows_WhenTheObserverThrows()
    {
        _subscription = _source.SelectBestPeers(1, null, _time).Subscribe(static _ => throw new FormatException());
        Snapshot(_one);

        Assert.Throws<FormatException>(Run);

        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void CostsOneRankingPerEvent_WhenThereAreFiveHundredPeers()
    {
        var random = new Random(5);
        FakePeer[] peers = [.. Enumerable.Range(1, 500).Select(static id => new FakePeer(id))];
        Array.ForEach(peers, peer => Measure(peer, random.NextDouble(), tip: 1000));
        Select(5);
        Snapshot(peers);
        Run();
        int opened = _rankings;

        const int Events = 5000;
        ulong best = 1000;
        for (int i = 0; i < Events; i++)
        {
            FakePeer peer = peers[random.Next(peers.Length)];
            best += i % 100 == 0 ? 1UL : 0;
            Measure(peer, random.NextDouble(), tip: best - (ulong)random.Next(2));
            Told(peer);
        }

        // One for each event, and one more each time that a peer comes to be behind: at most once for each of its own events.
        Assert.Equal(500, opened);
        Assert.InRange(_rankings - opened, Events, 2 * Events);
    }

    [Fact]
    public void AgreesWithSorting_WhenTurnsRunInAnyOrder() => SeededScheduler.ForEachSeed(150, time =>
    {
        var random = new Random(time.Seed);
        using var source = new Subject<PeerEvent>();
        FakePeer[] peers = [.. Enumerable.Range(1, 12).Select(static id => new FakePeer(id) { Temperature = PeerTemperature.Cold })];
        PeerSelection? last = null;
        int count = 1 + random.Next(4);
        using IDisposable subscription = source.SelectBestPeers(count, Custom, time).Subscribe(selection => last = selection);
        source.OnNext(new PeerEvent.Snapshot([.. peers], _chains));
        for (int i = 0; i < 200; i++)
        {
            FakePeer peer = peers[random.Next(peers.Length)];
            PeerTemperature before = peer.Temperature;
            Measure(peer, random.NextDouble());
            peer.Temperature = random.Next(5) == 0 ? PeerTemperature.Warm : PeerTemperature.Hot;
            source.OnNext(before != peer.Temperature ? new PeerEvent.TemperatureChanged(peer, before, peer.Temperature, null)
                : random.Next(50) == 0 ? new PeerEvent.Snapshot([.. peers], _chains)
                : new PeerEvent.Measured(peer, peer.Measurements));
            time.AdvanceBy(TimeSpan.FromTicks(random.Next(4)));
        }

        time.AdvanceBy(TimeSpan.FromHours(1));

        IPeer[] hot = [.. peers.Where(static peer => peer.Temperature == PeerTemperature.Hot)];
        Assert.Equal(Math.Min(count, hot.Length), last!.Peers.Length);
        Assert.All(last.Peers, static peer => Assert.Equal(PeerTemperature.Hot, peer.Temperature));
        // Nobody is left out who is better by more than what hysteresis and noise allow.
        double worst = last.Peers.IsEmpty ? 0 : last.Peers.Max(static peer => Cost(peer));
        Assert.All(hot.Except(last.Peers), peer => Assert.True(Cost(peer) > (worst * 0.65) - 0.05, $"{Cost(peer)} is left out, {worst} is in"));
    });

    private static double Cost(IPeer peer) => peer.Measurements.HeaderLag!.Value.TotalSeconds;

    private static double Custom(PeerMeasurements measured, bool isBehind) => measured.HeaderLag?.TotalSeconds ?? 1;

    private static void Measure(FakePeer peer, double lag, ulong tip = 0) => peer.Measurements = new PeerMeasurements
    {
        HeaderLag = TimeSpan.FromSeconds(lag),
        BytesPerSecond = 1_000_000,
        Latency = TimeSpan.FromMilliseconds(20),
        Tip = new Tip(Point.Origin, tip),
    };

    private void Select(int count, PeerRanking? ranking = null)
    {
        ranking ??= PeerRankings.ByDelivery;
        _subscription = _source.SelectBestPeers(count, (measured, isBehind) => (++_rankings, ranking(measured, isBehind)).Item2, _time).Subscribe(
            selection => _seen.Add(string.Concat(selection.Peers.Select(static peer => peer.Id.Value))),
            error => _seen.Add($"# {error.GetType().Name}"),
            () => _seen.Add("|"));
    }

    private void Snapshot(params ImmutableArray<IPeer> peers) => _source.OnNext(new PeerEvent.Snapshot(peers, _chains));

    private void Snapshot(FakePeer[] peers) => Snapshot(peers.ToImmutableArray<IPeer>());

    private void Hot(FakePeer peer) => _source.OnNext(new PeerEvent.TemperatureChanged(peer, PeerTemperature.Warm, PeerTemperature.Hot, null));

    private void Told(FakePeer peer)
    {
        _source.OnNext(new PeerEvent.Measured(peer, peer.Measurements));
        Run();
    }

    private void Run() => _time.AdvanceBy(10);
}
