namespace Reactive.Network.Multiplexing;

/// <summary>The number of a mini-protocol: 15 bits of the SDU header.</summary>
/// <param name="Value">0 to 32,767.</param>
public readonly record struct MiniProtocolId(ushort Value)
{
    /// <summary>The largest number there is.</summary>
    public const ushort MaxValue = 0x7fff;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
