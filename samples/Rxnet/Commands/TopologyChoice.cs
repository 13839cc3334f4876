using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Reactive.Network;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Discovery;
using Rxnet.Following;

namespace Rxnet.Commands;

/// <summary>What <c>--topology</c> says: a file that names peers, and is watched.</summary>
internal static class TopologyChoice
{
    /// <summary>Options for what the file says when it is read first: names are looked up, and where it wants relays of the ledger, its snapshot is used.</summary>
    /// <exception cref="TopologyException">It, or the snapshot that it names, cannot be read.</exception>
    public static NetworkOptions Load(string path, NetworkOptions options)
    {
        Topology topology = TopologyFile.Load(path);
        PeerOptions peers = options.Peers with { Resolver = options.Peers.Resolver ?? new SystemResolver() };
        return options with
        {
            Peers = topology is { PeerSnapshotFile: { } snapshot, UseLedgerAfterSlot: >= 0 }
                ? peers with { PeerSnapshot = PeerSnapshotFile.Load(snapshot) }
                : peers,
        };
    }

    /// <summary>What the file says, now and later.</summary>
    /// <param name="path">The file.</param>
    /// <param name="scheduler">Whose time counts.</param>
    /// <param name="rejected">Told when it has become unreadable; what it said before holds then.</param>
    public static IObservable<Topology> Watch(string path, IScheduler scheduler, IObserver<FollowEvent> rejected) =>
        TopologyWatcher.Watch(new WatchedFile(path), scheduler)
            .Do(read =>
            {
                if (read is TopologyEvent.Rejected(var error))
                {
                    rejected.OnNext(new FollowEvent.TopologyRejected(error.Message));
                }
            })
            .OfType<TopologyEvent.Loaded>()
            .Select(static read => read.Topology);
}
