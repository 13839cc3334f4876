using Reactive.Network.Chain;
using Reactive.Network.Pacing;

namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>One subscription to <c>Fetch</c>: what it wants, how far it was asked for, and whom to tell. The lane's strand, but for the credits.</summary>
internal sealed class FetchJob(BlockFetchClientLane lane, BlockRequest[] blocks, IObserver<Block>? observer, IPacedObserver<Block>? paced)
    : ICreditSource
{
    /// <summary>No block is shorter in a <c>MsgBlock</c> by much: whatever was announced, a window holds a limited number.</summary>
    private const int MinWeight = 64;

    private volatile bool _disposed;
    private long _creditsOut;

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

    /// <summary>What a block counts for: its announced size, as far as that can be.</summary>
    public long Weight(int index) => Math.Clamp(Blocks[index].AnnouncedBytes, MinWeight, BlockFetchProtocol.MaxBlockMessageBytes);

    /// <summary>Delivers a block; its credit is back at once where the observer is a plain one, also where that throws.</summary>
    public void Tell(Block block, long weight)
    {
        Interlocked.Add(ref _creditsOut, weight);
        if (paced is null)
        {
            try
            {
                observer!.OnNext(block);
            }
            finally
            {
                TakeBack(weight);
            }

            return;
        }

        paced.OnNext(block, new Credit(this, weight));
        if (_disposed)
        {
            // Given up while the block was on its way.
            ReleaseCredits();
        }
    }

    /// <summary>
    /// Takes back what is out: a fetch that was given up or failed holds nothing any more. One that is complete does, for as long as its blocks are not
    /// consumed. Any thread.
    /// </summary>
    public void ReleaseCredits()
    {
        long released = Interlocked.Exchange(ref _creditsOut, 0);
        if (released > 0)
        {
            lane.Return(released);
        }
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
        ReleaseCredits();
        if (paced is not null)
        {
            paced.OnError(error);
        }
        else
        {
            observer!.OnError(error);
        }
    }

    void ICreditSource.Return(long weight)
    {
        TakeBack(weight);
        lane.MarkReady();
    }

    private void TakeBack(long weight)
    {
        while (true)
        {
            long before = Interlocked.Read(ref _creditsOut);
            long taken = Math.Min(weight, before);
            if (Interlocked.CompareExchange(ref _creditsOut, before - taken, before) == before)
            {
                lane.ReturnOnStrand(taken);
                return;
            }
        }
    }
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
