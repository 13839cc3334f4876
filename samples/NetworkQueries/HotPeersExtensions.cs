using System.Reactive.Linq;
using Reactive.Network.Operators;
using Reactive.Network.Peers;

namespace NetworkQueries;

internal static class HotPeersExtensions
{
    /// <summary>All peers that are followed now: the simplest choice there is.</summary>
    public static IObservable<PeerSelection> HotPeers(this PeerNetwork network) =>
        from change in network.Peers
        where change is PeerEvent.Snapshot or PeerEvent.TemperatureChanged
        select new PeerSelection([.. network.Snapshot.Where(static peer => peer.Temperature == PeerTemperature.Hot)], network.Chains);
}
