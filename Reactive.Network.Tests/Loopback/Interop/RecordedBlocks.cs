using System.Buffers.Binary;
using Reactive.Network.Chain;
using Reactive.Network.Tests.Storage;

namespace Reactive.Network.Tests.Loopback.Interop;

/// <summary>A block of a recorded piece, as the files have it.</summary>
internal sealed record RecordedBlock(Point Point, int Tag, ReadOnlyMemory<byte> Header, ReadOnlyMemory<byte> Bytes);

/// <summary>Reads whole pieces by the layout of their files alone, with nothing of the library's own reader: what interop is compared with.</summary>
internal static class RecordedBlocks
{
    private const int EntryBytes = 56;
    private const int HeaderOffsetAt = 8;
    private const int HeaderSizeAt = 10;
    private const int HashAt = 16;
    private const int SlotAt = 48;
    private const ulong ByronSlotsPerEpoch = 21_600;

    public static List<RecordedBlock> Of(ChainPiece piece)
    {
        List<RecordedBlock> blocks = [];
        foreach (string file in Directory.GetFiles(piece.Directory, "*.chunk").Order(StringComparer.Ordinal))
        {
            ReadOnlyMemory<byte> chunk = File.ReadAllBytes(file);
            ReadOnlySpan<byte> index = File.ReadAllBytes(Path.ChangeExtension(file, ".secondary"));
            for (int at = 0; at < index.Length; at += EntryBytes)
            {
                ReadOnlySpan<byte> entry = index.Slice(at, EntryBytes);
                int start = (int)BinaryPrimitives.ReadUInt64BigEndian(entry);
                int end = at + EntryBytes < index.Length ? (int)BinaryPrimitives.ReadUInt64BigEndian(index[(at + EntryBytes)..]) : chunk.Length;
                ReadOnlyMemory<byte> bytes = chunk[start..end];
                // [tag, block]; the slot of a boundary block is the number of its epoch here.
                int tag = bytes.Span[1];
                ulong slot = BinaryPrimitives.ReadUInt64BigEndian(entry[SlotAt..]) * (tag == 0 ? ByronSlotsPerEpoch : 1);
                ReadOnlyMemory<byte> header = bytes.Slice(
                    BinaryPrimitives.ReadUInt16BigEndian(entry[HeaderOffsetAt..]), BinaryPrimitives.ReadUInt16BigEndian(entry[HeaderSizeAt..]));
                blocks.Add(new RecordedBlock(new Point(slot, new BlockHash(entry.Slice(HashAt, BlockHash.Size))), tag, header, bytes));
            }
        }

        Assert.Equal(piece.Blocks, blocks.Count);
        return blocks;
    }
}
