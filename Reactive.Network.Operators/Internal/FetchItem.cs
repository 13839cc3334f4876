using Reactive.Network.Chain;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;

namespace Reactive.Network.Operators.Internal;

/// <summary>One event on its way through <see cref="FallbackFetcher"/>: a roll forward that waits for its block, or one that waits for its turn.</summary>
internal sealed class FetchItem(FallbackFetcher owner, ChainEventKind kind, Point point, Tip tip, CandidateHeader? header, Credit credit) : ICreditSource
{
    /// <summary>No block is smaller by much, whatever its header says.</summary>
    private const int MinBytes = 64;

    private int _isReturned;

    public ChainEventKind Kind { get; } = kind;

    public Point Point { get; } = point;

    public Tip Tip { get; } = tip;

    public CandidateHeader? Header { get; } = header;

    public int AnnouncedBytes { get; } = kind == ChainEventKind.RollForward ? Math.Max(header!.EstimatedBlockSize, MinBytes) : 0;

    /// <summary>Its place among the others, while it is there.</summary>
    public LinkedListNode<FetchItem>? Node { get; set; }

    /// <summary>Requests under way that are to bring it.</summary>
    public List<FetchRequest> Requests { get; } = new(1);

    /// <summary>Peers that were asked for it in vain, and until when they are not asked again.</summary>
    public List<(PeerId Peer, TimeSpan Until)>? Refused { get; private set; }

    /// <summary>Whether the credit of its header is held because there are too many.</summary>
    public bool IsCrowded { get; set; }

    public bool IsVoid { get; set; }

    public bool IsReady { get; private set; } = kind != ChainEventKind.RollForward;

    public bool IsWanted => Kind == ChainEventKind.RollForward && !IsReady && !IsVoid;

    public FetchedBlock Block { get; private set; }

    public void Fill(Block block, IPeer peer)
    {
        Block = new FetchedBlock(block, Point, Header!.BlockNumber, peer);
        IsReady = true;
    }

    public void RefusedBy(PeerId peer, TimeSpan until)
    {
        Refused ??= [];
        Refused.RemoveAll(one => one.Peer == peer);
        Refused.Add((peer, until));
    }

    public bool IsRefusedBy(PeerId peer, TimeSpan now) => Refused?.Exists(one => one.Peer == peer && one.Until > now) ?? false;

    /// <summary>There is a place for the header: another may come. Any thread; counts once.</summary>
    public void ReturnHeader()
    {
        if (Interlocked.Exchange(ref _isReturned, 1) == 0)
        {
            credit.Return();
        }
    }

    /// <summary>It will not be delivered.</summary>
    public void Drop()
    {
        if (Kind == ChainEventKind.RollForward && IsReady)
        {
            Block.Dispose();
        }

        ReturnHeader();
    }

    /// <summary>It was consumed.</summary>
    public void Return(long weight)
    {
        ReturnHeader();
        owner.Consumed(AnnouncedBytes);
    }
}
