namespace Reactive.Network.Peers.Governance;

/// <summary>
/// Who announced first and who delivered first, over the last <see cref="Slots"/> slots with an entry: about an hour of mainnet blocks. Each event costs
/// the same whatever the number of peers. Not thread-safe: it has one owner.
/// </summary>
public sealed class PeerLeaderBoards
{
    /// <summary>Entries kept on each board; an older one gives way.</summary>
    public const int Slots = 180;

    private readonly Board _announced = new();
    private readonly Board _fetched = new();

    /// <summary>A peer sent the header of a slot. Counts if it is the first to, for a slot not older than the board.</summary>
    public void Announced(ulong slot, PeerId peer) => _announced.Add(slot, peer, 0);

    /// <summary>A peer delivered the block of a slot. Counts if it is the first to, for a slot not older than the board.</summary>
    public void Fetched(ulong slot, PeerId peer, int bytes) => _fetched.Add(slot, peer, bytes);

    /// <summary>A peer's entries.</summary>
    public PeerScore ScoreOf(PeerId peer)
    {
        (long announced, _) = _announced.Of(peer);
        (long blocks, long bytes) = _fetched.Of(peer);
        return new PeerScore(announced, blocks, bytes);
    }

    /// <summary>One board: the entries by slot, and what each peer has of them.</summary>
    private sealed class Board
    {
        private readonly SortedDictionary<ulong, (PeerId Peer, int Bytes)> _entries = [];
        private readonly Dictionary<PeerId, (long Count, long Bytes)> _sums = [];

        public (long Count, long Bytes) Of(PeerId peer) => _sums.GetValueOrDefault(peer);

        public void Add(ulong slot, PeerId peer, int bytes)
        {
            if (!_entries.TryAdd(slot, (peer, bytes)))
            {
                return;
            }

            Sum(peer, 1, bytes);
            if (_entries.Count > Slots)
            {
                (ulong oldest, (PeerId of, int size)) = _entries.First();
                _entries.Remove(oldest);
                Sum(of, -1, -size);
            }
        }

        private void Sum(PeerId peer, int count, int bytes)
        {
            (long counted, long summed) = _sums.GetValueOrDefault(peer);
            if (counted + count == 0)
            {
                _sums.Remove(peer);
            }
            else
            {
                _sums[peer] = (counted + count, summed + bytes);
            }
        }
    }
}
