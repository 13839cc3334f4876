using Reactive.Network.Chain;
using Reactive.Network.Peers.Candidates;

namespace Reactive.Network.Operators.Internal;

/// <summary>How to get from one place in the tree to another: so far back, then these headers.</summary>
internal readonly struct ChainPath
{
    private ChainPath(PathKind kind, CandidateHeader? ancestor, int depth, List<CandidateHeader>? forward)
    {
        Kind = kind;
        Ancestor = ancestor;
        Depth = depth;
        Forward = forward ?? [];
    }

    public PathKind Kind { get; }

    /// <summary>The newest place that both share.</summary>
    public CandidateHeader? Ancestor { get; }

    /// <summary>Headers to take back.</summary>
    public int Depth { get; }

    /// <summary>Headers behind the ancestor, the newest first.</summary>
    public List<CandidateHeader> Forward { get; }

    /// <summary>Finds the way; costs its length.</summary>
    /// <param name="position">From where.</param>
    /// <param name="head">To where.</param>
    /// <param name="maxDepth">Headers that may be taken back.</param>
    public static ChainPath Find(CandidateHeader position, CandidateHeader head, int maxDepth)
    {
        List<CandidateHeader> forward = [];
        CandidateHeader? ahead = head;
        CandidateHeader? behind = position;
        int depth = 0;
        while (ahead is not null && behind is not null)
        {
            if (ahead.Point == behind.Point)
            {
                return new ChainPath(depth > maxDepth ? PathKind.TooDeep : PathKind.Found, ahead, depth, forward);
            }

            if (IsAbove(ahead, behind))
            {
                forward.Add(ahead);
                ahead = ahead.Parent;
            }
            else
            {
                behind = behind.Parent;
                depth++;
            }
        }

        // What the head stands on is no longer held down to where we are: it was dropped. Otherwise the two were never seen to hang together.
        bool dropped = ahead is null && behind == position && forward.Count > 0 && !forward[^1].IsAnchor;
        return new ChainPath(dropped ? PathKind.Dropped : behind is null && depth > maxDepth ? PathKind.TooDeep : PathKind.Apart, null, depth, null);
    }

    /// <summary>
    /// The way to a head that stands on a place below the one where reading began, which the reader knows to be on its chain: back to that, then forward.
    /// </summary>
    /// <param name="head">To where.</param>
    /// <param name="below">The places known to be on the chain below its beginning.</param>
    public static ChainPath FindBelow(CandidateHeader head, IEnumerable<Point> below)
    {
        List<CandidateHeader> forward = [];
        CandidateHeader node = head;
        while (node.Parent is { } parent)
        {
            forward.Add(node);
            node = parent;
        }

        // How deep it is was never told: at least the place where reading began is taken back.
        return node.IsAnchor && below.Contains(node.Point)
            ? new ChainPath(PathKind.Found, node, 1, forward)
            : new ChainPath(PathKind.Apart, null, 0, null);
    }

    /// <summary>An anchor of which the height is not known stands below everything.</summary>
    private static bool IsAbove(CandidateHeader one, CandidateHeader other) =>
        other.IsAnchor || (!one.IsAnchor && one.BlockNumber >= other.BlockNumber);
}

/// <summary>Whether there is a way.</summary>
internal enum PathKind
{
    /// <summary>There is.</summary>
    Found,

    /// <summary>It goes back too far.</summary>
    TooDeep,

    /// <summary>The headers between are no longer held.</summary>
    Dropped,

    /// <summary>The two are not known to have anything in common.</summary>
    Apart,
}
