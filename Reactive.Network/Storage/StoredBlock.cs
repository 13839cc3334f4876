using System.Buffers;
using System.IO.Hashing;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>An index entry with what its neighbours and its chunk add to it.</summary>
/// <param name="Entry">The entry; its offsets were checked to lie in the chunk file.</param>
/// <param name="Slot">The slot of the block's point: for an epoch boundary block, whose entry has the epoch, the first slot of that epoch.</param>
/// <param name="Length">The length of the block in bytes: up to the next block.</param>
/// <param name="IsLast">
/// Whether no entry follows in this chunk: <paramref name="Length"/> then reaches to the end of the file (at most
/// <see cref="MaxBytes"/>), and bytes without an entry may be in it.
/// </param>
internal readonly record struct StoredBlock(SecondaryEntry Entry, ulong Slot, int Length, bool IsLast)
{
    /// <summary>A longer block is damage. The largest real one, an epoch boundary block, has 648,087 bytes; block-fetch takes 2,500,000.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    public long Offset => (long)Entry.BlockOffset;

    public long End => Offset + Length;

    /// <summary>Where the header ends in the block.</summary>
    public int HeaderEnd => Entry.HeaderOffset + Entry.HeaderSize;

    public Point Point => new(Slot, Entry.Hash);

    /// <summary>
    /// Whether these bytes have the CRC of the entry. The last block of a chunk may have bytes without an entry behind it: its
    /// <paramref name="length"/> then is that of the CBOR item.
    /// </summary>
    public bool HasRightCrc(ReadOnlySpan<byte> bytes, out int length)
    {
        length = bytes.Length;
        if (Crc32.HashToUInt32(bytes) == Entry.Crc)
        {
            return true;
        }

        CborItemScanner scanner = new(MaxBytes);
        return IsLast
            && scanner.Scan(bytes, out length) == OperationStatus.Done
            && Crc32.HashToUInt32(bytes[..length]) == Entry.Crc;
    }

    /// <summary>The block tag of <c>[blockTag, block]</c>, if that is how the bytes begin.</summary>
    public static Era? ReadEra(ReadOnlySpan<byte> block) => block.Length < 3 || block[0] != 0x82
        ? null
        : block[1] switch
        {
            < 24 => (Era)block[1],
            24 => (Era)block[2],
            _ => null,
        };
}
