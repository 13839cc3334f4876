using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>
/// What a relay serves: the newest blocks in memory, a bounded number of them, on top of a chain that does not change, usually an
/// <see cref="ImmutableDatabase"/>. Followed and read as one chain, across the border between the two.
/// </summary>
/// <remarks>
/// <para>Any thread. Clients are told of roll backs as <see cref="InMemoryChain"/> does. A roll back below the border cuts the immutable part: what is
/// above the point is not served any more; nothing is changed in it.</para>
/// <para>What falls off the memory is not written anywhere. Without an immutable part, origin is then the place before the oldest block held. With one, the
/// first block that falls off leaves a gap above it: from then on nobody can follow from below the gap, and origin again is the place before the oldest block
/// in memory. A client below is told to go back there. Ranges below the gap can still be read.</para>
/// <para>A range that leaves the chain while it is read ends with a <see cref="ChainSourceException"/>, where the blocks in memory begin at the latest.</para>
/// </remarks>
public sealed class LayeredChain : IChainStore, IDisposable
{
    private readonly Lock _writing = new();
    private readonly ChangeSignal _changes;

    /// <summary>An empty memory on top of <paramref name="immutable"/>.</summary>
    /// <param name="capacity">Blocks held in memory at most, 1 or more. Roll backs go no deeper, save to the border.</param>
    /// <param name="immutable">A chain that does not change; not disposed with this one. Without it the first block may stand on anything.</param>
    public LayeredChain(int capacity, IChainSource? immutable = null)
    {
        Volatile = new InMemoryChain(capacity);
        Immutable = immutable;
        Border = immutable?.Tip ?? Tip.Origin;
        Volatile.StandOn(Border);
        _changes = new ChangeSignal(() => Tip);
    }

    /// <inheritdoc/>
    public Tip Tip => Volatile.Tip;

    /// <summary>Blocks held in memory.</summary>
    public int Count => Volatile.Count;

    /// <summary>
    /// Whether the blocks in memory stand on the immutable part; <see langword="false"/> where there is none, and once the first block fell into the gap.
    /// </summary>
    public bool ReachesImmutable
    {
        get
        {
            lock (Gate)
            {
                return IsWhole;
            }
        }
    }

    /// <summary>Fires after the chain has changed: "there may be more".</summary>
    /// <remarks>
    /// Shared. Observers are called one at a time, on a thread that changed the chain, outside its lock; changes made meanwhile are told as one, with the
    /// newest tip. The element is a value. Completes when the chain is disposed of. Never fails; an observer that throws loses its subscription, and its
    /// exception surfaces where the chain was changed, once the others were told. Disposing ends the subscription.
    /// </remarks>
    public IObservable<Tip> Changes => _changes;

    /// <summary>Guards what cursors see of the two parts as one. Not held while anything is read from the immutable part.</summary>
    internal Lock Gate { get; } = new();

    internal InMemoryChain Volatile { get; }

    internal IChainSource? Immutable { get; }

    /// <summary>The end of the immutable part as far as it is on the chain. Under <see cref="Gate"/>.</summary>
    internal Tip Border { get; private set; }

    /// <summary>How often the border was moved. Under <see cref="Gate"/>.</summary>
    internal int Cuts { get; private set; }

    /// <summary>Whether one can follow from the immutable part into the memory. Under <see cref="Gate"/>.</summary>
    internal bool IsWhole => !Border.Point.IsOrigin && Volatile.Below == Border.Point;

    /// <inheritdoc/>
    public void Append(Block block)
    {
        lock (_writing)
        {
            lock (Gate)
            {
                Volatile.Append(block);
            }
        }

        _changes.Raise();
    }

    /// <inheritdoc/>
    public void RollBack(Point point)
    {
        lock (_writing)
        {
            if (!TryRollBackInMemory(point))
            {
                Cut(FindImmutable(point) ?? throw new ArgumentException($"The point {point} is not on the chain.", nameof(point)));
            }
        }

        _changes.Raise();
    }

    /// <inheritdoc/>
    public void StandOn(Tip below)
    {
        lock (_writing)
        {
            lock (Gate)
            {
                Volatile.StandOn(below);
            }
        }

        _changes.Raise();
    }

    /// <inheritdoc/>
    public IChainCursor Follow() => new LayeredCursor(this);

    /// <inheritdoc/>
    public IBlockCursor? ReadRange(Point first, Point last)
    {
        if (Volatile.ReadRange(first, last) is { } inMemory)
        {
            return inMemory;
        }

        IBlockCursor? upper;
        Point border;
        lock (Gate)
        {
            border = Border.Point;
            upper = IsWhole ? Volatile.ReadFromOldest(last) : null;
        }

        if (upper is null)
        {
            return IsInImmutable(last, border) ? Immutable!.ReadRange(first, last) : null;
        }

        return border.IsOrigin || Immutable!.ReadRange(first, border) is not { } lower ? null : new JoinedBlockCursor(lower, upper);
    }

    /// <summary>No more changes: <see cref="Changes"/> completes. What it holds can still be followed and read. Idempotent.</summary>
    public void Dispose()
    {
        Volatile.Dispose();
        _changes.Complete();
    }

    /// <summary>Whether a block is in the immutable part, not above <paramref name="border"/>. Reads from it.</summary>
    internal bool IsInImmutable(Point point, Point border)
    {
        if (border.IsOrigin || point.IsOrigin || point.Slot > border.Slot)
        {
            return false;
        }

        using IBlockCursor? range = Immutable!.ReadRange(point, border);
        return range is not null;
    }

    private bool TryRollBackInMemory(Point point)
    {
        lock (Gate)
        {
            // To origin means to the one below the immutable part.
            return (!point.IsOrigin || Immutable is null) && Volatile.TryRollBack(point);
        }
    }

    private Tip? FindImmutable(Point point)
    {
        if (point.IsOrigin)
        {
            return Tip.Origin;
        }

        if (!IsInImmutable(point, Border.Point))
        {
            return null;
        }

        using IBlockCursor? range = Immutable!.ReadRange(point, point);
        if (range is null || !range.TryNext(out Block block))
        {
            return null;
        }

        using (block)
        {
            return new Tip(point, block.BlockNumber);
        }
    }

    private void Cut(Tip border)
    {
        lock (Gate)
        {
            Volatile.StandOn(border);
            Border = border;
            Cuts++;
        }
    }
}

/// <summary>Two ranges, one behind the other.</summary>
internal sealed class JoinedBlockCursor(IBlockCursor lower, IBlockCursor upper) : IBlockCursor
{
    private bool _isUpper;

    public bool TryNext(out Block block)
    {
        if (!_isUpper && lower.TryNext(out block))
        {
            return true;
        }

        _isUpper = true;
        return upper.TryNext(out block);
    }

    public void Dispose()
    {
        lower.Dispose();
        upper.Dispose();
    }
}
