using System.Reactive.Linq;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Discovery;

namespace Rxnet.Following;

/// <summary>Whom to follow, from where, and what.</summary>
internal sealed record FollowPlan
{
    /// <summary>Peers that are followed all at once.</summary>
    public IReadOnlyList<PeerAddress> Peers { get; init; } = [];

    /// <summary>Further peers: what a topology file says, and says later.</summary>
    public IObservable<Topology>? Topology { get; init; }

    /// <summary>The point to follow from; <see langword="null"/> for the tip of whoever answers first.</summary>
    public required Point? From { get; init; }

    /// <summary>Whether to leave the bodies.</summary>
    public bool HeadersOnly { get; init; }

    /// <summary>Everybody there is to know, now and later.</summary>
    public IObservable<Topology> Everybody => Topology is { } topology ? topology.Select(With) : Observable.Return(With(new Topology()));

    private Topology With(Topology topology) => Peers.Count == 0 ? topology : topology with
    {
        LocalRoots =
        [
            new TopologyLocalRoots
            {
                AccessPoints = [.. Peers.Distinct().Select(AccessPoint.FromPeerAddress)],
                HotValency = Peers.Distinct().Count(),
                WarmValency = Peers.Distinct().Count(),
            },
            .. topology.LocalRoots,
        ],
    };
}
