using System.Collections.Immutable;
using System.Net;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Discovery;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Peers.Discovery;

public class DnsScheduleTests
{
    private static readonly AccessPoint Relay = new("relay.example", 3001);
    private static readonly AccessPoint Service = new("pool.example", null);

    [Fact]
    public void AsksNothing_WhenItIsAnAddress()
    {
        DnsSchedule schedule = new(8);
        AccessPoint point = new("192.0.2.1", 3001);
        schedule.Set([point]);

        Assert.Empty(schedule.Start(TimeSpan.Zero));
        Assert.Null(schedule.NextAt);
        Assert.Equal([new PeerAddress("192.0.2.1", 3001)], schedule.AddressesOf(point));
    }

    [Theory]
    [InlineData(0, 60)]
    [InlineData(1, 60)]
    [InlineData(60, 60)]
    [InlineData(300, 300)]
    [InlineData(900, 900)]
    [InlineData(86_400, 900)]
    public void AsksAgain_WhenTheTimeToLiveIsOver(int told, int seconds)
    {
        DnsSchedule schedule = new(8);
        schedule.Set([Relay]);
        TimeSpan now = TimeSpan.FromSeconds(1_000);
        NameQuestion question = Assert.Single(schedule.Start(now));

        schedule.Answer(question, Found(told, "192.0.2.1"), now);

        TimeSpan due = now + TimeSpan.FromSeconds(seconds);
        Assert.Equal(due, schedule.NextAt);
        Assert.Empty(schedule.Start(due - TimeSpan.FromTicks(1)));
        Assert.Equal([question], schedule.Start(due));
    }

    [Fact]
    public void WaitsTwiceAsLongAndFiveSeconds_WhenServersFail()
    {
        DnsSchedule schedule = new(8);
        schedule.Set([Relay]);
        TimeSpan now = TimeSpan.Zero;
        List<double> waits = [];
        for (int i = 0; i < 10; i++)
        {
            NameQuestion question = Assert.Single(schedule.Start(now));
            schedule.Answer(question, new NameAnswer.Failed(NameFailure.Unavailable), now);
            waits.Add((schedule.NextAt!.Value - now).TotalSeconds);
            now = schedule.NextAt!.Value;
        }

        Assert.Equal([5, 15, 35, 75, 155, 315, 635, 900, 900, 900], waits);
    }

    [Fact]
    public void WaitsAQuarterOfAnHour_WhenThereIsNoSuchName()
    {
        DnsSchedule schedule = new(8);
        schedule.Set([Relay]);

        schedule.Answer(Assert.Single(schedule.Start(TimeSpan.Zero)), new NameAnswer.Failed(NameFailure.NotFound), TimeSpan.Zero);

        Assert.Equal(TimeSpan.FromSeconds(900), schedule.NextAt);
    }

    [Fact]
    public void CountsAsNotFound_WhenTheAnswerIsOfTheWrongKindOrEmpty()
    {
        DnsSchedule schedule = new(8);
        schedule.Set([Relay, Service]);
        foreach (NameQuestion question in schedule.Start(TimeSpan.Zero))
        {
            NameAnswer answer = question.Record == NameRecord.Address ? new NameAnswer.Services([], default) : new NameAnswer.Services([], default);
            Assert.False(schedule.Answer(question, answer, TimeSpan.Zero));
        }

        Assert.Equal(TimeSpan.FromSeconds(900), schedule.NextAt);
    }

    [Fact]
    public void KeepsTheAddresses_WhenTheNameFailsLater()
    {
        DnsSchedule schedule = new(8);
        schedule.Set([Relay]);
        schedule.Answer(Assert.Single(schedule.Start(TimeSpan.Zero)), Found(60, "192.0.2.1"), TimeSpan.Zero);
        TimeSpan later = TimeSpan.FromSeconds(60);

        schedule.Answer(Assert.Single(schedule.Start(later)), new NameAnswer.Failed(NameFailure.Unavailable), later);

        Assert.Equal([new PeerAddress("192.0.2.1", 3001)], schedule.AddressesOf(Relay));
        Assert.Equal(later + TimeSpan.FromSeconds(125), schedule.NextAt);
    }

    [Fact]
    public void SaysChanged_OnlyWhenTheAddressesAreOthers()
    {
        DnsSchedule schedule = new(8);
        schedule.Set([Relay]);

        Assert.True(Answer(schedule, 0, Found(60, "192.0.2.1", "192.0.2.2")));
        Assert.False(Answer(schedule, 60, Found(60, "192.0.2.2", "192.0.2.1")));
        Assert.True(Answer(schedule, 120, Found(60, "192.0.2.2")));
    }

    [Fact]
    public void FollowsServices_WhenAPortIsNotGiven()
    {
        DnsSchedule schedule = new(8);
        schedule.Set([Service]);
        NameQuestion asked = Assert.Single(schedule.Start(TimeSpan.Zero));
        Assert.Equal(new NameQuestion("_cardano._tcp.pool.example", NameRecord.Service), asked);

        bool changed = schedule.Answer(
            asked,
            new NameAnswer.Services(
                [new ServiceRecord(1, 10, 3001, "light.example"), new ServiceRecord(1, 90, 3002, "heavy.example"), new ServiceRecord(5, 50, 3003, "spare.example")],
                TimeSpan.FromSeconds(300)),
            TimeSpan.Zero);

        // Only the best priority; the heavier first.
        Assert.True(changed);
        ImmutableArray<NameQuestion> hosts = schedule.Start(TimeSpan.Zero);
        Assert.Equal(["heavy.example", "light.example"], hosts.Select(static host => host.Name));
        schedule.Answer(hosts[0], Found(60, "192.0.2.2"), TimeSpan.Zero);
        schedule.Answer(hosts[1], Found(60, "192.0.2.1"), TimeSpan.Zero);
        Assert.Equal([new PeerAddress("192.0.2.2", 3002), new PeerAddress("192.0.2.1", 3001)], schedule.AddressesOf(Service));
    }

    [Fact]
    public void DropsHosts_WhenTheServiceNamesOthers()
    {
        DnsSchedule schedule = new(8);
        schedule.Set([Service]);
        Answer(schedule, 0, new NameAnswer.Services([new ServiceRecord(0, 0, 1, "old.example")], default));
        Answer(schedule, 0, Found(900, "192.0.2.1"));

        Answer(schedule, 60, new NameAnswer.Services([new ServiceRecord(0, 0, 1, "new.example")], default));

        Assert.Empty(schedule.AddressesOf(Service));
        Assert.Equal("new.example", Assert.Single(schedule.Start(TimeSpan.FromSeconds(60))).Name);
    }

    [Fact]
    public void IgnoresWhatIsTooMuch_WhenAnAnswerIsHuge()
    {
        DnsSchedule schedule = new(8);
        schedule.Set([Relay]);

        Answer(schedule, 0, Found(60, [.. Enumerable.Range(0, 5_000).Select(static i => $"10.1.{i / 250}.{i % 250}")]));

        Assert.Equal(DnsSchedule.MaxRecords, schedule.AddressesOf(Relay).Length);
    }

    [Theory]
    [InlineData(DnsSchedule.Concurrency)]
    [InlineData(DnsSchedule.LocalRootConcurrency)]
    public void AsksSoManyAtATime_WhenManyAreDue(int limit)
    {
        DnsSchedule schedule = new(limit);
        schedule.Set(Enumerable.Range(0, 30).Select(static i => new AccessPoint($"n{i:00}.example", 1)));

        ImmutableArray<NameQuestion> first = schedule.Start(TimeSpan.Zero);
        Assert.Equal(limit, first.Length);
        Assert.Empty(schedule.Start(TimeSpan.Zero));
        Assert.Null(schedule.NextAt);

        schedule.Answer(first[0], Found(60, "192.0.2.1"), TimeSpan.Zero);
        Assert.Single(schedule.Start(TimeSpan.Zero));
    }

    [Fact]
    public void GivesThePlaceBack_WhenANameIsDroppedWhileAsked()
    {
        DnsSchedule schedule = new(1);
        schedule.Set([Relay]);
        NameQuestion asked = Assert.Single(schedule.Start(TimeSpan.Zero));
        schedule.Set([new AccessPoint("other.example", 1)]);

        Assert.False(schedule.Answer(asked, Found(60, "192.0.2.1"), TimeSpan.Zero));

        Assert.Equal("other.example", Assert.Single(schedule.Start(TimeSpan.Zero)).Name);
    }

    [Fact]
    public void LeavesNoNameOut_WhateverTheServersDo()
    {
        Seeds.ForEach(15, static random =>
        {
            int limit = 1 + random.Next(8);
            DnsSchedule schedule = new(limit);
            AccessPoint[] points = [.. Enumerable.Range(0, 25).Select(static i => new AccessPoint($"n{i}.example", i % 3 == 0 ? null : 3001))];
            schedule.Set(points);
            Dictionary<string, int> asked = [];
            List<(TimeSpan At, NameQuestion Question)> running = [];
            TimeSpan now = TimeSpan.Zero;
            for (int step = 0; step < 1_500; step++)
            {
                foreach (NameQuestion question in schedule.Start(now))
                {
                    asked[question.Name] = asked.GetValueOrDefault(question.Name) + 1;
                    running.Add((now + TimeSpan.FromSeconds(random.NextDouble() * 20), question));
                }

                Assert.True(running.Count <= limit);
                TimeSpan next = running.Count > 0 ? running.Min(static one => one.At) : TimeSpan.MaxValue;
                if (schedule.NextAt is { } due && due < next)
                {
                    Assert.True(due > now, "busy loop");
                    now = due;
                    continue;
                }

                now = next;
                int index = running.FindIndex(one => one.At == next);
                NameQuestion answered = running[index].Question;
                running.RemoveAt(index);
                schedule.Answer(answered, RandomAnswer(random, answered), now);
            }

            Assert.All(points, point => Assert.True(asked.GetValueOrDefault(point.Question!.Value.Name) >= 3, $"{point} was left out"));
        });
    }

    private static NameAnswer RandomAnswer(Random random, NameQuestion question) => random.Next(4) switch
    {
        0 => new NameAnswer.Failed(NameFailure.Unavailable),
        1 => new NameAnswer.Failed(NameFailure.NotFound),
        _ when question.Record == NameRecord.Service =>
            new NameAnswer.Services([new ServiceRecord(0, random.Next(3), 3001, $"host{random.Next(5)}.example")], TimeSpan.FromSeconds(random.Next(2_000))),
        _ => Found(random.Next(2_000), $"192.0.2.{random.Next(3)}"),
    };

    private static NameAnswer.Addresses Found(int seconds, params string[] addresses) =>
        new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(seconds));

    private static bool Answer(DnsSchedule schedule, int atSeconds, NameAnswer answer)
    {
        TimeSpan now = TimeSpan.FromSeconds(atSeconds);
        return schedule.Answer(schedule.Start(now).First(), answer, now);
    }
}
