using System.Buffers;

namespace Reactive.Network.Internal;

/// <summary>Slabs whose arrays come from an <see cref="ArrayPool{T}"/>. The slab objects themselves are kept, up to a bound.</summary>
/// <remarks>Any thread.</remarks>
/// <param name="arrays">Where the bytes come from and go back to.</param>
internal sealed class SlabPool(ArrayPool<byte> arrays)
{
    /// <summary>Slab objects kept at most (about 0.6 KB each); beyond it they are garbage.</summary>
    private const int MaxKept = 256;

    private readonly Lock _gate = new();
    private Slab[] _kept = [];
    private int _count;

    /// <summary>Where the bytes come from.</summary>
    public ArrayPool<byte> Arrays { get; } = arrays;

    /// <summary>A slab of at least <paramref name="minimumLength"/> bytes, not yet sealed.</summary>
    public Slab Rent(int minimumLength) => Rent(Arrays.Rent(minimumLength), null);

    /// <summary>A slab without an array: out of it is carved what <paramref name="owner"/> has, which is disposed when all of it was given back.</summary>
    public Slab RentFor(IDisposable owner) => Rent([], owner);

    private Slab Rent(byte[] array, IDisposable? owner)
    {
        Slab? slab = null;
        lock (_gate)
        {
            if (_count > 0)
            {
                slab = _kept[--_count];
            }
        }

        slab ??= new Slab(this);
        slab.Open(array, owner);
        return slab;
    }

    internal void Return(Slab slab, byte[] array)
    {
        if (array.Length > 0)
        {
            Arrays.Return(array);
        }

        lock (_gate)
        {
            if (_count == _kept.Length && _count < MaxKept)
            {
                // Grows with use: an idle connection keeps one or two.
                Array.Resize(ref _kept, Math.Max(4, 2 * _count));
            }

            if (_count < _kept.Length)
            {
                _kept[_count++] = slab;
            }
        }
    }
}
