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
    private readonly Dictionary<PeerAddress, PeerStatus> _peers;
    private readonly List<PeerAddress> _order;
    private Snapshot _now = new();

    public FollowStatistics(IReadOnlyList<PeerAddress> peers, IScheduler scheduler)
    {
        _blockRate = new RateMeter(scheduler);
        _byteRate = new RateMeter(scheduler);
        _clock = scheduler.StartStopwatch();
        _order = [.. peers.Distinct()];
        _peers = _order.ToDictionary(static peer => peer, static peer => new PeerStatus { Peer = peer });
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
                    _peers[block.Peer] = _peers[block.Peer] with { Blocks = _peers[block.Peer].Blocks + 1 };
                    break;
                case FollowEvent.RollBackward(var point, var tip):
                    _now = _now with { Point = point, Height = null, Tip = tip, RollBacks = _now.RollBacks + 1 };
                    break;
                case FollowEvent.PeerUp(var peer):
                    _now = _now with { WasUp = true };
                    _peers[peer] = _peers[peer] with { State = PeerState.Followed, Cause = null };
                    break;
                case FollowEvent.PeerDown(var peer, var cause, var isDropped):
                    _peers[peer] = _peers[peer] with { State = isDropped ? PeerState.Dropped : PeerState.Down, Cause = cause, RoundTrip = null };
                    break;
                case FollowEvent.RoundTrip(var peer, var time) when _peers[peer].State == PeerState.Followed:
                    _peers[peer] = _peers[peer] with { RoundTrip = time };
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
        public required PeerAddress Peer { get; init; }

        public PeerState State { get; init; }

        public TimeSpan? RoundTrip { get; init; }

        public long Blocks { get; init; }

        public Exception? Cause { get; init; }
    }
}

/// <summary>What a peer is to the follower.</summary>
internal enum PeerState
{
    /// <summary>Its turn has not come.</summary>
    Waiting,

    /// <summary>The one that is followed.</summary>
    Followed,

    /// <summary>It failed and gets another turn.</summary>
    Down,

    /// <summary>It broke a rule and gets none.</summary>
    Dropped,
}
