using System.Buffers;
using System.Collections.ObjectModel;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalTxSubmission;

/// <summary>Why a node did not take a transaction: the bytes it sent, and what can be made of them. Immutable.</summary>
/// <param name="raw">One CBOR item: <c>[[eraIndex, error]]</c>, or the two eras that do not fit. Kept, not copied: it must not change.</param>
public sealed class TransactionRejection(ReadOnlyMemory<byte> raw)
{
    private readonly EraMismatch? _mismatch = EraMismatch.TryRead(raw.Span, out EraMismatch mismatch) ? mismatch : null;
    private readonly (Era Era, IReadOnlyList<ReadOnlyMemory<byte>> Failures)? _ledger = ReadLedger(raw);
    private string? _text;

    /// <summary>The reason as the node sent it.</summary>
    public ReadOnlyMemory<byte> Raw { get; } = raw;

    /// <summary>The two eras, where the transaction is of an era that the ledger is not in.</summary>
    public EraMismatch? Mismatch => _mismatch;

    /// <summary>The era of the ledger that rejected it, where one did.</summary>
    public Era? LedgerEra => _ledger?.Era;

    /// <summary>What the ledger found wrong, each one CBOR item; empty where that is no list.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Failures => _ledger?.Failures ?? [];

    /// <summary>
    /// One line for a person; the same bytes always give the same text. The failures of Conway are named, what they are about is in diagnostic notation, and
    /// so is everything that is not understood.
    /// </summary>
    public string Text => _text ??= Describe();

    /// <summary>A rejection because the transaction is of an era that the ledger is not in, as a node sends it.</summary>
    public static TransactionRejection WrongEra(Era transaction, Era ledger)
    {
        var output = new ArrayBufferWriter<byte>();
        EraMismatch.Between(transaction, ledger).Write(new CborSpanWriter(output));
        return new TransactionRejection(output.WrittenMemory);
    }

    /// <summary>A rejection by the ledger, as a node sends it.</summary>
    /// <param name="ledger">The era of the ledger.</param>
    /// <param name="error">The era's error value: one CBOR item.</param>
    /// <exception cref="CodecException"><paramref name="error"/> is not one item.</exception>
    public static TransactionRejection ByLedger(Era ledger, ReadOnlySpan<byte> error)
    {
        var check = new CborSpanReader(error);
        check.SkipItem();
        check.ReadEnd();
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(1);
        writer.WriteArrayHeader(2);
        writer.WriteUInt((ulong)ledger.EraIndex());
        writer.WriteRaw(error);
        return new TransactionRejection(output.WrittenMemory);
    }

    /// <summary><see cref="Text"/>.</summary>
    public override string ToString() => Text;

    private string Describe()
    {
        if (_mismatch is { } mismatch)
        {
            return $"{mismatch}";
        }

        if (_ledger is not { } ledger)
        {
            return $"not understood: {CborDiagnostic.Format(Raw)}";
        }

        IEnumerable<string> failures = ledger.Failures.Select(
            failure => ledger.Era == Era.Conway ? ConwayFailures.Describe(failure) : CborDiagnostic.Format(failure));
        return $"{EraMismatch.NameOf(ledger.Era)}: {string.Join("; ", failures)}";
    }

    private static (Era Era, IReadOnlyList<ReadOnlyMemory<byte>> Failures)? ReadLedger(ReadOnlyMemory<byte> raw)
    {
        try
        {
            var reader = new CborSpanReader(raw.Span);
            if (reader.ReadArrayHeaderOrIndefinite() != 1 || reader.ReadArrayHeaderOrIndefinite() != 2)
            {
                return null;
            }

            ulong index = reader.ReadUInt64();
            int start = reader.Position;
            reader.SkipItem();
            ReadOnlyMemory<byte> error = raw[start..reader.Position];
            return index < byte.MaxValue && reader.Remaining == 0 ? (EraMismatch.EraAt(index), Split(error)) : null;
        }
        catch (CodecException)
        {
            return null;
        }
    }

    /// <summary>A list of failures, one by one; anything else is one failure.</summary>
    private static ReadOnlyCollection<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> error)
    {
        var reader = new CborSpanReader(error.Span);
        if (reader.PeekMajor() != CborMajor.Array)
        {
            return new([error]);
        }

        var failures = new List<ReadOnlyMemory<byte>>();
        int? count = reader.ReadArrayHeaderOrIndefinite();
        for (int i = 0; count is { } known ? i < known : !reader.TryReadBreak(); i++)
        {
            int start = reader.Position;
            if (reader.PeekMajor() != CborMajor.Array)
            {
                // A tag in front: one failure, as Byron writes it.
                return new([error]);
            }

            reader.SkipItem();
            failures.Add(error[start..reader.Position]);
        }

        return failures.AsReadOnly();
    }
}

/// <summary>A node did not take a transaction. The connection goes on.</summary>
/// <param name="rejection">Why.</param>
public sealed class TransactionRejectedException(TransactionRejection rejection)
    : NetworkException(Fault.Remote, $"the transaction was rejected: {rejection.Text}")
{
    /// <summary>Why.</summary>
    public TransactionRejection Rejection { get; } = rejection;
}
