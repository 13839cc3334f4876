namespace Reactive.Network.Protocols.Handshake;

/// <summary>A version number and its data, undecoded: what the data means depends on the version, and only the chosen one is looked at.</summary>
/// <param name="version">The number on the wire; node-to-client numbers include the bit <see cref="NodeToClient.VersionBit"/>.</param>
/// <param name="data">One CBOR item.</param>
public readonly struct VersionEntry(int version, ReadOnlyMemory<byte> data) : IEquatable<VersionEntry>
{
    /// <summary>The number on the wire.</summary>
    public int Version { get; } = version;

    /// <summary>The version's data: one CBOR item, as it was received.</summary>
    public ReadOnlyMemory<byte> Data { get; } = data;

    /// <summary>The same number and the same bytes.</summary>
    public bool Equals(VersionEntry other) => Version == other.Version && Data.Span.SequenceEqual(other.Data.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is VersionEntry other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(Version);
        hash.AddBytes(Data.Span);
        return hash.ToHashCode();
    }

    /// <summary>The number and the bytes in hexadecimal.</summary>
    public override string ToString() => $"{Version}: {Convert.ToHexStringLower(Data.Span)}";

    /// <summary>The same number and the same bytes.</summary>
    public static bool operator ==(VersionEntry left, VersionEntry right) => left.Equals(right);

    /// <summary>Another number or other bytes.</summary>
    public static bool operator !=(VersionEntry left, VersionEntry right) => !left.Equals(right);
}
