using System.Collections.Immutable;
using System.Reactive.Concurrency;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Rxnet.Following;

namespace Rxnet.Output;

/// <summary>What has been followed so far, in numbers. Any thread.</summary>
internal sealed class FollowStatistics
{
    private readonly Lock _gate = new();
    private readonly RateMeter _blockRate;
    private readonly RateMeter _byteRate;
    private readonly IStopwatch _clock;
    private readonly Dictionary<string, PeerStatus> _peers = [];
    private readonly List<string> _order = [];
    private Snapshot _now = new();

    /// <param name="peers">Those that are known beforehand, each with what it is to others, where that is known; the rest follow as they are heard of.</param>
    /// <param name="scheduler">Whose time counts.</param>
    public FollowStatistics(IEnumerable<(string Peer, string? Role)> peers, IScheduler scheduler)
    {
        _blockRate = new RateMeter(scheduler);
        _byteRate = new RateMeter(scheduler);
        _clock = scheduler.StartStopwatch();
        foreach ((string peer, string? role) in peers)
        {
            Set(StatusOf(peer) with { Role = role });
        }
    }

    public void Add(FollowEvent followed)
    {
        lock (_gate)
        {
            switch (followed)
            {
                case FollowEvent.Intersect(var point, var tip):
                    _now = _now with { Point = point, Tip = tip };
                    break;
                case FollowEvent.RollForward(var point, var block, var tip):
                    _blockRate.Add(1);
                    _byteRate.Add(block.Bytes);
                    _now = _now with
                    {
                        Point = point,
                        Height = block.Height,
                        Tip = Newer(tip, new Tip(point, block.Height)),
                        Blocks = _now.Blocks + 1,
                        Bytes = _now.Bytes + block.Bytes,
                    };
                    PeerStatus by = StatusOf(block.Peer);
                    Set(by with { Blocks = by.Blocks + 1, Bytes = by.Bytes + block.Bytes });
                    break;
                case FollowEvent.RollBackward(var point, var tip):
                    _now = _now with { Point = point, Height = null, Tip = tip, RollBacks = _now.RollBacks + 1 };
                    break;
                case FollowEvent.PeerUp(var peer):
                    _now = _now with { WasUp = true };
                    Set(StatusOf(peer) with { State = PeerState.Followed, Cause = null });
                    break;
                case FollowEvent.PeerDown(var peer, var cause, var isDropped):
                    Set(StatusOf(peer) with { State = isDropped ? PeerState.Dropped : PeerState.Down, Cause = cause, RoundTrip = null });
                    break;
                case FollowEvent.Blamed(var peer, var kind, _):
                    PeerStatus blamed = StatusOf(peer);
                    Set(blamed with { Blame = blamed.Blame.SetItem(kind, blamed.Blame.GetValueOrDefault(kind) + 1) });
                    break;
                case FollowEvent.Measured(var peer, var measured) when StatusOf(peer) is { State: PeerState.Followed } status:
                    Set(status with { RoundTrip = measured.RoundTrip });
                    break;
                default:
                    break;
            }
        }
    }

    public Snapshot Take()
    {
        lock (_gate)
        {
            return _now with
            {
                Elapsed = _clock.Elapsed,
                BlocksPerSecond = _blockRate.PerSecond,
                BytesPerSecond = _byteRate.PerSecond,
                Peers = [.. _order.Select(peer => _peers[peer])],
            };
        }
    }

    private PeerStatus StatusOf(string peer)
    {
        if (!_peers.TryGetValue(peer, out PeerStatus? status))
        {
            status = new PeerStatus { Peer = peer };
            _peers.Add(peer, status);
            _order.Add(peer);
        }

        return status;
    }

    private void Set(PeerStatus status) => _peers[status.Peer] = status;

    /// <summary>A header may be a block beyond the tip that came with it.</summary>
    private static Tip Newer(Tip told, Tip reached) => told.BlockNumber >= reached.BlockNumber && !told.Point.IsOrigin ? told : reached;

    /// <summary>The numbers at one moment.</summary>
    internal sealed record Snapshot
    {
        /// <summary>Whether any peer was followed yet.</summary>
        public bool WasUp { get; init; }

        /// <summary>Where the follower is.</summary>
        public Point Point { get; init; }

        /// <summary>The block number there; <see langword="null"/> where no block has told it.</summary>
        public ulong? Height { get; init; }

        /// <summary>The newest block of the peer.</summary>
        public Tip Tip { get; init; }

        public long Blocks { get; init; }

        public long Bytes { get; init; }

        public long RollBacks { get; init; }

        public TimeSpan Elapsed { get; init; }

        public double BlocksPerSecond { get; init; }

        public double BytesPerSecond { get; init; }

        public IReadOnlyList<PeerStatus> Peers { get; init; } = [];
    }

    /// <summary>One peer.</summary>
    internal sealed record PeerStatus
    {
        public required string Peer { get; init; }

        /// <summary>What it is known to be; <see langword="null"/> where nothing is.</summary>
        public string? Role { get; init; }

        public PeerState State { get; init; }

        public TimeSpan? RoundTrip { get; init; }

        /// <summary>Blocks that it delivered first.</summary>
        public long Blocks { get; init; }

        /// <summary>Bytes of these.</summary>
        public long Bytes { get; init; }

        /// <summary>How often it was blamed for what.</summary>
        public ImmutableSortedDictionary<EvidenceKind, int> Blame { get; init; } = ImmutableSortedDictionary<EvidenceKind, int>.Empty;

        public Exception? Cause { get; init; }
    }
}

/// <summary>What a peer is to the follower.</summary>
internal enum PeerState
{
    /// <summary>It was not reached yet.</summary>
    Waiting,

    /// <summary>It is connected and used.</summary>
    Followed,

    /// <summary>It is gone, and is dialled again.</summary>
    Down,

    /// <summary>It broke a rule and is not dialled again.</summary>
    Dropped,
}
