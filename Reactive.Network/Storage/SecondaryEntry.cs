using System.Buffers.Binary;
using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>One entry of a secondary index: 56 bytes, big endian.</summary>
/// <param name="BlockOffset">Where the block starts in the chunk file.</param>
/// <param name="HeaderOffset">Where the header starts in the block.</param>
/// <param name="HeaderSize">Its length in bytes.</param>
/// <param name="Crc">CRC-32 of the stored block.</param>
/// <param name="Hash">The hash of the block.</param>
/// <param name="SlotOrEpoch">The slot, or the epoch if the block is an epoch boundary block.</param>
internal readonly record struct SecondaryEntry(
    ulong BlockOffset, ushort HeaderOffset, ushort HeaderSize, uint Crc, BlockHash Hash, ulong SlotOrEpoch)
{
    public const int Size = 56;

    public static SecondaryEntry Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes),
        BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt16BigEndian(bytes[10..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]),
        new BlockHash(bytes.Slice(16, BlockHash.Size)),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[48..]));
}
