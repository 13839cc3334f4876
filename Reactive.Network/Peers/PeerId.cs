using System.Globalization;

namespace Reactive.Network.Peers;

/// <summary>A peer's number within one network: drawn when it is first heard of, never reused. What peers are ordered by, so that no decision depends on hash order.</summary>
/// <param name="Value">From 1 up.</param>
public readonly record struct PeerId(int Value) : IComparable<PeerId>
{
    /// <inheritdoc/>
    public int CompareTo(PeerId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"#{Value}");

    /// <summary>Whether the first is the earlier one.</summary>
    public static bool operator <(PeerId left, PeerId right) => left.Value < right.Value;

    /// <summary>Whether the first is the later one.</summary>
    public static bool operator >(PeerId left, PeerId right) => left.Value > right.Value;

    /// <summary>Whether the first is not the later one.</summary>
    public static bool operator <=(PeerId left, PeerId right) => left.Value <= right.Value;

    /// <summary>Whether the first is not the earlier one.</summary>
    public static bool operator >=(PeerId left, PeerId right) => left.Value >= right.Value;
}
