using System.Buffers;
using System.Numerics;

namespace Reactive.Network.Internal;

/// <summary>
/// Arrays for messages: four sizes to each doubling, so that an array is at most a quarter larger than what it was asked for, and a stock that is bounded
/// in bytes instead of in arrays. Arrays that nobody gives back are garbage like any other.
/// </summary>
/// <remarks>Any thread. Last in, first out: the array that comes next is the one most likely to be in a cache.</remarks>
internal sealed class MessagePool : ArrayPool<byte>
{
    /// <summary>Bytes kept for reuse at most: twice the largest fetch window, so that one busy connection never allocates.</summary>
    internal const long MaxKeptBytes = 32 * 1024 * 1024;

    private const int SmallestBits = 8;
    private const int LargestBits = 22;
    private const int SizesPerDoubling = 4;

    private readonly Stock[] _stocks = new Stock[1 + (SizesPerDoubling * (LargestBits - SmallestBits))];
    private long _kept;

    public MessagePool()
    {
        for (int i = 0; i < _stocks.Length; i++)
        {
            _stocks[i] = new Stock();
        }
    }

    /// <summary>Bytes kept for reuse.</summary>
    internal long KeptBytes => Interlocked.Read(ref _kept);

    /// <inheritdoc/>
    public override byte[] Rent(int minimumLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minimumLength);
        if (minimumLength > 1 << LargestBits)
        {
            return GC.AllocateUninitializedArray<byte>(minimumLength);
        }

        int index = IndexOf(minimumLength, out int size);
        Stock stock = _stocks[index];
        lock (stock.Gate)
        {
            if (stock.Arrays.TryPop(out byte[]? array))
            {
                Interlocked.Add(ref _kept, -size);
                return array;
            }
        }

        return GC.AllocateUninitializedArray<byte>(size);
    }

    /// <inheritdoc/>
    public override void Return(byte[] array, bool clearArray = false)
    {
        ArgumentNullException.ThrowIfNull(array);
        if (array.Length > 1 << LargestBits)
        {
            return;
        }

        int index = IndexOf(array.Length, out int size);
        if (size != array.Length)
        {
            throw new ArgumentException("The array is none of this pool.", nameof(array));
        }

        if (clearArray)
        {
            Array.Clear(array);
        }

        if (Interlocked.Add(ref _kept, size) > MaxKeptBytes)
        {
            Interlocked.Add(ref _kept, -size);
            return;
        }

        Stock stock = _stocks[index];
        lock (stock.Gate)
        {
            stock.Arrays.Push(array);
        }
    }

    /// <summary>The stock for arrays of at least <paramref name="length"/> bytes, and the size of those in it.</summary>
    private static int IndexOf(int length, out int size)
    {
        if (length <= 1 << SmallestBits)
        {
            size = 1 << SmallestBits;
            return 0;
        }

        // 2^bits < length <= 2^(bits + 1), which is four steps away.
        int bits = BitOperations.Log2((uint)(length - 1));
        int step = 1 << (bits - 2);
        int steps = ((length - 1 - (1 << bits)) / step) + 1;
        size = (1 << bits) + (steps * step);
        return (SizesPerDoubling * (bits - SmallestBits)) + steps;
    }

    private sealed class Stock
    {
        public Lock Gate { get; } = new();

        public Stack<byte[]> Arrays { get; } = new();
    }
}
