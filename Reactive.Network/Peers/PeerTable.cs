using System.Collections.Immutable;
using Reactive.Network.Internal;
using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Peers;

/// <summary>The known peers, by id and by address, and what made them known. The network's strand's.</summary>
internal sealed class PeerTable(NetworkOptions options, NetworkClock clock, Action<NetworkPeer, PeerEvent> publish)
{
    private readonly SortedDictionary<PeerId, NetworkPeer> _byId = [];
    private readonly Dictionary<PeerAddress, NetworkPeer> _byAddress = [];
    private readonly Dictionary<PeerAddress, TimeSpan> _bans = [];
    private readonly List<LocalRootGroup> _groups = [];
    private int _lastId;

    public int Count => _byId.Count;

    public IEnumerable<NetworkPeer> All => _byId.Values;

    public ImmutableArray<LocalRootValency> LocalRoots { get; private set; } = [];

    /// <summary>Peers with a connection, of either side's.</summary>
    public int ConnectedCount => _byId.Values.Count(static peer => peer.Connection is not null || peer.Inbound is not null || peer.Dialling is not null);

    public NetworkPeer? Find(PeerId id) => _byId.GetValueOrDefault(id);

    public NetworkPeer? Find(PeerAddress address) => _byAddress.GetValueOrDefault(address);

    /// <summary>The peers that the options name.</summary>
    public void AddConfigured()
    {
        foreach (LocalRootGroup group in options.LocalRoots)
        {
            AddGroup(group);
        }

        Add(options.Peers.BootstrapPeers, PeerOrigin.Bootstrap);
        Add(options.Peers.PublicRoots, PeerOrigin.PublicRoot);
        Add(options.Peers.BigLedgerPeers, PeerOrigin.BigLedger);
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

    public bool IsBanned(PeerAddress address, TimeSpan now)
    {
        if (!_bans.TryGetValue(address, out TimeSpan until))
        {
            return false;
        }

        if (until <= now)
        {
            _bans.Remove(address);
            return false;
        }

        return true;
    }

    public NetworkPeer AddLocalRoot(PeerAddress address, bool isTrustable)
    {
        AddGroup(new LocalRootGroup { Peers = [address], IsTrustable = isTrustable });
        return _byAddress[address];
    }

    public NetworkPeer FindOrAdd(PeerAddress address)
    {
        if (_byAddress.TryGetValue(address, out NetworkPeer? known))
        {
            return known;
        }

        var peer = new NetworkPeer(new PeerId(++_lastId), address, clock, publish);
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

    private void AddGroup(LocalRootGroup group)
    {
        int index = _groups.Count;
        _groups.Add(group);
        int hot = Math.Min(group.HotValency ?? group.Peers.Count, group.Peers.Count);
        int warm = Math.Clamp(group.WarmValency ?? hot, hot, group.Peers.Count);
        LocalRoots = LocalRoots.Add(new LocalRootValency(hot, warm, group.IsBehindFirewall));
        foreach (PeerAddress address in group.Peers)
        {
            NetworkPeer peer = FindOrAdd(address);
            Govern(peer, PeerOrigin.LocalRoot);
            peer.Facts = peer.Facts with { LocalRootGroup = index, IsTrustable = peer.Facts.IsTrustable || group.IsTrustable };
        }
    }

    private static void Govern(NetworkPeer peer, PeerOrigin origin)
    {
        peer.IsGoverned = true;
        peer.Facts = peer.Facts with { Origin = peer.Facts.Origin | origin };
    }
}
