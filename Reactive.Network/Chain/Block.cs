using Reactive.Network.Cbor;
using Reactive.Network.Internal;

namespace Reactive.Network.Chain;

/// <summary>A block, as the bytes <c>[blockTag, block]</c> that came in. A value; what it says is read from the bytes when asked for.</summary>
/// <remarks>
/// <para>Memory: valid as long as it is referenced. <see cref="Dispose"/> gives it back to be reused; reading through any copy of the value throws
/// <see cref="ObjectDisposedException"/> from then on. A block that several share is given back by each: <see cref="Retain"/> first.</para>
/// <para>Any thread.</para>
/// </remarks>
public readonly struct Block : IDisposable
{
    private readonly MemoryLease _lease;
    private readonly int _offset;

    internal Block(MemoryLease lease, int offset, int length)
    {
        _lease = lease;
        _offset = offset;
        Size = length;
    }

    /// <summary>The length of <c>[blockTag, block]</c>, in bytes: as on disk.</summary>
    public int Size { get; }

    /// <summary>The bytes of <c>[blockTag, block]</c>.</summary>
    public ReadOnlyMemory<byte> Memory => _lease.Memory.Slice(_offset, Size);

    /// <summary>The bytes of <c>[blockTag, block]</c>.</summary>
    public ReadOnlySpan<byte> Span => Memory.Span;

    /// <summary>The kind of the block.</summary>
    /// <exception cref="CodecException">The bytes are no block.</exception>
    public Era Era => BlockLayout.Read(Span).Era;

    /// <summary>The header: a view on the same memory, not an owner of it.</summary>
    /// <exception cref="CodecException">The bytes are no block.</exception>
    public Header Header => HeaderAt(BlockLayout.Read(Span));

    /// <summary>The slot. Read from the bytes on each call, as everything is: for several fields use <see cref="Header"/>.</summary>
    /// <exception cref="CodecException">The bytes are no block.</exception>
    public ulong Slot => Header.Slot;

    /// <summary>The height.</summary>
    /// <exception cref="CodecException">The bytes are no block.</exception>
    public ulong BlockNumber => Header.BlockNumber;

    /// <summary>The hash of the block before; see <see cref="HeaderFields.PreviousHash"/>.</summary>
    /// <exception cref="CodecException">The bytes are no block.</exception>
    public BlockHash? PreviousHash => Header.PreviousHash;

    /// <summary>The hash that names the block. Computed on each call, about a microsecond: keep it.</summary>
    /// <exception cref="CodecException">The bytes are no block.</exception>
    public BlockHash Hash => Header.Hash;

    /// <summary>Slot and hash. Computed on each call: keep it.</summary>
    /// <exception cref="CodecException">The bytes are no block.</exception>
    public Point Point => Header.Point;

    /// <summary>
    /// How many transactions it holds, or <see langword="null"/> where the body is opaque: eras later than Conway.
    /// </summary>
    /// <exception cref="CodecException">The bytes are no block.</exception>
    public int? TransactionCount => BlockLayout.CountTransactions(Span);

    /// <summary>The transactions. Finds their place on each call: keep the value.</summary>
    /// <exception cref="CodecException">The bytes are no block.</exception>
    public BlockTransactions Transactions => new(Memory);

    internal MemoryLease Lease => _lease;

    /// <summary>The header where <paramref name="layout"/>, which is this block's, has it.</summary>
    internal Header HeaderAt(BlockLayout layout) =>
        new(_lease, layout.Era, _offset + layout.HeaderOffset, layout.HeaderLength, layout.Era <= Era.Byron ? (uint)Size : 0);

    /// <summary>A block in plain memory that the garbage collector looks after.</summary>
    public static Block FromMemory(ReadOnlyMemory<byte> bytes) => new(MemoryLease.Unowned(bytes), 0, bytes.Length);

    /// <summary>Computes the hash, if the bytes are a block.</summary>
    public bool TryHash(out BlockHash hash)
    {
        try
        {
            hash = Hash;
            return true;
        }
        catch (CodecException)
        {
            hash = default;
            return false;
        }
    }

    /// <summary>Adds an owner: the memory is reused after one more <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back already.</exception>
    public Block Retain()
    {
        _lease.Retain();
        return this;
    }

    /// <summary>A copy in memory of its own, which is never reused.</summary>
    public Block Copy() => FromMemory(Span.ToArray());

    /// <summary>Gives the memory back, on behalf of one owner.</summary>
    /// <exception cref="ObjectDisposedException">Every owner has done so already.</exception>
    public void Dispose() => _lease.Release();
}
