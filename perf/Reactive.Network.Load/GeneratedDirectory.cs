using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using Reactive.Network.Chain;

namespace Reactive.Network.Load;

/// <summary>A corpus written as a node would store it, in a temporary directory that goes with this object.</summary>
internal sealed class GeneratedDirectory : IDisposable
{
    private const int SlotsPerChunk = 21_600;
    private const int SecondaryEntryBytes = 56;
    private const int OuterHeadBytes = 3;

    public GeneratedDirectory(Corpus corpus)
    {
        foreach (IGrouping<ulong, int> chunk in Enumerable.Range(0, corpus.Blocks.Count).GroupBy(i => corpus.Requests[i].Point.Slot / SlotsPerChunk))
        {
            Write(corpus, (int)chunk.Key, [.. chunk]);
        }
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("reactive-network-load-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private void Write(Corpus corpus, int number, int[] blocks)
    {
        string name = System.IO.Path.Combine(Path, number.ToString("00000", CultureInfo.InvariantCulture));
        byte[] primary = new byte[1 + (sizeof(uint) * (SlotsPerChunk + 2))];
        byte[] secondary = new byte[SecondaryEntryBytes * blocks.Length];
        primary[0] = 1;
        int relative = 0;
        ulong offset = 0;
        using FileStream chunk = File.Create(name + ".chunk");
        for (int i = 0; i < blocks.Length; i++)
        {
            Block block = corpus.Blocks[blocks[i]];
            Point point = corpus.Requests[blocks[i]].Point;
            Span<byte> entry = secondary.AsSpan(SecondaryEntryBytes * i, SecondaryEntryBytes);
            BinaryPrimitives.WriteUInt64BigEndian(entry, offset);
            BinaryPrimitives.WriteUInt16BigEndian(entry[8..], OuterHeadBytes);
            BinaryPrimitives.WriteUInt16BigEndian(entry[10..], (ushort)block.Header.Size);
            BinaryPrimitives.WriteUInt32BigEndian(entry[12..], Crc32.HashToUInt32(block.Span));
            point.Hash.AsSpan().CopyTo(entry[16..]);
            BinaryPrimitives.WriteUInt64BigEndian(entry[48..], point.Slot);
            chunk.Write(block.Span);
            offset += (ulong)block.Size;

            // Relative slot 0 is the epoch boundary's.
            for (int slot = 1 + (int)(point.Slot % SlotsPerChunk); relative <= slot; relative++)
            {
                WriteOffset(primary, relative, i);
            }
        }

        for (; relative < SlotsPerChunk + 2; relative++)
        {
            WriteOffset(primary, relative, blocks.Length);
        }

        File.WriteAllBytes(name + ".primary", primary);
        File.WriteAllBytes(name + ".secondary", secondary);
    }

    private static void WriteOffset(byte[] primary, int relative, int entries) =>
        BinaryPrimitives.WriteUInt32BigEndian(primary.AsSpan(1 + (sizeof(uint) * relative)), (uint)(SecondaryEntryBytes * entries));
}
