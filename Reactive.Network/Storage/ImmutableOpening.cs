using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>What is found out about a directory when it is opened: its chunks, their slots, and how far they are good.</summary>
internal sealed class ImmutableOpening
{
    /// <summary>Networks in use: mainnet and preprod, preview and sanchonet, musashi.</summary>
    private static readonly int[] KnownSlotsPerChunk = [21_600, 4_320, 1_080];

    private readonly ImmutableFiles _files;
    private readonly int _first;
    private readonly int _last;

    public ImmutableOpening(ImmutableFiles files, ImmutableDatabaseOptions options)
    {
        _files = files;
        List<int> chunks = files.List(out int highestIndex);
        if (chunks.Count == 0)
        {
            throw new ChainSourceException($"{files.Directory}: no chunk files (NNNNN.chunk) are there");
        }

        _first = chunks[0];
        _last = _first;
        while (_last - _first + 1 < chunks.Count && chunks[_last - _first + 1] == _last + 1)
        {
            _last++;
        }

        SlotsPerChunk = FindSlotsPerChunk(options.SlotsPerChunk);
        ImmutableVerifier verifier = new(files, SlotsPerChunk);
        Extent = IsSmall(options.VerifyWholeUpToBytes) ? VerifyForwards(verifier) : VerifyTheEnd(verifier);
        if (Defect is null && Math.Max(highestIndex, chunks[^1]) > _last)
        {
            Defect = new ImmutableDefect(
                ImmutableDefectKind.MissingFile, files.Chunk(_last + 1), 0, "the file is missing, though later files are there");
        }
    }

    public int SlotsPerChunk { get; }

    public ImmutableDefect? Defect { get; private set; }

    public ImmutableExtent Extent { get; }

    private int FindSlotsPerChunk(int? option)
    {
        // A finished chunk has one offset for each slot, one for the boundary block and one for the end; an unfinished or damaged index has fewer, and then
        // the number it gives does not put the last block of the chunk into the chunk. Two are looked at, as the first may be damaged.
        List<int> candidates = [];
        bool isSure = false;
        for (int chunk = _first; chunk <= _last && chunk < _first + 2; chunk++)
        {
            long offsets = ImmutableFiles.LengthOf(_files.Primary(chunk)) / 4;
            if (offsets is > 2 and <= int.MaxValue)
            {
                isSure |= chunk < _last || chunk > 0 || EndsEmpty(chunk, offsets);
                candidates.Add((int)(offsets - 2));
            }
        }

        if (option is { } given)
        {
            // Chunk 0 alone is the exception: any number of slots above its last one puts that into chunk 0.
            candidates.Insert(isSure ? candidates.Count : 0, given);
        }

        candidates.AddRange(KnownSlotsPerChunk);
        ulong? slot = FindSlot(ofLast: true, out int holder);
        foreach (int candidate in candidates)
        {
            if (slot is null || slot / (ulong)candidate == (ulong)holder)
            {
                return candidate;
            }
        }

        // The last entry may be damaged. The first cannot tell an unfinished index, so the indexes are asked last.
        candidates.Reverse();
        ulong? firstSlot = FindSlot(ofLast: false, out int firstHolder);
        foreach (int candidate in candidates)
        {
            if (firstSlot / (ulong)candidate == (ulong)firstHolder)
            {
                return candidate;
            }
        }

        throw new ChainSourceException(string.Create(
            CultureInfo.InvariantCulture,
            $"{_files.Directory}: slots per chunk are not known: no finished primary index, and slot {slot} in chunk {holder} fits no known network"));
    }

    /// <summary>Whether the last slot in the index is empty: the index of a chunk in the making ends with its last block.</summary>
    private bool EndsEmpty(int chunk, long offsets)
    {
        try
        {
            using SafeFileHandle primary = ImmutableFiles.Open(_files.Primary(chunk));
            Span<byte> last = stackalloc byte[2 * sizeof(uint)];
            return ImmutableFiles.TryRead(primary, last, 1 + ((offsets - 2) * sizeof(uint))) && last[..4].SequenceEqual(last[4..]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// The last or the first slot of the first chunk that has one. The entry of an epoch boundary block has none, it tells the epoch; so an entry equal to its
    /// chunk number is passed over.
    /// </summary>
    private ulong? FindSlot(bool ofLast, out int holder)
    {
        for (holder = _first; holder <= _last; holder++)
        {
            if (TryReadEntry(holder, ofLast) is { } entry && entry.SlotOrEpoch != (ulong)holder)
            {
                return entry.SlotOrEpoch;
            }
        }

        return null;
    }

    private SecondaryEntry? TryReadEntry(int number, bool isLast)
    {
        try
        {
            using ImmutableChunk chunk = new(_files, number, slotsPerChunk: 1);
            return chunk.EntryCount > 0 ? chunk.ReadEntry(isLast ? chunk.EntryCount - 1 : 0) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // Verifying names the file.
        }
    }

    private bool IsSmall(long limit)
    {
        long bytes = 0;
        for (int chunk = _first; chunk <= _last && bytes <= limit; chunk++)
        {
            bytes += ImmutableFiles.LengthOf(_files.Chunk(chunk));
        }

        return bytes <= limit;
    }

    private ImmutableExtent VerifyForwards(ImmutableVerifier verifier)
    {
        Tip tip = Tip.Origin;
        for (int chunk = _first; ; chunk++)
        {
            ChunkVerdict verdict = verifier.Verify(chunk, isNewest: chunk == _last, tip.Point);
            tip = verdict.Entries > 0 ? verdict.Tip : tip;
            Defect ??= verdict.Defect;
            if (!verdict.IsWhole || chunk == _last)
            {
                return new ImmutableExtent(new EntryAddress(_first, 0), new EntryAddress(chunk, verdict.Entries), verdict.End, tip, _first);
            }
        }
    }

    /// <summary>The newest chunk that has a good block, and how much of it is good: that is where serving ends.</summary>
    private ImmutableExtent VerifyTheEnd(ImmutableVerifier verifier)
    {
        for (int chunk = _last; chunk >= _first; chunk--)
        {
            ChunkVerdict verdict = verifier.Verify(chunk, isNewest: chunk == _last, PointBefore(chunk));
            Defect = verdict.Defect ?? Defect;
            if (verdict.Entries > 0)
            {
                return new ImmutableExtent(
                    new EntryAddress(_first, 0), new EntryAddress(chunk, verdict.Entries), verdict.End, verdict.Tip, chunk);
            }
        }

        return new ImmutableExtent(new EntryAddress(_first, 0), new EntryAddress(_first, 0), 0, Tip.Origin, _first);
    }

    private Point PointBefore(int chunk)
    {
        while (--chunk >= _first)
        {
            if (TryReadEntry(chunk, isLast: true) is { } entry)
            {
                // The epoch of a lone boundary block is no slot, but it is below every slot of the next chunk, and more is not asked of it.
                return new Point(entry.SlotOrEpoch, entry.Hash);
            }
        }

        return Point.Origin;
    }
}
