using System.Globalization;

namespace Reactive.Network.Chain;

/// <summary>The newest block of a chain and its number. The tip of an empty chain is origin with number 0.</summary>
/// <param name="Point">Where the chain ends.</param>
/// <param name="BlockNumber">The number of the block there; 0 for an empty chain.</param>
public readonly record struct Tip(Point Point, ulong BlockNumber)
{
    /// <summary>The tip of an empty chain: <c>default</c>.</summary>
    public static Tip Origin => default;

    /// <summary><c>SLOT.HASH#NUMBER</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Point}#{BlockNumber}");
}
