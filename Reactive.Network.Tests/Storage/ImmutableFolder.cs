using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Storage;

/// <summary>
/// A temporary ImmutableDB directory, written as a node writes it: every chunk up to the last one that has a block, all finished but the last. The
/// files can be damaged afterwards.
/// </summary>
internal sealed class ImmutableFolder : IDisposable
{
    public const int EntrySize = 56;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("rxnet-");

    /// <param name="blocks">In chain order.</param>
    /// <param name="slotsPerChunk">The slots of a chunk; boundary blocks say their chunk themselves.</param>
    /// <param name="finishLast">Whether the last chunk is finished too.</param>
    public ImmutableFolder(IEnumerable<Block> blocks, int slotsPerChunk, bool finishLast = false)
    {
        Path = System.IO.Path.Combine(_root.FullName, "immutable");
        Directory.CreateDirectory(Path);
        List<IGrouping<int, Block>> chunks = [.. blocks.GroupBy(block => (int)(block.Slot / (ulong)slotsPerChunk))];
        for (int chunk = chunks.Count == 0 ? 0 : chunks[0].Key; chunk <= (chunks.Count == 0 ? 0 : chunks[^1].Key); chunk++)
        {
            bool isLast = chunks.Count == 0 || chunk == chunks[^1].Key;
            WriteChunk(chunk, chunks.Find(group => group.Key == chunk) ?? Enumerable.Empty<Block>(), slotsPerChunk, isFinished: !isLast || finishLast);
        }
    }

    /// <summary>The folder with the chunk files.</summary>
    public string Path { get; }

    /// <summary>The folder around it.</summary>
    public string Parent => _root.FullName;

    public string Chunk(int chunk) => File(chunk, "chunk");

    public string Secondary(int chunk) => File(chunk, "secondary");

    public string Primary(int chunk) => File(chunk, "primary");

    /// <summary>Changes bytes of a file in place.</summary>
    public static void Edit(string file, Func<byte[], byte[]> edit) => System.IO.File.WriteAllBytes(file, edit(System.IO.File.ReadAllBytes(file)));

    /// <summary>Turns one bit of a byte round.</summary>
    public static void Flip(string file, int offset) => Edit(file, bytes =>
    {
        bytes[offset] ^= 1;
        return bytes;
    });

    /// <summary>Cuts bytes off the end.</summary>
    public static void Shorten(string file, int bytes) => Edit(file, all => all[..^bytes]);

    public static void Append(string file, ReadOnlySpan<byte> bytes)
    {
        using FileStream stream = new(file, FileMode.Append);
        stream.Write(bytes);
    }

    /// <summary>Writes the index entry of a block that starts at <paramref name="offset"/>.</summary>
    public static byte[] Entry(Block block, long offset)
    {
        var layout = BlockLayout.Read(block.Span);
        byte[] entry = new byte[EntrySize];
        BinaryPrimitives.WriteUInt64BigEndian(entry, (ulong)offset);
        BinaryPrimitives.WriteUInt16BigEndian(entry.AsSpan(8), (ushort)layout.HeaderOffset);
        BinaryPrimitives.WriteUInt16BigEndian(entry.AsSpan(10), (ushort)layout.HeaderLength);
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(12), Crc32.HashToUInt32(block.Span));
        block.Hash.AsSpan().CopyTo(entry.AsSpan(16));
        BinaryPrimitives.WriteUInt64BigEndian(entry.AsSpan(48), block.Era == Era.ByronBoundary ? block.Slot / HeaderFields.ByronEpochLength : block.Slot);
        return entry;
    }

    public void Dispose() => _root.Delete(recursive: true);

    private string File(int chunk, string extension) =>
        System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{chunk:00000}.{extension}"));

    private void WriteChunk(int chunk, IEnumerable<Block> blocks, int slotsPerChunk, bool isFinished)
    {
        using MemoryStream bytes = new();
        using MemoryStream entries = new();
        List<uint> offsets = [0];
        foreach (Block block in blocks)
        {
            int relative = block.Era == Era.ByronBoundary ? 0 : (int)(block.Slot - ((ulong)chunk * (ulong)slotsPerChunk)) + 1;
            Pad(offsets, relative);
            entries.Write(Entry(block, bytes.Position));
            bytes.Write(block.Span);
            offsets.Add((uint)entries.Position);
        }

        if (isFinished)
        {
            Pad(offsets, slotsPerChunk + 1);
        }

        byte[] primary = new byte[1 + (offsets.Count * 4)];
        primary[0] = 1;
        for (int i = 0; i < offsets.Count; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(primary.AsSpan(1 + (i * 4)), offsets[i]);
        }

        System.IO.File.WriteAllBytes(Chunk(chunk), bytes.ToArray());
        System.IO.File.WriteAllBytes(Secondary(chunk), entries.ToArray());
        System.IO.File.WriteAllBytes(Primary(chunk), primary);
    }

    /// <summary>Empty slots up to where the offset of relative slot <paramref name="relative"/> has been written.</summary>
    private static void Pad(List<uint> offsets, int relative)
    {
        while (offsets.Count <= relative)
        {
            offsets.Add(offsets[^1]);
        }
    }
}
