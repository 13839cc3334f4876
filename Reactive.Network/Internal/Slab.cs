namespace Reactive.Network.Internal;

/// <summary>
/// A pooled array, or memory that has an owner, out of which messages are carved. It goes back to the pool when it was sealed and each of its segments was given back by
/// all its owners; if an owner never does, the garbage collector takes it as it takes anything else.
/// </summary>
/// <remarks>
/// One cell per segment holds generation and owner count in one word, so that a stale handle is told from a live one by a single read,
/// whatever happened to the slab since. Carving and sealing: one thread. The rest: any thread.
/// </remarks>
internal sealed class Slab
{
    /// <summary>Segments in one slab at most.</summary>
    internal const int MaxSegments = 64;

    private readonly SlabPool _pool;
    private readonly long[] _cells = new long[MaxSegments];
    private byte[] _array;
    private IDisposable? _owner;
    private int _generation;
    private int _open;
    private int _segments;

    internal Slab(SlabPool pool) => (_pool, _array) = (pool, []);

    /// <summary>The whole array; empty where the memory is another's.</summary>
    internal byte[] Array => _array;

    /// <summary>Whether another segment can be carved.</summary>
    internal bool HasFreeSegment => _segments < MaxSegments;

    /// <summary>Turns bytes of the array into a segment with one owner.</summary>
    internal MemoryLease Carve(int offset, int length) => Carve(new ReadOnlyMemory<byte>(_array, offset, length));

    /// <summary>Turns bytes that the slab's owner has into a segment with one owner.</summary>
    internal MemoryLease Carve(ReadOnlyMemory<byte> memory)
    {
        int segment = _segments++;
        Volatile.Write(ref _cells[segment], ((long)_generation << 32) | 1u);
        Interlocked.Increment(ref _open);
        return new MemoryLease(this, segment, _generation, memory);
    }

    /// <summary>No more segments will be carved.</summary>
    internal void Seal() => CloseOne();

    internal bool IsHeld(int segment, int generation)
    {
        long cell = Volatile.Read(ref _cells[segment]);
        return (int)(cell >> 32) == generation && (int)cell > 0;
    }

    internal void Retain(int segment, int generation) => Add(segment, generation, 1);

    internal void Release(int segment, int generation)
    {
        if (Add(segment, generation, -1) == 0)
        {
            CloseOne();
        }
    }

    internal void ReleaseIfHeld(int segment, int generation)
    {
        if (TryAdd(segment, generation, -1, out int left) && left == 0)
        {
            CloseOne();
        }
    }

    internal void Open(byte[] array, IDisposable? owner)
    {
        _array = array;
        _owner = owner;
        _segments = 0;
        _open = 1;
        unchecked
        {
            _generation++;
        }
    }

    private int Add(int segment, int generation, int owners)
    {
        if (!TryAdd(segment, generation, owners, out int left))
        {
            MemoryLease.ThrowGivenBack();
        }

        return left;
    }

    private bool TryAdd(int segment, int generation, int owners, out int left)
    {
        ref long word = ref _cells[segment];
        while (true)
        {
            long cell = Volatile.Read(ref word);
            left = (int)cell + owners;
            if ((int)(cell >> 32) != generation || (int)cell <= 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref word, cell + owners, cell) == cell)
            {
                return true;
            }
        }
    }

    private void CloseOne()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            byte[] array = _array;
            IDisposable? owner = _owner;
            _array = [];
            _owner = null;
            _pool.Return(this, array);
            owner?.Dispose();
        }
    }
}
