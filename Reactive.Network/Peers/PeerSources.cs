using System.Collections.Immutable;
using System.Reactive;
using System.Reactive.Disposables;
using System.Reactive.Subjects;
using Reactive.Network.Peers.Discovery;
using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Peers;

/// <summary>
/// What makes peers known from the outset: the groups of local roots, bootstrap peers, public roots and big ledger peers of options and topology, and what
/// their names stand for. The network's strand's.
/// </summary>
internal sealed class PeerSources(NetworkOptions options, GovernorRandom random, Action<Action> post, Action changed) : IDisposable
{
    private readonly List<LocalRootGroup> _added = [];
    private readonly SortedSet<AccessPoint> _bigLedger = [];
    private readonly HashSet<PeerAddress> _excluded = [];
    private readonly CompositeDisposable _subscriptions = [];
    private readonly BehaviorSubject<ImmutableArray<AccessPoint>> _points = new([]);
    private ImmutableSortedDictionary<AccessPoint, ImmutableArray<PeerAddress>> _resolved =
        ImmutableSortedDictionary<AccessPoint, ImmutableArray<PeerAddress>>.Empty;
    private GovernorRandom _random = random;
    private Topology _topology = new();

    /// <summary>All groups of local roots now, in an order that does not change while they stay.</summary>
    public ImmutableArray<LocalRootGroup> Groups { get; private set; } = [];

    /// <summary>Whether bootstrap peers are configured.</summary>
    public bool UsesBootstrapPeers => options.Peers.BootstrapPeers.Count > 0 || _topology.BootstrapPeers is not null;

    public void Start()
    {
        if (options.Peers.Resolver is { } resolver)
        {
            _subscriptions.Add(NameWatcher.Watch(_points, resolver, DnsSchedule.Concurrency, options.Scheduler).SubscribeSafe(Observer.Create<NameEvent>(
                told => post(() =>
                {
                    if (told is NameEvent.Resolved resolved)
                    {
                        _resolved = resolved.Addresses;
                        changed();
                    }
                }),
                static _ => { },
                static () => { })));
        }

        if (options.Peers.Topology is { } topology)
        {
            _subscriptions.Add(topology.SubscribeSafe(Observer.Create<Topology>(
                newest => post(() =>
                {
                    _topology = newest;
                    Refresh();
                }),
                static _ => { },
                static () => { })));
        }

        Refresh();
    }

    public void Dispose()
    {
        _subscriptions.Dispose();
        _points.OnCompleted();
    }

    /// <summary>A local root that the user added, instead of what was added for the same address before.</summary>
    public void Include(PeerAddress address, bool isTrustable)
    {
        _excluded.Remove(address);
        _added.RemoveAll(group => group.Peers.Contains(address));
        _added.Add(new LocalRootGroup { Peers = [address], IsTrustable = isTrustable });
        Refresh();
    }

    /// <summary>What the user added is taken back, and what names the address otherwise counts no more, until it is included or was named no longer.</summary>
    public void Exclude(PeerAddress address)
    {
        _added.RemoveAll(group => group.Peers.Contains(address));
        _excluded.Add(address);
        Refresh();
    }

    /// <summary>Takes big ledger peers from the snapshot.</summary>
    /// <returns>How many were not taken before.</returns>
    public int TakeBigLedgerPeers(int amount)
    {
        if (options.Peers.PeerSnapshot is not { } snapshot)
        {
            return 0;
        }

        GovernorRandom draws = _random;
        int found = LedgerPeers.Pick(snapshot.Pools, amount, bySquareRoot: false, () => draws.NextDouble()).Count(_bigLedger.Add);
        _random = draws;
        if (found > 0)
        {
            Refresh();
        }

        return found;
    }

    /// <summary>Every address that is named and not excluded, with what names it.</summary>
    public ImmutableArray<(PeerAddress Address, PeerOrigin Origin, int Group)> All()
    {
        ImmutableArray<(PeerAddress Address, PeerOrigin Origin, int Group)> named = [.. Named()];
        _excluded.IntersectWith(named.Select(static one => one.Address));
        return named.RemoveAll(one => _excluded.Contains(one.Address));
    }

    private IEnumerable<(PeerAddress Address, PeerOrigin Origin, int Group)> Named()
    {
        for (int i = 0; i < Groups.Length; i++)
        {
            foreach (PeerAddress address in Groups[i].Peers.SelectMany(AddressesOf))
            {
                yield return (address, PeerOrigin.LocalRoot, i);
            }
        }

        IEnumerable<AccessPoint> bootstrap = options.Peers.BootstrapPeers.Concat(_topology.BootstrapPeers ?? []);
        IEnumerable<AccessPoint> publicRoots = options.Peers.PublicRoots.Concat(_topology.PublicRoots.SelectMany(static one => one.AccessPoints));
        foreach ((IEnumerable<AccessPoint> points, PeerOrigin origin) in
            new[] { (bootstrap, PeerOrigin.Bootstrap), (publicRoots, PeerOrigin.PublicRoot), (_bigLedger, PeerOrigin.BigLedger) })
        {
            foreach (PeerAddress address in points.SelectMany(AddressesOf))
            {
                yield return (address, origin, -1);
            }
        }
    }

    private IEnumerable<PeerAddress> AddressesOf(AccessPoint point)
    {
        if (point.Port is { } port && (point.IsIPAddress || options.Peers.Resolver is null))
        {
            return [new PeerAddress(point.Address, port)];
        }

        return _resolved.TryGetValue(point, out ImmutableArray<PeerAddress> addresses) ? addresses : [];
    }

    private void Refresh()
    {
        Groups =
        [
            .. options.LocalRoots,
            .. _topology.LocalRoots.Where(static group => !group.AccessPoints.IsEmpty).Select(static group => new LocalRootGroup
            {
                Peers = group.AccessPoints,
                HotValency = group.HotValency,
                WarmValency = Math.Max(group.WarmValency, group.HotValency),
                IsTrustable = group.Trustable,
                IsAdvertised = group.Advertise,
                IsBehindFirewall = group.BehindFirewall,
                InitiatorOnly = group.InitiatorOnly,
            }),
            .. _added,
        ];
        _points.OnNext(
        [
            .. Groups.SelectMany(static group => group.Peers)
                .Concat(options.Peers.BootstrapPeers)
                .Concat(_topology.BootstrapPeers ?? [])
                .Concat(options.Peers.PublicRoots)
                .Concat(_topology.PublicRoots.SelectMany(static one => one.AccessPoints))
                .Concat(_bigLedger)
                .Where(static point => !point.IsIPAddress)
                .Distinct()
                .Order(),
        ]);
        changed();
    }
}
