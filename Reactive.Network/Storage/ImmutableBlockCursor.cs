using Reactive.Network.Chain;
using Reactive.Network.Internal;

namespace Reactive.Network.Storage;

/// <summary>The blocks of a range of an <see cref="ImmutableDatabase"/>, mapped where its files are complete, else in large reads.</summary>
internal sealed class ImmutableBlockCursor : ImmutableReader<Block>, IBlockCursor
{
    /// <summary>Read at once; a block that is larger gets a slab of its own.</summary>
    private const int SlabBytes = 256 * 1024;

    /// <summary>Of no system more.</summary>
    private const int PageBytes = 4096;

    private BlockHash? _last;

    /// <summary>Means nothing, and keeps the reading from being left out.</summary>
    private int _touched;

    public ImmutableBlockCursor(ImmutableDatabase database, EntryAddress first, EntryAddress last)
        : base(database) => MoveTo(first, last.Next);

    public bool TryNext(out Block block) => TryTake(out block);

    protected override int Read(ImmutableChunk chunk, int firstIndex, ReadOnlySpan<StoredBlock> blocks) =>
        Database.MapsFiles && chunk.TryMap(out ReadOnlyMemory<byte> file)
        ? ReadMapped(chunk, file, firstIndex, blocks)
        : ReadCopied(chunk, firstIndex, blocks);

    /// <summary>Blocks that lie where the file is.</summary>
    private int ReadMapped(ImmutableChunk chunk, ReadOnlyMemory<byte> file, int firstIndex, ReadOnlySpan<StoredBlock> blocks)
    {
        Slab slab = Database.Slabs.RentFor(chunk.AddOwner());
        try
        {
            for (int i = 0; i < blocks.Length; i++)
            {
                ReadOnlyMemory<byte> bytes = file.Slice((int)blocks[i].Offset, blocks[i].Length);
                Touch(bytes.Span);
                int size = Check(chunk, firstIndex + i, blocks[i], bytes);
                Add(new Block(slab.Carve(bytes[..size]), 0, size));
                _last = blocks[i].Entry.Hash;
            }

            return blocks.Length;
        }
        finally
        {
            slab.Seal();
        }
    }

    /// <summary>
    /// A disk is waited for here, on the strand of the client that wants the block, and not where it is copied into a write that other mini-protocols of the
    /// connection wait for.
    /// </summary>
    private void Touch(ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at += PageBytes)
        {
            _touched += bytes[at];
        }
    }

    private int ReadCopied(ImmutableChunk chunk, int firstIndex, ReadOnlySpan<StoredBlock> blocks)
    {
        int count = 1;
        while (count < blocks.Length && blocks[count].End - blocks[0].Offset <= SlabBytes)
        {
            count++;
        }

        int length = (int)(blocks[count - 1].End - blocks[0].Offset);
        Slab slab = Database.Slabs.Rent(Math.Max(SlabBytes, length));
        try
        {
            chunk.Read(firstIndex, blocks[0].Offset, slab.Array.AsSpan(0, length));
            for (int i = 0; i < count; i++)
            {
                int at = (int)(blocks[i].Offset - blocks[0].Offset);
                int size = Check(chunk, firstIndex + i, blocks[i], slab.Array.AsMemory(at, blocks[i].Length));
                Add(new Block(slab.Carve(at, size), 0, size));
                _last = blocks[i].Entry.Hash;
            }

            return count;
        }
        finally
        {
            slab.Seal();
        }
    }

    /// <summary>How long the block is: behind the last one of a chunk there can be bytes without an entry, whatever was verified before.</summary>
    private int Check(ImmutableChunk chunk, int index, in StoredBlock stored, ReadOnlyMemory<byte> bytes)
    {
        bool isVerified = Database.IsVerified(chunk.Number);
        int size = bytes.Length;
        if ((!isVerified || stored.IsLast) && !stored.HasRightCrc(bytes.Span, out size))
        {
            throw new ImmutableDamageException(chunk.WrongCrc(index, stored));
        }

        // Inside a chunk the bytes stand back to back, so that only its last entries can be missing.
        if (index == 0 && _last is { } last)
        {
            if (StoredBlock.ReadEra(bytes.Span) is not { } era || stored.HeaderEnd > size)
            {
                throw new ImmutableDamageException(chunk.NoBlock(index));
            }

            Header header = Header.FromMemory(bytes.Slice(stored.Entry.HeaderOffset, stored.Entry.HeaderSize), era);
            chunk.CheckHeader(index, header, stored.Entry.Hash, last);
        }

        return size;
    }
}
