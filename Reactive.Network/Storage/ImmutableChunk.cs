using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Reactive.Network.Chain;
using Reactive.Network.Internal;

namespace Reactive.Network.Storage;

/// <summary>A chunk file and its secondary index, open. What is read is checked for structure: nothing here trusts an offset.</summary>
/// <remarks>Any thread. The primary index is not read: see the README.</remarks>
internal sealed class ImmutableChunk : IDisposable
{
    /// <summary>The most entries read at once: as many as a slab has segments.</summary>
    public const int MaxBatch = Slab.MaxSegments;

    private readonly ImmutableFiles _files;
    private readonly ulong _slotsPerChunk;
    private readonly SafeFileHandle _secondary;
    private readonly SafeFileHandle _chunk;
    private readonly Lock _gate = new();
    private MappedFile? _mapped;
    private bool _isUnmappable;
    private int _owners = 1;

    /// <summary>Opens what the directory holds now. Both lengths can be cut, to what was found good.</summary>
    /// <exception cref="IOException">A file is missing or unreadable.</exception>
    /// <param name="files">The directory.</param>
    /// <param name="number">Which chunk.</param>
    /// <param name="slotsPerChunk">Slots in each.</param>
    /// <param name="maxEntries">Entries that are looked at.</param>
    /// <param name="maxLength">Bytes of the chunk file that are looked at.</param>
    public ImmutableChunk(ImmutableFiles files, int number, int slotsPerChunk, int maxEntries = int.MaxValue, long maxLength = long.MaxValue)
    {
        _files = files;
        _slotsPerChunk = (ulong)slotsPerChunk;
        Number = number;
        _secondary = ImmutableFiles.Open(files.Secondary(number));
        try
        {
            // Index before chunk: the node writes in the other order, so every entry seen here has its bytes in the file already.
            IndexLength = RandomAccess.GetLength(_secondary);
            EntryCount = (int)Math.Min(IndexLength / SecondaryEntry.Size, maxEntries);
            _chunk = ImmutableFiles.Open(files.Chunk(number));
            Length = Math.Min(RandomAccess.GetLength(_chunk), maxLength);
        }
        catch
        {
            _chunk?.Dispose();
            _secondary.Dispose();
            throw;
        }
    }

    public int Number { get; }

    /// <summary>Complete entries of the secondary index.</summary>
    public int EntryCount { get; }

    /// <summary>The length of the secondary index in bytes.</summary>
    public long IndexLength { get; }

    /// <summary>The length of the chunk file in bytes.</summary>
    public long Length { get; }

    /// <summary>The entries from <paramref name="index"/> on, at most <see cref="MaxBatch"/>, with the lengths of their blocks.</summary>
    /// <returns>How many: fewer than fit in <paramref name="into"/> at the end of the chunk, or before a <paramref name="defect"/>.</returns>
    public int ReadEntries(int index, Span<StoredBlock> into, out ImmutableDefect? defect)
    {
        defect = null;
        int count = Math.Min(into.Length, EntryCount - index);
        int read = Math.Min(count + 1, EntryCount - index);
        Span<byte> bytes = stackalloc byte[(MaxBatch + 1) * SecondaryEntry.Size];
        bytes = bytes[..(read * SecondaryEntry.Size)];
        ReadIndex(index, bytes);
        for (int i = 0; i < count; i++)
        {
            bool isLast = i + 1 == read;
            SecondaryEntry entry = SecondaryEntry.Read(bytes[(i * SecondaryEntry.Size)..]);
            ulong end = isLast ? (ulong)Length : SecondaryEntry.Read(bytes[((i + 1) * SecondaryEntry.Size)..]).BlockOffset;
            defect = Check(index + i, entry, end, isLast);
            if (defect is not null)
            {
                return i;
            }

            into[i] = new StoredBlock(entry, SlotOf(index + i, entry), (int)Math.Min(end - entry.BlockOffset, StoredBlock.MaxBytes), isLast);
        }

        return count;
    }

    /// <summary>The number of the entry of <paramref name="point"/>, or -1.</summary>
    public int Find(Point point)
    {
        int low = 0;
        int high = EntryCount;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (SlotOf(middle, ReadEntry(middle)) < point.Slot)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        // A boundary block and a main block can have the same slot; they differ by hash.
        for (int i = low; i < Math.Min(low + 2, EntryCount); i++)
        {
            SecondaryEntry entry = ReadEntry(i);
            if (entry.Hash == point.Hash && SlotOf(i, entry) == point.Slot)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>One entry, unchecked.</summary>
    public SecondaryEntry ReadEntry(int index)
    {
        Span<byte> bytes = stackalloc byte[SecondaryEntry.Size];
        ReadIndex(index, bytes);
        return SecondaryEntry.Read(bytes);
    }

    /// <summary>Bytes of the chunk file, for the sake of entry <paramref name="index"/>.</summary>
    public void Read(int index, long offset, Span<byte> into)
    {
        if (!ImmutableFiles.TryRead(_chunk, into, offset))
        {
            throw new ImmutableDamageException(Defect(ImmutableDefectKind.MissingBytes, index, EndsBefore(offset + into.Length)));
        }
    }

    /// <summary>The chunk file as memory, if it can be had: valid for as long as an owner holds this.</summary>
    public bool TryMap(out ReadOnlyMemory<byte> file)
    {
        lock (_gate)
        {
            if (_mapped is null && !_isUnmappable)
            {
                _mapped = Map();
                _isUnmappable = _mapped is null;
            }

            // Whoever did cut it all the same is found out here, and not by a fault: the reading reports what is missing.
            bool isWhole = _mapped is not null && RandomAccess.GetLength(_chunk) >= Length;
            file = isWhole ? _mapped!.Memory : default;
            return isWhole;
        }
    }

    /// <summary>Not every file system can, and not any number of files.</summary>
    private MappedFile? Map()
    {
        if (Length is <= 0 or > int.MaxValue)
        {
            return null;
        }

        try
        {
            return MappedFile.Open(_chunk, (int)Length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>One more <see cref="Dispose"/> is needed. Only for who holds it already.</summary>
    public ImmutableChunk AddOwner()
    {
        Interlocked.Increment(ref _owners);
        return this;
    }

    public ImmutableDefect Defect(ImmutableDefectKind kind, int index, string reason, bool inIndex = false) =>
        new(kind, inIndex ? _files.Secondary(Number) : _files.Chunk(Number), index, reason);

    public ImmutableDefect WrongCrc(int index, in StoredBlock block) => Defect(
        ImmutableDefectKind.WrongCrc,
        index,
        string.Create(CultureInfo.InvariantCulture, $"the CRC-32 of the block at byte {block.Offset} is not {block.Entry.Crc:x8}, as the index says"));

    public ImmutableDefect NoBlock(int index) =>
        Defect(ImmutableDefectKind.MalformedBlock, index, "the bytes are no [blockTag, block]");

    public ImmutableDefect NoHeader(int index) => Defect(ImmutableDefectKind.MalformedBlock, index, "the header cannot be read");

    public ImmutableDefect WrongHash(int index, BlockHash hash, BlockHash expected) =>
        Defect(ImmutableDefectKind.WrongHash, index, $"the hash of the block is {hash}, the index says {expected}", inIndex: true);

    public ImmutableDefect BrokenLink(int index, BlockHash? previous, BlockHash expected) => Defect(
        ImmutableDefectKind.BrokenLink, index, $"the block does not follow {expected}, but {previous?.ToString() ?? "origin"}");

    /// <summary>Checks what was not verified on opening: hash, and link where the block before is known.</summary>
    public void CheckHeader(int index, Header header, BlockHash hash, BlockHash? previous)
    {
        ImmutableDefect? defect = null;
        if (!header.TryReadFields(out HeaderFields fields))
        {
            defect = NoHeader(index);
        }
        else if (header.Hash is var real && real != hash)
        {
            defect = WrongHash(index, real, hash);
        }
        else if (previous is { } expected && fields.PreviousHash != expected)
        {
            defect = BrokenLink(index, fields.PreviousHash, expected);
        }

        if (defect is not null)
        {
            throw new ImmutableDamageException(defect);
        }
    }

    /// <summary>On behalf of one owner.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _owners) == 0)
        {
            _secondary.Dispose();
            _chunk.Dispose();
            (_mapped as IDisposable)?.Dispose();
        }
    }

    private static string EndsBefore(long offset) => string.Create(CultureInfo.InvariantCulture, $"the file ends before byte {offset}");

    private void ReadIndex(int index, Span<byte> into)
    {
        long offset = (long)index * SecondaryEntry.Size;
        if (!ImmutableFiles.TryRead(_secondary, into, offset))
        {
            throw new ImmutableDamageException(
                Defect(ImmutableDefectKind.PartialEntry, index, EndsBefore(offset + into.Length), inIndex: true));
        }
    }

    // Only the first entry can be that of an epoch boundary block, and its field then is the epoch, which has the number of the chunk. No slot of a
    // chunk is equal to its number, except 0 in chunk 0, where both readings give the same.
    private ulong SlotOf(int index, in SecondaryEntry entry) =>
        index == 0 && entry.SlotOrEpoch == (ulong)Number ? (ulong)Number * _slotsPerChunk : entry.SlotOrEpoch;

    private ImmutableDefect? Check(int index, in SecondaryEntry entry, ulong end, bool isLast)
    {
        if (entry.BlockOffset >= (ulong)Length || end > (ulong)Length)
        {
            return Defect(
                ImmutableDefectKind.MissingBytes,
                index,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the block from byte {entry.BlockOffset}{(isLast ? "" : $" to {end}")} is not whole, the file has {Length} bytes"));
        }

        if (end <= entry.BlockOffset || (!isLast && end - entry.BlockOffset > StoredBlock.MaxBytes) || (index == 0 && entry.BlockOffset != 0))
        {
            return WrongEntry(index, $"a block from byte {entry.BlockOffset} to {end}");
        }

        if (entry.HeaderSize == 0 || entry.HeaderOffset < 3 || (ulong)(entry.HeaderOffset + entry.HeaderSize) > end - entry.BlockOffset)
        {
            return WrongEntry(
                index, $"a header of {entry.HeaderSize} bytes at {entry.HeaderOffset} in a block of {end - entry.BlockOffset} bytes");
        }

        ulong slot = SlotOf(index, entry);
        return slot / _slotsPerChunk != (ulong)Number
            ? WrongEntry(index, $"slot {slot} is not of chunk {Number}, which has {_slotsPerChunk} slots")
            : null;
    }

    private ImmutableDefect WrongEntry(int index, FormattableString reason) =>
        Defect(ImmutableDefectKind.WrongEntry, index, reason.ToString(CultureInfo.InvariantCulture), inIndex: true);
}
