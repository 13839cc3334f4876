using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Pacing;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Peers;

/// <summary>
/// Follows the headers of one hot peer into the tree of candidate chains, as far ahead of the readers as the tree allows: the only user of the
/// peer's chain-sync.
/// </summary>
/// <remarks>
/// Its own state is touched on the strand of chain-sync and, for a restart, under a lock. Credits that wait for readers: at most the chain-sync window
/// (300), owner this, policy: the peer is not asked.
/// </remarks>
internal sealed class HeaderFollower : IDisposable
{
    /// <summary>Intersections that may be missed before the peer is taken to be on another chain.</summary>
    private const int MaxTries = 2;

    /// <summary>A peer that is followed apart from the others is asked again whether it has their chain after so many of its headers.</summary>
    private const int HeadersApart = 20;

    private readonly Lock _gate = new();
    private readonly NetworkPeer _peer;
    private readonly ChainSyncClient _client;
    private readonly CandidateChains _chains;
    private readonly NetworkClock _clock;
    private readonly Action<NetworkException?> _failed;
    private readonly SerialDisposable _following = new();
    private int _tries;
    private bool _disposed;

    /// <param name="peer">Whom.</param>
    /// <param name="client">Its chain-sync.</param>
    /// <param name="chains">Where to.</param>
    /// <param name="clock">Whose time.</param>
    /// <param name="failed">
    /// Called once when following cannot go on: the peer is at fault, or its connection has ended; <see langword="null"/> where nobody is, and only a new
    /// connection can begin at another place.
    /// </param>
    public HeaderFollower(NetworkPeer peer, ChainSyncClient client, CandidateChains chains, NetworkClock clock, Action<NetworkException?> failed)
    {
        _peer = peer;
        _client = client;
        _chains = chains;
        _clock = clock;
        _failed = failed;
        _chains.Restarted += OnRestarted;
    }

    public void Start() => Restart();

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        _chains.Restarted -= OnRestarted;
        _following.Dispose();
        _chains.Remove(_peer);
    }

    private void OnRestarted()
    {
        if (_client.IsAwaitingReply)
        {
            ReconnectInstead();
            return;
        }

        Restart();
    }

    /// <summary>The peer's chain may not change for minutes, and before it does chain-sync can do nothing else.</summary>
    private void ReconnectInstead() => End(null);

    /// <summary>Finds an intersection anew. Chain-sync drains what the last use had asked for before it begins the next.</summary>
    private void Restart() => Begin(_chains.IntersectionPoints(out int version), version);

    private void Begin(IReadOnlyList<Point> points, int version)
    {
        if (points.Count > 0)
        {
            Follow(points, version, areOffered: true);
            return;
        }

        // Nothing is held and nobody reads from an older place: at the peer's tip.
        FollowFromTip(version);
    }

    private void FollowFromTip(int version) => Use(
        version,
        () => _client.FindTipUnlessWaiting(ReconnectInstead).Subscribe(tip => Follow([tip.Point], version, areOffered: false), Fail));

    private void Follow(IReadOnlyList<Point> points, int version, bool areOffered) => Use(
        version,
        () => _client.FollowUnlessWaiting(points, ReconnectInstead).Subscribe(new Reader(this, version, areOffered)));

    /// <summary>
    /// Puts a use of chain-sync in the place of the last one. One at a time: readers make it begin anew on their threads while it begins on its own, and chain-sync
    /// would refuse the second of two.
    /// </summary>
    private void Use(int version, Func<IDisposable> subscribe)
    {
        lock (_gate)
        {
            // Who changed the version begins with the new one; behind that, the older would be deaf to all that comes.
            if (!_disposed && _chains.StartVersion == version)
            {
                var use = new SingleAssignmentDisposable();
                _following.Disposable = use;
                use.Disposable = subscribe();
            }
        }
    }

    private void Fail(Exception error) => End(error as NetworkException ?? new Multiplexing.HandlerException("chain-sync", error));

    private void End(NetworkException? error)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        _failed(error);
    }

    private bool IsCurrent(int version)
    {
        lock (_gate)
        {
            return !_disposed && _chains.StartVersion == version;
        }
    }

    /// <summary>One use of chain-sync.</summary>
    private sealed class Reader(HeaderFollower owner, int version, bool areOffered) : IPacedObserver<ChainSyncEvent>
    {
        private readonly Lock _gate = new();
        private readonly Queue<Credit> _held = new();
        private CandidateHeader? _reached;
        private int _apart;
        private bool _stopped;

        public void OnNext(ChainSyncEvent value, Credit credit)
        {
            if (_stopped || !owner.IsCurrent(version))
            {
                value.Dispose();
                credit.Return();
                return;
            }

            try
            {
                owner._peer.SawTip(value.Tip);
                switch (value.Kind)
                {
                    case ChainEventKind.Intersected:
                        credit.Return();
                        if (!owner._chains.Intersected(owner._peer, value.Point, value.Tip, areOffered))
                        {
                            _stopped = true;
                            owner.Restart();
                        }

                        break;
                    case ChainEventKind.RollForward:
                        Announce(value, credit);
                        break;
                    case ChainEventKind.RollBackward:
                        RollBack(value.Point, credit);
                        break;
                }
            }
#pragma warning disable CA1031 // what a validator throws ends the use of this peer, as a header that it refuses does; not the process
            catch (Exception error) when (error is not OutOfMemoryException)
#pragma warning restore CA1031
            {
                _stopped = true;
                owner.Fail(error);
            }
            finally
            {
                value.Dispose();
            }
        }

        public void OnError(Exception error)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            if (error is IntersectionNotFoundException && owner.IsCurrent(version) && !owner._chains.IsStartWanted && owner._tries++ < MaxTries)
            {
                // Its tip moved between two questions, or what others announced since following began at the tip is not on its chain yet. It is followed
                // from its own tip, apart from the others, until its chain has grown.
                owner.FollowFromTip(version);
                return;
            }

            owner.Fail(error);
        }

        public void OnCompleted()
        {
        }

        private void Announce(in ChainSyncEvent value, Credit credit)
        {
            var now = TimeSpan.FromTicks(owner._clock.Now);
            CandidateHeader? reached = owner._chains.Announce(owner._peer, value.Header, now, out bool isFirst);
            if (reached is null)
            {
                credit.Return();
                return;
            }

            if (owner._tries > 0 && ++_apart == HeadersApart)
            {
                _stopped = true;
                credit.Return();
                owner.Restart();
                return;
            }

            owner._peer.Announced(reached.Point.Slot, isFirst ? TimeSpan.Zero : now - reached.FirstAnnouncedAt, isFirst);
            bool wait;
            lock (_gate)
            {
                _reached = reached;
                wait = _held.Count > 0 || !owner._chains.MayAdvance(reached);
                if (wait)
                {
                    _held.Enqueue(credit);
                    wait = _held.Count == 1;
                }
                else
                {
                    credit.Return();
                }
            }

            if (wait)
            {
                owner._chains.WaitForReaders(reached, Resume);
            }
        }

        /// <summary>Readers got further: on their thread.</summary>
        private void Resume()
        {
            CandidateHeader reached;
            lock (_gate)
            {
                reached = _reached!;
                if (owner._chains.MayAdvance(reached))
                {
                    while (_held.TryDequeue(out Credit credit))
                    {
                        credit.Return();
                    }

                    return;
                }
            }

            owner._chains.WaitForReaders(reached, Resume);
        }

        private void RollBack(Point point, Credit credit)
        {
            credit.Return();
            if (!owner._chains.RollBack(owner._peer, point))
            {
                // Deeper than what is held of its chain: it may still share an older place with it.
                _stopped = true;
                owner.Restart();
            }
        }
    }
}
