using Reactive.Network.Cbor;
using Reactive.Network.Internal;

namespace Reactive.Network.Chain;

/// <summary>A block header, as the bytes that came in. A value; its fields are read from the bytes when asked for.</summary>
/// <remarks>
/// <para>Memory: valid as long as it is referenced. <see cref="Dispose"/> gives it back to be reused; reading through any copy of the value throws
/// <see cref="ObjectDisposedException"/> from then on. A header that several share is given back by each: <see cref="Retain"/> first.</para>
/// <para>Any thread.</para>
/// </remarks>
public readonly struct Header : IDisposable
{
    /// <summary>Tag 24 and the head of the byte string around the header bytes, the array around both, and the block's own array head.</summary>
    private const int WrapperBytes = 10;

    private readonly MemoryLease _lease;
    private readonly int _offset;
    private readonly bool _isHashed;

    internal Header(MemoryLease lease, Era era, int offset, int length, uint byronSizeHint, bool isHashed = false)
    {
        _isHashed = isHashed;
        _lease = lease;
        _offset = offset;
        Size = length;
        Era = era;
        ByronSizeHint = byronSizeHint;
    }

    /// <summary>The kind of the block.</summary>
    public Era Era { get; }

    /// <summary>The length of the header, in bytes.</summary>
    public int Size { get; }

    /// <summary>The size of the block as the peer hinted it, in bytes; Byron only, and not to be relied on. 0 otherwise.</summary>
    public uint ByronSizeHint { get; }

    /// <summary>The header bytes, as the hash is taken over them.</summary>
    public ReadOnlyMemory<byte> Memory => _lease.Memory.Slice(_offset, Size);

    /// <summary>The header bytes, as the hash is taken over them.</summary>
    public ReadOnlySpan<byte> Span => Memory.Span;

    /// <summary>
    /// The slot. Read from the bytes on each call, as all fields are: for several use <see cref="ReadFields"/>. From Shelley on what stands behind it
    /// is not looked at, nor behind <see cref="BlockNumber"/> and <see cref="PreviousHash"/>.
    /// </summary>
    /// <exception cref="CodecException">The bytes are no header.</exception>
    public ulong Slot => HeaderFields.ReadPlace(Span, Era).Slot;

    /// <summary>The height.</summary>
    /// <exception cref="CodecException">The bytes are no header.</exception>
    public ulong BlockNumber => HeaderFields.ReadPlace(Span, Era).BlockNumber;

    /// <summary>The hash of the block before; see <see cref="HeaderFields.PreviousHash"/>.</summary>
    /// <exception cref="CodecException">The bytes are no header.</exception>
    public BlockHash? PreviousHash => HeaderFields.ReadPlace(Span, Era).PreviousHash;

    /// <summary>
    /// The hash that names the block. Of a header that came by chain-sync it was computed before it was delivered (<c>ChainSyncOptions.HashHeaders</c>);
    /// otherwise it is computed on each call, about a microsecond: keep it.
    /// </summary>
    public BlockHash Hash => _isHashed ? new BlockHash(_lease.Behind(BlockHash.Size)) : ComputeHash();

    private BlockHash ComputeHash() => Era switch
    {
        Era.ByronBoundary => Blake2b256.HashOfBoth(BoundaryPrefix, Span),
        Era.Byron => Blake2b256.HashOfBoth(ByronPrefix, Span),
        _ => Blake2b256.Hash(Span),
    };

    /// <summary>Slot and hash: see <see cref="Hash"/>.</summary>
    /// <exception cref="CodecException">The bytes are no header.</exception>
    public Point Point => new(Slot, Hash);

    /// <summary>
    /// How large the block will be in a <c>MsgBlock</c>, in bytes, as far as the header tells: exact to a few bytes from Shelley on, the peer's hint for
    /// Byron. Only to keep the books by.
    /// </summary>
    public int EstimatedBlockSize => Era is Era.Byron or Era.ByronBoundary
        ? (int)Math.Min(ByronSizeHint, int.MaxValue)
        : TryReadFields(out HeaderFields fields) && fields.BodySize is { } body
            ? (int)Math.Min((ulong)(Size + WrapperBytes) + Math.Min(body, int.MaxValue), int.MaxValue)
            : Size;

    // The wrapper [kind, header] that the Byron hashes are taken over and that is not on the wire.
    private static ReadOnlySpan<byte> BoundaryPrefix => [0x82, 0x00];

    private static ReadOnlySpan<byte> ByronPrefix => [0x82, 0x01];

    internal MemoryLease Lease => _lease;

    /// <summary>This header with its hash, which is written behind its message: only where that memory has <see cref="BlockHash.Size"/> bytes free.</summary>
    internal Header WithHash(BlockHash hash)
    {
        hash.AsSpan().CopyTo(_lease.Behind(BlockHash.Size));
        return new Header(_lease, Era, _offset, Size, ByronSizeHint, isHashed: true);
    }

    /// <summary>A header in plain memory that the garbage collector looks after.</summary>
    public static Header FromMemory(ReadOnlyMemory<byte> headerBytes, Era era, uint byronSizeHint = 0) =>
        new(MemoryLease.Unowned(headerBytes), era, 0, headerBytes.Length, byronSizeHint);

    /// <summary>Reads all fields at once.</summary>
    /// <exception cref="CodecException">The bytes are no header.</exception>
    public HeaderFields ReadFields() => HeaderFields.Read(Span, Era);

    /// <summary>Reads all fields at once, if the bytes are a header.</summary>
    public bool TryReadFields(out HeaderFields fields)
    {
        try
        {
            fields = ReadFields();
            return true;
        }
        catch (CodecException)
        {
            fields = default;
            return false;
        }
    }

    /// <summary>Reads the height alone, if the bytes begin like a header. What follows is not looked at.</summary>
    internal bool TryReadBlockNumber(out ulong number)
    {
        if (Era is Era.Byron or Era.ByronBoundary)
        {
            bool isHeader = TryReadFields(out HeaderFields fields);
            number = fields.BlockNumber;
            return isHeader;
        }

        return HeaderFields.TryReadBlockNumber(Span, out number);
    }

    /// <summary>Adds an owner: the memory is reused after one more <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back already.</exception>
    public Header Retain()
    {
        _lease.Retain();
        return this;
    }

    /// <summary>A copy in memory of its own, which is never reused.</summary>
    public Header Copy() => FromMemory(Span.ToArray(), Era, ByronSizeHint);

    /// <summary>Gives the memory back, on behalf of one owner.</summary>
    /// <exception cref="ObjectDisposedException">Every owner has done so already.</exception>
    public void Dispose() => _lease.Release();
}
