using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Internal;

namespace Reactive.Network.Multiplexing;

/// <summary>
/// Cuts a byte stream into whole CBOR items, each one contiguous and copied once: a small one into a slab it shares with its neighbours, a large
/// one straight into a buffer of its own.
/// </summary>
/// <remarks>
/// What a peer claims is not allocated: beyond 128 KiB the buffer grows with what has arrived, and a claim above the limit fails in the scanner.
/// One thread at a time.
/// </remarks>
/// <param name="slabs">Where the memory comes from.</param>
/// <param name="maxMessageBytes">The longest item.</param>
/// <param name="trailerBytes">Kept free behind each item, in the same memory; not behind those of two bytes.</param>
internal sealed class MessageAssembler(SlabPool slabs, int maxMessageBytes, int trailerBytes = 0)
{
    /// <summary>Messages up to this size share slabs: a kept header pins 16 KiB at most.</summary>
    private const int SharedMaxBytes = 4 * 1024;

    /// <summary>The first shared slab; each one that fills up is followed by one of twice its size. A lane with a ping a minute stays here.</summary>
    private const int FirstSharedSlabBytes = 1024;

    private const int SharedSlabBytes = 16 * 1024;

    /// <summary>A claimed length is believed up to here, enough for every ordinary block (90,112 bytes and its head).</summary>
    private const int TrustedClaimBytes = 128 * 1024;

    private const byte ArrayOfOne = 0x81;

    /// <summary>The messages without fields, as everybody writes them: a request, or the start of a batch. They need no memory of a pool.</summary>
    private static readonly MemoryLease[] TagAlone =
        [.. Enumerable.Range(0, CborHead.InHead).Select(static tag => MemoryLease.Unowned(new byte[] { ArrayOfOne, (byte)tag }))];

    private CborItemScanner _scanner = new(maxMessageBytes);
    private Slab? _shared;
    private int _sharedUsed;
    private int _sharedBytes = FirstSharedSlabBytes;
    private Slab? _partial;
    private int _partialLength;

    /// <summary>Bytes of the item that is not whole yet.</summary>
    public int PartialBytes => _partialLength;

    /// <summary>What is wrong with the stream, after <see cref="TryTakeItem"/> answered <see cref="OperationStatus.InvalidData"/>.</summary>
    public CborDefect Defect => _scanner.Defect;

    /// <summary>Takes bytes up to the end of the next item.</summary>
    public OperationStatus TryTakeItem(ReadOnlySpan<byte> bytes, out int consumed, out MemoryLease item)
    {
        if (_partialLength == 0 && bytes is [ArrayOfOne, < CborHead.InHead, ..])
        {
            item = TagAlone[bytes[1]];
            consumed = 2;
            return OperationStatus.Done;
        }

        if (_partialLength == 0 && CborItem.TryMeasureUsual(bytes, maxMessageBytes, out consumed))
        {
            item = Copy(bytes[..consumed]);
            return OperationStatus.Done;
        }

        OperationStatus status = _scanner.Scan(bytes, out consumed);
        item = default;
        switch (status)
        {
            case OperationStatus.Done when _partialLength == 0:
                item = Copy(bytes[..consumed]);
                _scanner.Reset();
                break;
            case OperationStatus.Done:
                Append(bytes[..consumed], 0);
                item = _partial!.Carve(0, _partialLength);
                _partial.Seal();
                _partial = null;
                _partialLength = 0;
                _scanner.Reset();
                break;
            case OperationStatus.NeedMoreData:
                Append(bytes, _scanner.MinimumRemaining);
                break;
        }

        return status;
    }

    /// <summary>Gives back what is held.</summary>
    public void Clear()
    {
        _shared?.Seal();
        _partial?.Seal();
        _shared = _partial = null;
        _partialLength = 0;
    }

    private MemoryLease Copy(ReadOnlySpan<byte> item) => item.Length <= SharedMaxBytes ? CopyShared(item) : CopyAlone(item);

    private MemoryLease CopyShared(ReadOnlySpan<byte> item)
    {
        int needed = item.Length + trailerBytes;
        bool isFull = _shared is not null && _shared.Array.Length - _sharedUsed < needed;
        if (_shared is null || isFull || !_shared.HasFreeSegment)
        {
            _sharedBytes = isFull ? Math.Min(2 * _sharedBytes, SharedSlabBytes) : _sharedBytes;
            _shared?.Seal();
            _shared = slabs.Rent(Math.Max(_sharedBytes, needed));
            _sharedUsed = 0;
        }

        item.CopyTo(_shared.Array.AsSpan(_sharedUsed));
        MemoryLease lease = _shared.Carve(_sharedUsed, item.Length);
        _sharedUsed += needed;
        return lease;
    }

    private MemoryLease CopyAlone(ReadOnlySpan<byte> item)
    {
        Slab slab = slabs.Rent(item.Length + trailerBytes);
        item.CopyTo(slab.Array);
        MemoryLease lease = slab.Carve(0, item.Length);
        slab.Seal();
        return lease;
    }

    private void Append(ReadOnlySpan<byte> bytes, long stillToCome)
    {
        int needed = _partialLength + bytes.Length;
        if (_partial is null || _partial.Array.Length < needed + trailerBytes)
        {
            long wanted = needed + stillToCome + trailerBytes;
            if (wanted > TrustedClaimBytes)
            {
                wanted = Math.Max(Math.Min(wanted, 2L * needed), TrustedClaimBytes);
            }

            Slab larger = slabs.Rent((int)Math.Max(wanted, needed + trailerBytes));
            if (_partial is not null)
            {
                _partial.Array.AsSpan(0, _partialLength).CopyTo(larger.Array);
                _partial.Seal();
            }

            _partial = larger;
        }

        bytes.CopyTo(_partial.Array.AsSpan(_partialLength));
        _partialLength = needed;
    }
}
