using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>Which state of the ledger is wanted. <c>default</c> is the volatile tip.</summary>
public readonly record struct LedgerTarget
{
    private LedgerTarget(LedgerTargetKind kind, Point point) => (Kind, Point) = (kind, point);

    /// <summary>How it is named.</summary>
    public LedgerTargetKind Kind { get; }

    /// <summary>The point, where it is named by one.</summary>
    public Point Point { get; }

    /// <summary>The newest block of the node's chain.</summary>
    public static LedgerTarget VolatileTip => default;

    /// <summary>The newest block that cannot be rolled back any more.</summary>
    public static LedgerTarget ImmutableTip => new(LedgerTargetKind.ImmutableTip, default);

    /// <summary>The state behind the block at <paramref name="point"/>: from the immutable tip on, while it is on the node's chain.</summary>
    public static LedgerTarget At(Point point) => new(LedgerTargetKind.Point, point);

    /// <summary>One word, or the point.</summary>
    public override string ToString() => Kind == LedgerTargetKind.Point ? Point.ToString() : Kind.ToString();
}

/// <summary>How a state of the ledger is named.</summary>
public enum LedgerTargetKind
{
    /// <summary>The newest block.</summary>
    VolatileTip,

    /// <summary>The newest block that cannot be rolled back any more.</summary>
    ImmutableTip,

    /// <summary>A block by its point.</summary>
    Point,
}

/// <summary>Why a state of the ledger cannot be had.</summary>
public enum LedgerAcquireFailure
{
    /// <summary>The point is older than the immutable tip.</summary>
    PointTooOld,

    /// <summary>The point is on no chain that the node knows, or on another one than its own.</summary>
    PointNotOnChain,
}

/// <summary>The node does not have the state that was asked for. The connection goes on; nothing is held.</summary>
/// <param name="failure">Why.</param>
public sealed class LedgerAcquireException(LedgerAcquireFailure failure)
    : NetworkException(Fault.Remote, failure == LedgerAcquireFailure.PointTooOld ? "the point is older than the immutable tip" : "the point is not on the node's chain")
{
    /// <summary>Why.</summary>
    public LedgerAcquireFailure Failure { get; } = failure;
}

/// <summary>A query was meant for another era than the one the ledger is in. The connection goes on, and so does what is held.</summary>
/// <param name="mismatch">The two eras.</param>
public sealed class EraMismatchException(EraMismatch mismatch) : NetworkException(Fault.Remote, $"the query was {mismatch}")
{
    /// <summary>The two eras.</summary>
    public EraMismatch Mismatch { get; } = mismatch;
}
