namespace Reactive.Network.Chain;

/// <summary>What is wrong with a block.</summary>
public enum BlockDefect
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The bytes are no block.</summary>
    Malformed,

    /// <summary>It is another block than the one announced: its header hashes to something else.</summary>
    WrongHeader,

    /// <summary>The body is not as long as the header says.</summary>
    WrongBodySize,

    /// <summary>The body does not hash to what the header says.</summary>
    WrongBodyHash,
}

/// <summary>A peer delivered a block that is not what it should be.</summary>
/// <param name="point">The block that was asked for.</param>
/// <param name="defect">What is wrong with the one delivered.</param>
public sealed class InvalidBlockException(Point point, BlockDefect defect)
    : NetworkException(Fault.Remote, $"the block delivered for {point} is not valid: {defect}")
{
    /// <summary>The block that was asked for.</summary>
    public Point Point { get; } = point;

    /// <summary>What is wrong with the one delivered.</summary>
    public BlockDefect Defect { get; } = defect;
}

/// <summary>A peer announced a header that does not stand on the one before it.</summary>
/// <param name="point">The header.</param>
/// <param name="expected">The hash of the header before it.</param>
/// <param name="actual">What it names as the one before it; <see langword="null"/> for origin.</param>
public sealed class BrokenLinkException(Point point, BlockHash expected, BlockHash? actual)
    : NetworkException(Fault.Remote, $"the header {point} names {actual?.ToString() ?? "origin"} as its predecessor, but {expected} came before it")
{
    /// <summary>The header.</summary>
    public Point Point { get; } = point;

    /// <summary>The hash of the header before it.</summary>
    public BlockHash Expected { get; } = expected;

    /// <summary>What it names as the one before it; <see langword="null"/> for origin.</summary>
    public BlockHash? Actual { get; } = actual;
}
