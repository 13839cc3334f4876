using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Peers;

/// <summary>The leader boards of one network, for the strands that fill them and the one that reads them.</summary>
internal sealed class PeerScores
{
    private readonly Lock _gate = new();
    private readonly PeerLeaderBoards _boards = new();

    public void Announced(ulong slot, PeerId peer)
    {
        lock (_gate)
        {
            _boards.Announced(slot, peer);
        }
    }

    /// <summary>A request was delivered: it counts for the slot of its first block, with all its bytes.</summary>
    public void Fetched(ulong slot, PeerId peer, long bytes)
    {
        lock (_gate)
        {
            _boards.Fetched(slot, peer, (int)Math.Min(bytes, int.MaxValue));
        }
    }

    public PeerScore Of(PeerId peer)
    {
        lock (_gate)
        {
            return _boards.ScoreOf(peer);
        }
    }
}
