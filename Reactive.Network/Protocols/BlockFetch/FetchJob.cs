using Reactive.Network.Chain;
using Reactive.Network.Pacing;

namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>One subscription to <c>Fetch</c>: what it wants, how far it was asked for, and whom to tell. The lane's strand, but for the credits.</summary>
internal sealed class FetchJob(BlockFetchClientLane lane, BlockRequest[] blocks, IObserver<Block>? observer, IPacedObserver<Block>? paced)
    : ICreditSource
{
    private volatile bool _disposed;

    public BlockRequest[] Blocks { get; } = blocks;

    /// <summary>The first block that was not asked for yet.</summary>
    public int Asked { get; set; }

    /// <summary>Stopped: by its observer, by an error, or because it is complete. Nothing more is delivered.</summary>
    public bool IsOver
    {
        get => _disposed;
        set => _disposed = value;
    }

    public bool IsFullyAsked => Asked == Blocks.Length || IsOver;

    /// <summary>Delivers a block; its credit is back at once where the observer is a plain one.</summary>
    public void Tell(Block block, long weight)
    {
        if (paced is not null)
        {
            paced.OnNext(block, new Credit(this, weight));
            return;
        }

        observer!.OnNext(block);
        lane.ReturnOnStrand(weight);
    }

    public void Complete()
    {
        IsOver = true;
        if (paced is not null)
        {
            paced.OnCompleted();
        }
        else
        {
            observer!.OnCompleted();
        }
    }

    public void Fail(Exception error)
    {
        IsOver = true;
        if (paced is not null)
        {
            paced.OnError(error);
        }
        else
        {
            observer!.OnError(error);
        }
    }

    void ICreditSource.Return(long weight) => lane.Return(weight);
}

/// <summary>One range that was asked for: blocks of a job, in order.</summary>
/// <param name="Job">Whose.</param>
/// <param name="First">Index of its first block in the job.</param>
/// <param name="Count">How many.</param>
/// <param name="AskedAt">When, in ticks of the connection's clock.</param>
/// <param name="FoundIdle">Whether nothing else was under way: its first answer measures the delay.</param>
internal readonly record struct FetchRange(FetchJob Job, int First, int Count, long AskedAt, bool FoundIdle);

internal static class BlockRequestSpans
{
    public static bool ContainsAnyOrigin(this Span<BlockRequest> blocks)
    {
        foreach (ref readonly BlockRequest block in blocks)
        {
            if (block.Point.IsOrigin)
            {
                return true;
            }
        }

        return false;
    }
}
