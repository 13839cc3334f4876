using Reactive.Network.Chain;

namespace Reactive.Network.Peers;

/// <summary>
/// Which transactions were received lately, and which are asked for now: so that each is asked of two peers at most, and delivered once.
/// </summary>
/// <remarks>
/// Remembers the last <see cref="MaxSeen"/>; what is asked for is bounded by the windows of the peers. Any thread.
/// </remarks>
internal sealed class SeenTransactions
{
    /// <summary>Ids remembered. At 40 bytes each, some 400 KB; hours of mainnet.</summary>
    public const int MaxSeen = 8192;

    /// <summary>Peers that one transaction is asked of at a time: the second in case the first never delivers. The reference's figure.</summary>
    private const int MaxAsked = 2;

    private readonly Lock _gate = new();
    private readonly HashSet<TransactionId> _seen = [];
    private readonly Queue<TransactionId> _order = new();
    private readonly Dictionary<TransactionId, int> _asked = [];

    /// <summary>Whether to ask one more peer for it.</summary>
    public bool TryAsk(TransactionId id)
    {
        lock (_gate)
        {
            int asked = _asked.GetValueOrDefault(id);
            if (_seen.Contains(id) || asked >= MaxAsked)
            {
                return false;
            }

            _asked[id] = asked + 1;
            return true;
        }
    }

    /// <summary>A peer sent it, or will not.</summary>
    public void Answered(TransactionId id)
    {
        lock (_gate)
        {
            if (_asked.TryGetValue(id, out int asked))
            {
                if (asked == 1)
                {
                    _asked.Remove(id);
                }
                else
                {
                    _asked[id] = asked - 1;
                }
            }
        }
    }

    /// <summary>It is there.</summary>
    /// <returns>Whether for the first time.</returns>
    public bool TryAdd(TransactionId id)
    {
        lock (_gate)
        {
            if (!_seen.Add(id))
            {
                return false;
            }

            _order.Enqueue(id);
            if (_order.Count > MaxSeen)
            {
                _seen.Remove(_order.Dequeue());
            }

            return true;
        }
    }
}
