using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>What a generated chain looks like.</summary>
public sealed record ChainGeneratorOptions
{
    /// <summary>What everything random is drawn from: the same seed gives the same bytes.</summary>
    /// <value>1 by default.</value>
    public int Seed { get; init; } = 1;

    /// <summary>The block to stand on: where a fork leaves another chain.</summary>
    /// <value>Origin by default.</value>
    public Tip Parent { get; init; } = Tip.Origin;

    /// <summary>The mean number of slots from one block to the next; the gaps are drawn like those of the network (geometric).</summary>
    /// <value>1 or more; 20 by default, as with 5 % active slots.</value>
    public int MeanSlotGap { get; init; } = 20;

    /// <summary>The size of every body, in bytes; <see langword="null"/> to draw sizes like those of mainnet.</summary>
    /// <value>
    /// 300 to 2,000,000, or <see langword="null"/> (the default): exponential with a mean of about 16 KB, at most 88 KB, small ones being as frequent as they are.
    /// </value>
    public int? BodyBytes { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MeanSlotGap, 1);
        if (BodyBytes is { } bytes)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(bytes, ChainGenerator.MinBodyBytes, nameof(BodyBytes));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, ChainGenerator.MaxBodyBytes, nameof(BodyBytes));
        }
    }
}
