using Reactive.Network.Cbor;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>What a ledger said, as the CBOR it came in: for what has no type here.</summary>
/// <param name="Raw">One CBOR item, in plain memory.</param>
public readonly record struct LedgerValue(ReadOnlyMemory<byte> Raw)
{
    /// <summary>In diagnostic notation.</summary>
    public override string ToString() => CborDiagnostic.Format(Raw);

    /// <summary>The same bytes.</summary>
    public bool Equals(LedgerValue other) => Raw.Span.SequenceEqual(other.Raw.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Raw.Span);
        return hash.ToHashCode();
    }
}
