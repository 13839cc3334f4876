using System.Collections.Immutable;
using System.Net;

namespace Reactive.Network.Peers.Discovery;

/// <summary>
/// Which names to look up when, and what they stand for: times to live, retries after failures, and how many look-ups at a time. No clock and no I/O:
/// whoever drives it tells the time and asks the questions. Not thread-safe: it has one owner.
/// </summary>
public sealed class DnsSchedule
{
    /// <summary>Look-ups at a time for public roots, bootstrap and ledger peers.</summary>
    public const int Concurrency = 8;

    /// <summary>Look-ups at a time for local roots.</summary>
    public const int LocalRootConcurrency = 2;

    /// <summary>Of the addresses of one name, and of the records of one service, more than this are ignored: an answer is not to fill our memory.</summary>
    public const int MaxRecords = 64;

    /// <summary>Answers hold this long at least, whatever they say.</summary>
    public static readonly TimeSpan MinTimeToLive = TimeSpan.FromSeconds(60);

    /// <summary>Answers hold this long at most, and a name that does not exist is asked for again after it.</summary>
    public static readonly TimeSpan MaxTimeToLive = TimeSpan.FromSeconds(900);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);

    private readonly int _maxConcurrent;
    private readonly SortedDictionary<NameQuestion, Entry> _entries = [];
    private ImmutableSortedSet<AccessPoint> _points = [];
    private int _running;

    /// <summary>A schedule without names.</summary>
    /// <param name="maxConcurrent">Look-ups at a time: 1 or more.</param>
    public DnsSchedule(int maxConcurrent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrent, 1);
        _maxConcurrent = maxConcurrent;
    }

    /// <summary>Sets what is to be looked up. What is known of names that stay is kept.</summary>
    public void Set(IEnumerable<AccessPoint> points)
    {
        _points = [.. points];
        Rewire();
    }

    /// <summary>The questions to ask now: those that are due, as far as the limit on look-ups at a time goes. Each is to be answered by <see cref="Answer"/>.</summary>
    public ImmutableArray<NameQuestion> Start(TimeSpan now)
    {
        ImmutableArray<NameQuestion>.Builder questions = ImmutableArray.CreateBuilder<NameQuestion>();

        // Who waits longest goes first: with more names than places none is left out for ever.
        foreach ((NameQuestion question, Entry entry) in _entries.OrderBy(static pair => pair.Value.DueAt).ThenBy(static pair => pair.Key))
        {
            if (_running >= _maxConcurrent || entry.DueAt > now)
            {
                break;
            }

            if (!entry.IsRunning)
            {
                entry.IsRunning = true;
                _running++;
                questions.Add(question);
            }
        }

        return questions.ToImmutable();
    }

    /// <summary>When <see cref="Start"/> will have another question, if nothing else happens; <see langword="null"/> where only an answer or <see cref="Set"/> can bring one.</summary>
    public TimeSpan? NextAt
    {
        get
        {
            if (_running >= _maxConcurrent)
            {
                return null;
            }

            TimeSpan? next = null;
            foreach (Entry entry in _entries.Values)
            {
                if (!entry.IsRunning && (next is null || entry.DueAt < next))
                {
                    next = entry.DueAt;
                }
            }

            return next;
        }
    }

    /// <summary>Takes the answer to a question that <see cref="Start"/> returned.</summary>
    /// <returns>Whether what the access points stand for may have changed.</returns>
    public bool Answer(NameQuestion question, NameAnswer answer, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(answer);
        _running--;
        if (!_entries.TryGetValue(question, out Entry? entry) || !entry.IsRunning)
        {
            // Nobody wants to know any more: Set dropped it while it was asked for.
            return false;
        }

        entry.IsRunning = false;
        switch (answer)
        {
            case NameAnswer.Addresses(var found, var timeToLive) when question.Record == NameRecord.Address && found.Length > 0:
                entry.Hold(Clip(timeToLive), now);
                ImmutableArray<IPAddress> addresses = Ordered(found);
                bool changed = !addresses.AsSpan().SequenceEqual(entry.Addresses.AsSpan());
                entry.Addresses = addresses;
                return changed;

            case NameAnswer.Services(var found, var timeToLive) when question.Record == NameRecord.Service && found.Length > 0:
                entry.Hold(Clip(timeToLive), now);
                ImmutableArray<ServiceRecord> services = Best(found);
                if (services.AsSpan().SequenceEqual(entry.Services.AsSpan()))
                {
                    return false;
                }

                entry.Services = services;
                Rewire();
                return true;

            case NameAnswer.Failed(NameFailure.Unavailable, _):
                entry.Hold(Shorter((entry.TimeToLive * 2) + FirstRetry, MaxTimeToLive), now);
                return false;

            default:
                // What was found before is kept: a name that vanished for a moment is no reason to drop its peers.
                entry.Hold(MaxTimeToLive, now);
                return false;
        }
    }

    /// <summary>The addresses that an access point stands for now: none before the first answer, those of the last good answer after a failure.</summary>
    public ImmutableArray<PeerAddress> AddressesOf(AccessPoint point)
    {
        if (point.Question is not { } question)
        {
            return point.Port is { } port ? [new PeerAddress(point.Address, port)] : [];
        }

        if (!_entries.TryGetValue(question, out Entry? entry))
        {
            return [];
        }

        if (question.Record == NameRecord.Address)
        {
            return [.. entry.Addresses.Select(address => new PeerAddress(address.ToString(), point.Port!.Value))];
        }

        return
        [
            .. entry.Services.SelectMany(service => AddressesOf(new AccessPoint(service.Target, service.Port))).Distinct().Take(MaxRecords),
        ];
    }

    private static TimeSpan Clip(TimeSpan timeToLive) => timeToLive < MinTimeToLive ? MinTimeToLive : Shorter(timeToLive, MaxTimeToLive);

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>In an order of their own: servers rotate their answers, and a rotation is no change.</summary>
    private static ImmutableArray<IPAddress> Ordered(ImmutableArray<IPAddress> found) =>
        [.. found.Take(MaxRecords).DistinctBy(static address => address.ToString()).OrderBy(static address => address.ToString(), StringComparer.Ordinal)];

    /// <summary>The records of the best priority, the heaviest first.</summary>
    private static ImmutableArray<ServiceRecord> Best(ImmutableArray<ServiceRecord> found)
    {
        int best = found.Min(static record => record.Priority);
        return
        [
            .. found.Where(record => record.Priority == best && record.Port is >= 1 and <= IPEndPoint.MaxPort).Distinct()
                .OrderByDescending(static record => record.Weight).ThenBy(static record => record.Target, StringComparer.Ordinal)
                .ThenBy(static record => record.Port).Take(MaxRecords),
        ];
    }

    /// <summary>Makes the questions those of the access points, and of the hosts that their services name.</summary>
    private void Rewire()
    {
        SortedSet<NameQuestion> wanted = [];
        foreach (AccessPoint point in _points)
        {
            if (point.Question is not { } question || !wanted.Add(question) || !_entries.TryGetValue(question, out Entry? entry))
            {
                continue;
            }

            foreach (ServiceRecord service in entry.Services)
            {
                if (new AccessPoint(service.Target, service.Port).Question is { } host)
                {
                    wanted.Add(host);
                }
            }
        }

        foreach (NameQuestion unwanted in _entries.Keys.Where(question => !wanted.Contains(question)).ToArray())
        {
            _entries.Remove(unwanted);
        }

        foreach (NameQuestion question in wanted)
        {
            _entries.TryAdd(question, new Entry());
        }
    }

    private sealed class Entry
    {
        public bool IsRunning { get; set; }

        public TimeSpan DueAt { get; private set; } = TimeSpan.MinValue;

        public TimeSpan TimeToLive { get; private set; }

        public ImmutableArray<IPAddress> Addresses { get; set; } = [];

        public ImmutableArray<ServiceRecord> Services { get; set; } = [];

        public void Hold(TimeSpan time, TimeSpan now)
        {
            TimeToLive = time;
            DueAt = now + time;
        }
    }
}
