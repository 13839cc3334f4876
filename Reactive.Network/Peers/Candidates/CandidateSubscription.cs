using Reactive.Network.Chain;

namespace Reactive.Network.Peers.Candidates;

/// <summary>One reader of the candidate chains: what changed for it, and how far it got, which is what decides how far peers are asked ahead.</summary>
/// <remarks>
/// One thread at a time, except for <see cref="Dispose"/>. No queue: a change replaces an older one of the same peer, so that at most one per peer waits.
/// </remarks>
public sealed class CandidateSubscription : IDisposable
{
    private readonly CandidateChains _chains;
    private readonly Queue<CandidatePeer> _changed = new();
    private readonly Dictionary<CandidatePeer, bool> _rolledBack = [];
    private readonly Action _wake;

    internal CandidateSubscription(CandidateChains chains, From from, Action wake) => (_chains, From, _wake) = (chains, from, wake);

    /// <summary>Where it was to begin.</summary>
    public From From { get; }

    /// <summary>Where it begins; <see langword="null"/> until a peer has found the place.</summary>
    public CandidateHeader? Start { get; internal set; }

    /// <summary>
    /// The places of <see cref="From"/> that are less preferred than <see cref="Start"/>: what the reader knows its chain to go through below it, newest first.
    /// </summary>
    public IEnumerable<Point> PointsBelowStart =>
        Start is { } start ? From.Points.SkipWhile(point => point != start.Point).Skip(1) : [];

    /// <summary>How far the reader got. Under the lock of the tree.</summary>
    internal CandidateHeader? Position { get; set; }

    /// <summary>How far it got, also when it has ended. Under the lock of the tree.</summary>
    internal CandidateHeader? Last { get; set; }

    internal CandidateChains Chains => _chains;

    internal Action WakeUp => _wake;

    /// <summary>The next change, if there is one.</summary>
    public bool TryTake(out CandidateChange change)
    {
        lock (_chains.Gate)
        {
            if (!_changed.TryDequeue(out CandidatePeer? peer))
            {
                change = default;
                return false;
            }

            _rolledBack.Remove(peer, out bool rolledBack);
            change = new CandidateChange(peer.Peer, peer.IsGone ? null : peer.Head, rolledBack);
            return true;
        }
    }

    /// <summary>
    /// The reader is, or is about to be, as far as <paramref name="position"/>: that and what is below it is held for it, whoever leaves. To be called before
    /// what lies up to there is used.
    /// </summary>
    /// <returns>
    /// <see langword="false"/> where it has been dropped, since the last peer that had it left or another reader is too far ahead: nothing has changed, and there
    /// may be changes to take.
    /// </returns>
    public bool MoveTo(CandidateHeader position)
    {
        ArgumentNullException.ThrowIfNull(position);
        return _chains.MoveTo(this, position);
    }

    /// <summary>Ends it: peers are no longer asked ahead for this reader.</summary>
    public void Dispose() => _chains.Remove(this);

    /// <summary>Under the lock of the tree.</summary>
    internal void Note(CandidatePeer peer, bool rolledBack)
    {
        if (_rolledBack.TryAdd(peer, rolledBack))
        {
            _changed.Enqueue(peer);
        }
        else if (rolledBack)
        {
            _rolledBack[peer] = true;
        }
    }
}
