using Reactive.Network.Chain;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators.Internal;

/// <summary>One event that waits for its block, and what is owed for both. Its fetcher locks.</summary>
internal sealed class ChainStepItem(ChainEventKind kind, Point point, Tip tip, Credit header) : ICreditSource
{
    private Credit _block;

    public ChainEventKind Kind { get; } = kind;

    public Point Point { get; } = point;

    public Tip Tip { get; } = tip;

    public int AnnouncedBytes { get; set; }

    public Era? Era { get; set; }

    public bool IsAsked { get; set; }

    /// <summary>Taken back before it was delivered.</summary>
    public bool IsVoid { get; set; }

    public bool IsReady { get; private set; } = kind != ChainEventKind.RollForward;

    public Block Block { get; private set; }

    public void Fill(Block block, Credit credit)
    {
        Block = block;
        _block = credit;
        IsReady = true;
    }

    /// <summary>It will not be delivered: its block is given back, and what it counted for too.</summary>
    public void Drop()
    {
        IsVoid = true;
        if (Kind == ChainEventKind.RollForward && IsReady)
        {
            Block.Dispose();
        }

        Return(0);
    }

    /// <summary>The event was consumed.</summary>
    public void Return(long weight)
    {
        header.Return();
        _block.Return();
    }
}
