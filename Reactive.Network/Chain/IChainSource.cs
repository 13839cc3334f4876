namespace Reactive.Network.Chain;

/// <summary>
/// A chain that can be served: followed from any of its points, with roll backs where it changes, and read by ranges.
/// </summary>
/// <remarks>
/// <para>Pulled: a server asks a cursor for the next reply only while there is room to send it, so an implementation needs no queue. Cursors
/// are used by one thread at a time (the strand of the client they serve); the source itself is used by many at once.</para>
/// <para>Calls may read from disk but must not wait for anything else: they run on the strand of one client and hold up that client.</para>
/// </remarks>
public interface IChainSource
{
    /// <summary>The newest block. Any thread.</summary>
    Tip Tip { get; }

    /// <summary>
    /// Fires after the chain has changed: "there may be more", without saying what. Shared; called on the thread that changed the chain, so
    /// an observer must return at once and must not call back into the source. Never completes while the chain can still change; a chain
    /// that cannot change completes at once.
    /// </summary>
    IObservable<Tip> Changes { get; }

    /// <summary>A new follower of the chain. Its first instruction is a roll back to origin.</summary>
    IChainCursor Follow();

    /// <summary>The blocks from <paramref name="first"/> to <paramref name="last"/>, both included, in chain order.</summary>
    /// <returns><see langword="null"/> if the source does not hold this range on one chain. Never an empty range.</returns>
    IBlockCursor? ReadRange(Point first, Point last);
}

/// <summary>One client's place on the chain. One thread at a time.</summary>
public interface IChainCursor : IDisposable
{
    /// <summary>
    /// Moves to the first of <paramref name="points"/>, in the order given, that is on the chain now; the next instruction is then a roll
    /// back to it. Origin always is on the chain. Finding none changes nothing.
    /// </summary>
    /// <returns>The point found, or <see langword="null"/>.</returns>
    Point? FindIntersect(ReadOnlySpan<Point> points);

    /// <summary>The next instruction, if there is one now.</summary>
    /// <returns><see langword="false"/> at the tip: ask again after <see cref="IChainSource.Changes"/>.</returns>
    bool TryNext(out ChainStep step);
}

/// <summary>The blocks of a range, one at a time. One thread at a time.</summary>
public interface IBlockCursor : IDisposable
{
    /// <summary>The next block.</summary>
    /// <returns><see langword="false"/> behind the last one.</returns>
    /// <exception cref="ChainSourceException">The block is gone or cannot be read: the client's connection ends.</exception>
    bool TryNext(out Block block);
}

/// <summary>What a follower is told next: a header to add, or a point to go back to.</summary>
public readonly struct ChainStep
{
    private ChainStep(Header? header, Point point, Tip tip) => (RollForward, Point, Tip) = (header, point, tip);

    /// <summary>The header to add, or <see langword="null"/> for a roll back to <see cref="Point"/>.</summary>
    public Header? RollForward { get; }

    /// <summary>Where a roll back goes; origin for a roll forward.</summary>
    public Point Point { get; }

    /// <summary>The newest block of the source at this moment.</summary>
    public Tip Tip { get; }

    /// <summary>The next header. The server gives it back once it is sent.</summary>
    public static ChainStep Forward(Header header, Tip tip) => new(header, default, tip);

    /// <summary>Back to <paramref name="point"/>.</summary>
    public static ChainStep Backward(Point point, Tip tip) => new(null, point, tip);
}

/// <summary>A chain that was to be served cannot be read.</summary>
/// <param name="message">What, where and why.</param>
/// <param name="inner">What was caught, if anything.</param>
public sealed class ChainSourceException(string message, Exception? inner = null) : NetworkException(Fault.Local, message, inner);
