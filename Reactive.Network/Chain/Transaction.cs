using Reactive.Network.Cbor;

namespace Reactive.Network.Chain;

/// <summary>A transaction as nodes send it: an era and bytes, which are looked into only for its id. Immutable.</summary>
/// <param name="era">The era. The bytes of one that is not known here pass as they are.</param>
/// <param name="bytes">
/// <c>[body, witnesses, …]</c>. Kept, not copied: they must not change.
/// </param>
public sealed class Transaction(Era era, ReadOnlyMemory<byte> bytes)
{
    private static readonly object NoId = new();

    private object? _id;

    /// <summary>The era.</summary>
    public Era Era { get; } = era;

    /// <summary>The bytes: plain memory, valid for as long as it is referenced.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <summary>In Byron, what it is: see <see cref="TransactionId.ByronKind"/>.</summary>
    public byte ByronKind { get; init; }

    /// <summary>The bytes of the whole item on the wire, era included: what tx-submission announces.</summary>
    public int WireSize => TransactionCodec.WireSize(this);

    /// <summary>The id. Hashes the body when first asked for.</summary>
    /// <exception cref="CodecException">The bytes are no array with a body in front.</exception>
    public TransactionId Id => TryGetId(out TransactionId id) ? id : throw new CodecException("a transaction without a body");

    /// <summary>The id, if the bytes are an array with a body in front. Of a Byron payload that is no transaction there is none here.</summary>
    public bool TryGetId(out TransactionId id)
    {
        // One reference, so that threads that race see all of it or nothing.
        object known = Volatile.Read(ref _id) ?? Compute();
        Volatile.Write(ref _id, known);
        id = known is TransactionId found ? found : default;
        return known is TransactionId;
    }

    private object Compute()
    {
        if (ByronKind != 0)
        {
            return NoId;
        }

        try
        {
            var reader = new CborSpanReader(Bytes.Span);
            if (reader.ReadArrayHeaderOrIndefinite() == 0)
            {
                return NoId;
            }

            int start = reader.Position;
            reader.SkipItem();
            return new TransactionId(Era, Blake2b256.Hash(Bytes.Span[start..reader.Position]));
        }
        catch (CodecException)
        {
            return NoId;
        }
    }
}
