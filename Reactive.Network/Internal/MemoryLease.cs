using System.Runtime.InteropServices;

namespace Reactive.Network.Internal;

/// <summary>
/// A piece of memory with at least one owner: bytes of a <see cref="Slab"/>, or plain garbage-collected memory that nobody gives back.
/// The handle that every element of a stream carries.
/// </summary>
/// <remarks>
/// An element that is never given back is plain garbage: slab and array go when nothing refers to them. One that is given back
/// (<see cref="Release"/>, as often as it has owners) has its memory reused, and reading through any copy of the handle throws from then on.
/// </remarks>
internal readonly struct MemoryLease
{
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly Slab? _slab;
    private readonly int _segment;
    private readonly int _generation;

    internal MemoryLease(Slab slab, int segment, int generation, ReadOnlyMemory<byte> memory)
    {
        _slab = slab;
        _segment = segment;
        _generation = generation;
        _memory = memory;
    }

    private MemoryLease(ReadOnlyMemory<byte> memory) => _memory = memory;

    /// <summary>The number of bytes. Known even after the memory was given back.</summary>
    public int Length => _memory.Length;

    /// <summary>The bytes.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public ReadOnlyMemory<byte> Memory
    {
        get
        {
            if (_slab is { } slab && !slab.IsHeld(_segment, _generation))
            {
                ThrowGivenBack();
            }

            return _memory;
        }
    }

    /// <summary>The bytes.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public ReadOnlySpan<byte> Span => Memory.Span;

    /// <summary>The bytes behind these in the same array, where whoever laid them there kept some free.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    internal Span<byte> Behind(int count)
    {
        MemoryMarshal.TryGetArray(Memory, out ArraySegment<byte> segment);
        return segment.Array.AsSpan(segment.Offset + segment.Count, count);
    }

    /// <summary>Plain memory that the garbage collector looks after: giving it back does nothing.</summary>
    public static MemoryLease Unowned(ReadOnlyMemory<byte> memory) => new(memory);

    /// <summary>Adds an owner: one more <see cref="Release"/> is needed before the memory is reused.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back already.</exception>
    public void Retain() => _slab?.Retain(_segment, _generation);

    /// <summary>Gives the memory back on behalf of one owner.</summary>
    /// <exception cref="ObjectDisposedException">Every owner has given it back already.</exception>
    public void Release() => _slab?.Release(_segment, _generation);

    /// <summary>Gives the memory back on behalf of one owner, unless every owner has done so already.</summary>
    public void ReleaseIfHeld() => _slab?.ReleaseIfHeld(_segment, _generation);

    internal static void ThrowGivenBack() =>
        throw new ObjectDisposedException(null, "This element was given back (Dispose or Recycle): its memory may hold other bytes by now.");
}
