using System.Net;
using Reactive.Network.Internal;
using Reactive.Network.Protocols.PeerSharing;

namespace Reactive.Network.Peers;

/// <summary>
/// Whom a network tells of when its peers ask: peers it is or was connected to, no local roots but those that may be told of. The choice stays for 823 s, as in
/// the reference, so that asking often does not map the network.
/// </summary>
/// <remarks>Any thread.</remarks>
internal sealed class SharedPeers(PeerEventHub peers, NetworkClock clock, Random random) : IPeerSource
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(823);

    private readonly Lock _gate = new();
    private IPEndPoint[] _choice = [];
    private TimeSpan _until = TimeSpan.MinValue;

    public IReadOnlyList<IPEndPoint> Share(int amount)
    {
        lock (_gate)
        {
            var now = TimeSpan.FromTicks(clock.Now);
            if (now >= _until || _choice.Length == 0)
            {
                _choice = [.. from peer in peers.Snapshot.OfType<NetworkPeer>()
                              where peer.MayBeShared && IPAddress.TryParse(peer.Address.Host, out _)
                              select new IPEndPoint(IPAddress.Parse(peer.Address.Host), peer.Address.Port)];
                random.Shuffle(_choice);
                if (_choice.Length > PeerSharingClient.MaxAnswer)
                {
                    _choice = _choice[..PeerSharingClient.MaxAnswer];
                }

                _until = now + Kept;
            }

            return _choice.Length <= amount ? _choice : _choice[..amount];
        }
    }
}
