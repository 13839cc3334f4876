using System.Buffers;
using System.Globalization;
using CommunityToolkit.HighPerformance.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>What verifying a chunk found.</summary>
/// <param name="Entries">How many of its entries are good, from the first on.</param>
/// <param name="End">Where the last good block ends in the chunk file.</param>
/// <param name="Tip">The last good block; origin if there is none.</param>
/// <param name="Defect">What is wrong behind them, if anything.</param>
/// <param name="IsWhole">Whether all entries are good. A defect then lies behind them, and the next chunk may still fit.</param>
internal readonly record struct ChunkVerdict(int Entries, long End, Tip Tip, ImmutableDefect? Defect, bool IsWhole);

/// <summary>Reads chunks whole and finds their longest good prefix. Memory: one batch of entries and one buffer, whatever the size.</summary>
internal sealed class ImmutableVerifier(ImmutableFiles files, int slotsPerChunk)
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>The chunk <paramref name="number"/>; if <paramref name="previous"/> is a block, its first block must link to that.</summary>
    public ChunkVerdict Verify(int number, bool isNewest, Point previous)
    {
        Run run = new(previous);
        try
        {
            using ImmutableChunk chunk = new(files, number, slotsPerChunk);
            run.Read(chunk);
            ImmutableDefect? defect = run.Defect ?? (isNewest ? FindTornTail(chunk, run.End) : FindTail(chunk, run.End));
            return new ChunkVerdict(run.Entries, run.End, run.Tip, defect, IsWhole: run.Defect is null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            ImmutableDefect defect = ImmutableDefect.From(error, files, new EntryAddress(number, run.Entries));
            return new ChunkVerdict(run.Entries, run.End, run.Tip, defect, IsWhole: false);
        }
    }

    /// <summary>A finished chunk ends with its last entry.</summary>
    private static ImmutableDefect? FindTail(ImmutableChunk chunk, long end)
    {
        if (chunk.IndexLength % SecondaryEntry.Size != 0)
        {
            return chunk.Defect(
                ImmutableDefectKind.PartialEntry, chunk.EntryCount, "the index ends inside this entry, the chunk is finished", inIndex: true);
        }

        return chunk.Length > end ? BytesWithoutEntry(chunk, end) : null;
    }

    /// <summary>
    /// The newest chunk may be in the making: the node writes block, entry, primary index, in this order. So one block, whole or not, without
    /// entry and a part of an entry are what stands beside a running node. More than that is damage.
    /// </summary>
    private static ImmutableDefect? FindTornTail(ImmutableChunk chunk, long end)
    {
        long tail = chunk.Length - end;
        if (tail == 0)
        {
            return null;
        }

        using SpanOwner<byte> buffer = SpanOwner<byte>.Allocate((int)Math.Min(tail, StoredBlock.MaxBytes));
        Span<byte> bytes = buffer.Span;
        chunk.Read(chunk.EntryCount, end, bytes);
        CborItemScanner scanner = new(StoredBlock.MaxBytes);
        OperationStatus status = scanner.Scan(bytes, out int consumed);
        bool isOneBlock = bytes[0] == 0x82 && (status == OperationStatus.NeedMoreData || (status == OperationStatus.Done && consumed == tail));
        return isOneBlock ? null : BytesWithoutEntry(chunk, end);
    }

    private static ImmutableDefect BytesWithoutEntry(ImmutableChunk chunk, long end) => chunk.Defect(
        ImmutableDefectKind.BytesWithoutEntry,
        chunk.EntryCount,
        string.Create(CultureInfo.InvariantCulture, $"missing, though the chunk file has {chunk.Length - end} bytes more from byte {end} on"),
        inIndex: true);

    /// <summary>One pass over a chunk.</summary>
    private sealed class Run(Point previous)
    {
        private readonly StoredBlock[] _batch = new StoredBlock[ImmutableChunk.MaxBatch];
        private Point _last = previous;

        public int Entries { get; private set; }

        public long End { get; private set; }

        public Tip Tip { get; private set; }

        public ImmutableDefect? Defect { get; private set; }

        public void Read(ImmutableChunk chunk)
        {
            MemoryOwner<byte> buffer = MemoryOwner<byte>.Allocate(BufferBytes);
            try
            {
                while (Defect is null && Entries < chunk.EntryCount)
                {
                    int count = chunk.ReadEntries(Entries, _batch, out ImmutableDefect? structural);
                    for (int i = 0; i < count && Defect is null; i++)
                    {
                        Fit(ref buffer, _batch[i].Length);
                        Memory<byte> bytes = buffer.Memory[.._batch[i].Length];
                        chunk.Read(Entries, _batch[i].Offset, bytes.Span);
                        Defect = Take(chunk, _batch[i], bytes);
                    }

                    Defect ??= structural;
                }
            }
            finally
            {
                buffer.Dispose();
            }
        }

        private static void Fit(ref MemoryOwner<byte> buffer, int length)
        {
            if (buffer.Length < length)
            {
                buffer.Dispose();
                buffer = MemoryOwner<byte>.Allocate(length);
            }
        }

        private ImmutableDefect? Take(ImmutableChunk chunk, in StoredBlock stored, ReadOnlyMemory<byte> bytes)
        {
            if (!stored.HasRightCrc(bytes.Span, out int length))
            {
                return chunk.WrongCrc(Entries, stored);
            }

            if (StoredBlock.ReadEra(bytes.Span) is not { } era)
            {
                return chunk.NoBlock(Entries);
            }

            Header header = Header.FromMemory(bytes.Slice(stored.Entry.HeaderOffset, stored.Entry.HeaderSize), era, (uint)length);
            if (stored.HeaderEnd > length || !header.TryReadFields(out HeaderFields fields))
            {
                return chunk.NoHeader(Entries);
            }

            if (FindContradiction(chunk, header, fields, stored.Point) is { } contradiction)
            {
                return contradiction;
            }

            _last = stored.Point;
            Tip = new Tip(_last, fields.BlockNumber);
            End = stored.Offset + length;
            Entries++;
            return null;
        }

        private ImmutableDefect? FindContradiction(ImmutableChunk chunk, in Header header, in HeaderFields fields, Point point)
        {
            BlockHash hash = header.Hash;
            if (hash != point.Hash)
            {
                return chunk.WrongHash(Entries, hash, point.Hash);
            }

            // Byron headers count in epochs, whose length is not the same in every network: for them the index is all there is.
            bool fits = header.Era <= Era.Byron || fields.Slot == point.Slot;
            bool rises = _last.IsOrigin || point.Slot > _last.Slot || (point.Slot == _last.Slot && Entries == 1);
            if (!fits || !rises)
            {
                return chunk.Defect(
                    ImmutableDefectKind.WrongEntry,
                    Entries,
                    string.Create(CultureInfo.InvariantCulture, $"slot {point.Slot} is not that of the block, or not above the one before"),
                    inIndex: true);
            }

            return !_last.IsOrigin && fields.PreviousHash != _last.Hash ? chunk.BrokenLink(Entries, fields.PreviousHash, _last.Hash) : null;
        }
    }
}
