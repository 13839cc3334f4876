using System.Collections.Immutable;
using Reactive.Network.Internal;
using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Peers;

/// <summary>The known peers, by id and by address, and what made them known. The network's strand's.</summary>
internal sealed class PeerTable(NetworkOptions options, NetworkClock clock, PeerScores scores, Action<NetworkPeer, PeerEvent> publish)
{
    private readonly SortedDictionary<PeerId, NetworkPeer> _byId = [];
    private readonly Dictionary<PeerAddress, NetworkPeer> _byAddress = [];
    private readonly Dictionary<PeerAddress, TimeSpan> _bans = [];
    private ImmutableArray<LocalRootGroup> _groups = [];
    private int _lastId;

    public int Count => _byId.Count;

    /// <summary>Addresses that are banned, or were when it was last asked when the next ban ends.</summary>
    public int BanCount => _bans.Count;

    public IEnumerable<NetworkPeer> All => _byId.Values;

    public ImmutableArray<LocalRootValency> LocalRoots { get; private set; } = [];

    /// <summary>Peers with a connection, of either side's.</summary>
    public int ConnectedCount => _byId.Values.Count(static peer => peer.Connection is not null || peer.Inbound is not null || peer.Dialling is not null);

    public NetworkPeer? Find(PeerId id) => _byId.GetValueOrDefault(id);

    public NetworkPeer? Find(PeerAddress address) => _byAddress.GetValueOrDefault(address);

    /// <summary>What names peers has changed: those newly named are added, those no longer named lose what they were named for.</summary>
    public void Apply(ImmutableArray<LocalRootGroup> groups, IEnumerable<(PeerAddress Address, PeerOrigin Origin, int Group)> named)
    {
        const PeerOrigin Configured = PeerOrigin.LocalRoot | PeerOrigin.Bootstrap | PeerOrigin.PublicRoot | PeerOrigin.BigLedger;
        _groups = groups;
        foreach (NetworkPeer peer in _byId.Values)
        {
            peer.Facts = peer.Facts with { Origin = peer.Facts.Origin & ~Configured, LocalRootGroup = -1, IsTrustable = false };
        }

        int[] sizes = new int[groups.Length];
        foreach ((PeerAddress address, PeerOrigin origin, int group) in named)
        {
            NetworkPeer peer = FindOrAdd(address);
            Govern(peer, origin);
            if (group >= 0 && peer.Facts.LocalRootGroup < 0)
            {
                sizes[group]++;
                peer.Facts = peer.Facts with { LocalRootGroup = group, IsTrustable = groups[group].IsTrustable };
                peer.MayBeShared = groups[group].IsAdvertised;
            }
        }

        LocalRoots = [.. groups.Select((group, i) =>
        {
            int hot = Math.Min(group.HotValency ?? sizes[i], sizes[i]);
            return new LocalRootValency(hot, Math.Clamp(group.WarmValency ?? hot, hot, sizes[i]), group.IsBehindFirewall);
        })];
    }

    /// <summary>Takes peers among those that the governor decides on.</summary>
    /// <returns>How many were not among them.</returns>
    public int Add(IEnumerable<PeerAddress> addresses, PeerOrigin origin)
    {
        int found = 0;
        foreach (PeerAddress address in addresses)
        {
            NetworkPeer peer = FindOrAdd(address);
            found += peer.IsGoverned ? 0 : 1;
            Govern(peer, origin);
        }

        return found;
    }

    /// <summary>Bans an address until then, or lifts its ban.</summary>
    public void Ban(PeerAddress address, TimeSpan? until)
    {
        if (until is { } time)
        {
            _bans[address] = time;
        }
        else
        {
            _bans.Remove(address);
        }
    }

    /// <summary>Forgets the bans that are over.</summary>
    /// <returns>When the next one ends; <see langword="null"/> where none does.</returns>
    public TimeSpan? NextBanEnd(TimeSpan now)
    {
        TimeSpan? next = null;
        foreach ((PeerAddress address, TimeSpan until) in _bans)
        {
            if (until <= now)
            {
                _bans.Remove(address);
            }
            else if (until != TimeSpan.MaxValue && (next is null || until < next))
            {
                next = until;
            }
        }

        return next;
    }

    public bool IsBanned(PeerAddress address, TimeSpan now) => _bans.TryGetValue(address, out TimeSpan until) && until > now;

    public NetworkPeer FindOrAdd(PeerAddress address)
    {
        if (_byAddress.TryGetValue(address, out NetworkPeer? known))
        {
            return known;
        }

        var peer = new NetworkPeer(new PeerId(++_lastId), address, clock, scores, publish);
        _byId.Add(peer.Id, peer);
        _byAddress.Add(address, peer);
        publish(peer, new PeerEvent.Added(peer));
        return peer;
    }

    public void Remove(NetworkPeer peer)
    {
        if (_byId.Remove(peer.Id))
        {
            _byAddress.Remove(peer.Address);
            publish(peer, new PeerEvent.Removed(peer));
        }
    }

    /// <summary>The options of a connection to a peer.</summary>
    public NetworkOptions OptionsFor(NetworkPeer peer, int seed)
    {
        LocalRootGroup? group = peer.Facts.LocalRootGroup >= 0 ? _groups[peer.Facts.LocalRootGroup] : null;
        NetworkOptions chosen = options with { Seed = seed };
        if (peer.Facts.IsTrustable)
        {
            chosen = chosen with { ChainSync = chosen.ChainSync with { TrustPeer = true } };
        }

        return group is { InitiatorOnly: true } ? chosen with { Serve = null } : chosen;
    }

    /// <summary>The address of a peer that connected to us: its own end, which another node can use only where it shares its listening port.</summary>
    public static PeerAddress AddressOf(PeerConnection connection) =>
        PeerAddress.TryParse(connection.RemoteName, out PeerAddress address) ? address : new PeerAddress(connection.RemoteName, 0);

    private static void Govern(NetworkPeer peer, PeerOrigin origin)
    {
        peer.IsGoverned = true;
        peer.Facts = peer.Facts with { Origin = peer.Facts.Origin | origin };
    }
}
