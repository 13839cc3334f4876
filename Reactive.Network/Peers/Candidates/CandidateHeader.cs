using Reactive.Network.Chain;

namespace Reactive.Network.Peers.Candidates;

/// <summary>
/// A header that hot peers announced, in its place in the tree of their chains; or an anchor: the place where following began, whose header nobody sent.
/// </summary>
/// <remarks>The header owns plain memory and is shared: disposing it does nothing. Any thread.</remarks>
public sealed class CandidateHeader
{
    /// <summary>The number of an anchor before its first child is known.</summary>
    internal const long UnknownNumber = long.MinValue;

    private CandidateHeader? _parent;

    internal CandidateHeader(CandidateChains chains, Point point, Header? header, CandidateHeader? parent, long number, TimeSpan at)
    {
        Chains = chains;
        Point = point;
        Header = header ?? default;
        IsAnchor = header is null;
        _parent = parent;
        Number = number;
        FirstAnnouncedAt = at;
        EstimatedBlockSize = header?.EstimatedBlockSize ?? 0;
    }

    /// <summary>Whether this is the place where following began, of which the header is not known.</summary>
    public bool IsAnchor { get; private set; }

    /// <summary>Its place.</summary>
    public Point Point { get; }

    /// <summary>The header; <c>default</c> for an anchor.</summary>
    public Header Header { get; private set; }

    /// <summary>The height; 0 for an anchor.</summary>
    public ulong BlockNumber => IsAnchor ? 0 : (ulong)Number;

    /// <summary>How large the block will be in a <c>MsgBlock</c>, in bytes, as far as the header tells.</summary>
    public int EstimatedBlockSize { get; private set; }

    /// <summary>When the first peer announced it, on the clock of the network.</summary>
    public TimeSpan FirstAnnouncedAt { get; private set; }

    /// <summary>
    /// What it stands on; <see langword="null"/> where that is not held: below an anchor, and so deep that no roll back reaches it.
    /// </summary>
    public CandidateHeader? Parent => Volatile.Read(ref _parent);

    /// <summary>The tree it stands in.</summary>
    public CandidateChains Chains { get; }

    /// <summary>The peers whose chain it is on, first announcer first: a snapshot.</summary>
    public IReadOnlyList<IPeer> Announcers => Chains.AnnouncersOf(this);

    /// <summary>The height, with a value for origin (-1) and for anchors of which it is not known.</summary>
    internal long Number { get; set; }

    /// <summary>Under the lock of the tree.</summary>
    internal List<CandidatePeer> AnnouncedBy { get; } = new(1);

    /// <summary>Headers that stand on this one. Under the lock of the tree.</summary>
    internal int Children { get; set; }

    /// <summary>Whether the tree still finds it. Under its lock.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>The next header of the same height. Under the lock of the tree.</summary>
    internal CandidateHeader? NextOfSameNumber { get; set; }

    internal void CutParent() => Volatile.Write(ref _parent, null);

    /// <summary>The header of what was an anchor so far.</summary>
    internal void Fill(Header header, CandidateHeader parent, long number, TimeSpan at)
    {
        Header = header;
        EstimatedBlockSize = header.EstimatedBlockSize;
        Number = number;
        FirstAnnouncedAt = at;
        Volatile.Write(ref _parent, parent);
        IsAnchor = false;
    }

    /// <inheritdoc/>
    public override string ToString() => IsAnchor ? $"{Point} (anchor)" : $"{Point} at {Number}";
}
