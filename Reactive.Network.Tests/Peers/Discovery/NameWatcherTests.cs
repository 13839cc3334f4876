using System.Collections.Immutable;
using System.Net;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Microsoft.Reactive.Testing;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Discovery;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Peers.Discovery;

public class NameWatcherTests
{
    private static readonly AccessPoint Relay = new("relay.example", 3001);

    private readonly TestScheduler _time = new();
    private readonly List<NameEvent> _seen = [];

    [Fact]
    public void TellsTheAddresses_WhenTheyAreFound()
    {
        ScriptedResolver resolver = new(_time, static _ => Found(300, "192.0.2.1"));

        using IDisposable watch = Watch(Observable.Return<ImmutableArray<AccessPoint>>([Relay]).Concat(Observable.Never<ImmutableArray<AccessPoint>>()), resolver);
        Advance(1);

        Assert.Equal(["192.0.2.1:3001"], Addresses(Assert.Single(_seen)));
    }

    [Fact]
    public void TellsNothing_WhenTheAddressesStayTheSame()
    {
        ScriptedResolver resolver = new(_time, static _ => Found(60, "192.0.2.1"));

        using IDisposable watch = Watch(Points([Relay]), resolver);
        Advance(3_600);

        Assert.Single(_seen);
        Assert.InRange(resolver.Asked, 58, 61);
    }

    [Fact]
    public void RecoversAndIsQuick_WhenDnsFailedAtTheStart()
    {
        bool works = false;
        ScriptedResolver resolver = new(_time, _ => works ? Found(300, "192.0.2.1") : new NameAnswer.Failed(NameFailure.Unavailable));
        using IDisposable watch = Watch(Points([Relay]), resolver);
        Advance(30);
        Assert.All(_seen, static told => Assert.IsType<NameEvent.Failed>(told));
        works = true;

        Advance(40);

        Assert.Equal(["192.0.2.1:3001"], Addresses(_seen[^1]));
    }

    [Fact]
    public void AsksAgain_WhenTheResolverNeverAnswers()
    {
        ScriptedResolver resolver = new(_time, static _ => null);

        using IDisposable watch = Watch(Points([Relay]), resolver);
        Advance(120);

        // 20 s without an answer, 5 s; 20 s, 15 s; 20 s, 35 s.
        Assert.Equal(4, resolver.Asked);
        Assert.Equal(3, resolver.GivenUp);
    }

    [Fact]
    public void GivesUpSooner_WhenToldTo()
    {
        ScriptedResolver resolver = new(_time, static _ => null);

        using IDisposable watch = NameWatcher.Watch(Points([Relay]), resolver, 8, NameWatcher.PublicRootTimeout, _time).Subscribe(_seen.Add);
        Advance(6);

        Assert.Equal(NameFailure.Unavailable, Assert.IsType<NameEvent.Failed>(Assert.Single(_seen)).Answer.Reason);
        Assert.Equal(1, resolver.GivenUp);
    }

    [Fact]
    public void AsksTwoAtATime_WhenThereAreManyLocalRoots()
    {
        ScriptedResolver resolver = new(_time, static _ => Found(300, "192.0.2.1")) { Delay = TimeSpan.FromSeconds(1) };

        using IDisposable watch = Watch(
            Points([.. Enumerable.Range(0, 20).Select(static i => new AccessPoint($"n{i}.example", 1))]), resolver, DnsSchedule.LocalRootConcurrency);
        Advance(15);

        Assert.Equal(20, resolver.Asked);
        Assert.Equal(2, resolver.MostAtOnce);
    }

    [Fact]
    public void FollowsTheTopology_WhenItChanges()
    {
        ScriptedResolver resolver = new(_time, static question => Found(300, question.Name == "relay.example" ? "192.0.2.1" : "192.0.2.2"));
        using Subject<ImmutableArray<AccessPoint>> points = new();
        using IDisposable watch = Watch(points, resolver);
        points.OnNext([Relay]);
        Advance(1);

        points.OnNext([new AccessPoint("other.example", 7), new AccessPoint("192.0.2.9", 9)]);
        Advance(1);

        Assert.Equal(["192.0.2.2:7", "192.0.2.9:9"], Addresses(_seen[^1]).Order());
    }

    [Fact]
    public void AsksNoMore_WhenDisposed()
    {
        ScriptedResolver resolver = new(_time, static _ => Found(60, "192.0.2.1")) { Delay = TimeSpan.FromSeconds(1) };
        IDisposable watch = Watch(Points([Relay]), resolver);
        _time.AdvanceBy(1_000);

        watch.Dispose();
        Advance(3_600);

        Assert.Empty(_seen);
        Assert.Equal((1, 1), (resolver.Asked, resolver.GivenUp));
    }

    [Fact]
    public void Fails_WhenItsSourceDoes()
    {
        InvalidOperationException broken = new();
        Exception? seen = null;
        ScriptedResolver resolver = new(_time, static _ => null);
        using IDisposable watch = NameWatcher.Watch(Observable.Throw<ImmutableArray<AccessPoint>>(broken), resolver, 1, _time)
            .Subscribe(_seen.Add, error => seen = error);

        Advance(1);

        Assert.Same(broken, seen);
        Assert.Empty(_seen);
    }

    [Fact]
    public void EndsWithTheLatest_WhateverTheOrder()
    {
        SeededScheduler.ForEachSeed(30, static time =>
        {
            Random random = new(time.Seed);
            int version = 0;
            ScriptedResolver resolver = new(time, _ => random.Next(3) == 0 ? new NameAnswer.Failed(NameFailure.Unavailable) : Found(60, $"192.0.2.{version}"))
            {
                Delay = TimeSpan.FromSeconds(1),
            };
            List<NameEvent> seen = [];
            using Subject<ImmutableArray<AccessPoint>> points = new();
            using IDisposable watch = NameWatcher.Watch(points, resolver, 2, time).Subscribe(seen.Add);
            for (version = 1; version < 10; version++)
            {
                points.OnNext([.. Enumerable.Range(0, 4).Select(i => new AccessPoint($"n{(i + version) % 6}.example", 1))]);
                time.AdvanceBy(TimeSpan.FromSeconds(random.Next(200)));
            }

            version = 200;
            random = new Random(1);
            time.AdvanceBy(TimeSpan.FromHours(3));

            NameEvent.Resolved last = seen.OfType<NameEvent.Resolved>().Last();
            Assert.Equal(4, last.Addresses.Count);
            Assert.All(last.Addresses.Values, static found => Assert.Equal([new PeerAddress("192.0.2.200", 1)], found));
            Assert.True(resolver.MostAtOnce <= 2);
        });
    }

    private static NameAnswer.Addresses Found(int seconds, string address) => new([IPAddress.Parse(address)], TimeSpan.FromSeconds(seconds));

    private static IObservable<ImmutableArray<AccessPoint>> Points(ImmutableArray<AccessPoint> points) =>
        Observable.Return(points).Concat(Observable.Never<ImmutableArray<AccessPoint>>());

    private static IEnumerable<string> Addresses(NameEvent told) =>
        Assert.IsType<NameEvent.Resolved>(told).Addresses.Values.SelectMany(static found => found).Select(static address => address.ToString());

    private void Advance(int seconds) => _time.AdvanceBy(TimeSpan.FromSeconds(seconds).Ticks);

    private IDisposable Watch(IObservable<ImmutableArray<AccessPoint>> points, IPeerResolver resolver, int maxConcurrent = DnsSchedule.Concurrency) =>
        NameWatcher.Watch(points, resolver, maxConcurrent, _time).Subscribe(_seen.Add);

    /// <summary>Answers as it is told, after a delay; <see langword="null"/> is no answer at all.</summary>
    private sealed class ScriptedResolver(IScheduler time, Func<NameQuestion, NameAnswer?> answer) : IPeerResolver
    {
        private int _running;

        public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(10);

        public int Asked { get; private set; }

        public int GivenUp { get; private set; }

        public int MostAtOnce { get; private set; }

        public IDisposable Resolve(NameQuestion question, Action<NameAnswer> done)
        {
            Asked++;
            MostAtOnce = Math.Max(MostAtOnce, ++_running);
            bool answered = false;
            IDisposable timer = answer(question) is { } found
                ? time.Schedule(Delay, () =>
                {
                    answered = true;
                    _running--;
                    done(found);
                })
                : Disposable.Empty;
            return Disposable.Create(() =>
            {
                timer.Dispose();
                if (!answered)
                {
                    _running--;
                    GivenUp++;
                }
            });
        }
    }
}
