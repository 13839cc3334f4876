using System.Buffers;

namespace Reactive.Network.Tests.Support;

/// <summary>
/// A pool that makes keeping memory too long visible: what comes back is overwritten, handed out again only after that, and returning twice or
/// returning what was never rented throws. Any thread.
/// </summary>
public sealed class PoisoningArrayPool : ArrayPool<byte>
{
    /// <summary>What returned (and fresh) arrays are filled with.</summary>
    public const byte Poison = 0xDD;

    private readonly Lock _gate = new();
    private readonly HashSet<byte[]> _out = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, Stack<byte[]>> _free = [];

    /// <summary>Arrays handed out so far.</summary>
    public int Rented { get; private set; }

    /// <summary>Arrays given back so far.</summary>
    public int Returned { get; private set; }

    /// <summary>Arrays that are out now.</summary>
    public int Outstanding => Rented - Returned;

    /// <summary>Bytes in the arrays that are out now.</summary>
    public long OutstandingBytes { get; private set; }

    /// <summary>The largest <see cref="OutstandingBytes"/> so far.</summary>
    public long PeakBytes { get; private set; }

    /// <inheritdoc/>
    public override byte[] Rent(int minimumLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minimumLength);
        int length = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, minimumLength));
        lock (_gate)
        {
            if (!_free.TryGetValue(length, out Stack<byte[]>? free) || !free.TryPop(out byte[]? array))
            {
                array = new byte[length];
                array.AsSpan().Fill(Poison);
            }

            _out.Add(array);
            Rented++;
            OutstandingBytes += length;
            PeakBytes = Math.Max(PeakBytes, OutstandingBytes);
            return array;
        }
    }

    /// <inheritdoc/>
    public override void Return(byte[] array, bool clearArray = false)
    {
        ArgumentNullException.ThrowIfNull(array);
        lock (_gate)
        {
            if (!_out.Remove(array))
            {
                throw new InvalidOperationException("An array came back that is not out: returned twice, or not rented here.");
            }

            array.AsSpan().Fill(Poison);
            Returned++;
            OutstandingBytes -= array.Length;
            if (!_free.TryGetValue(array.Length, out Stack<byte[]>? free))
            {
                _free[array.Length] = free = new Stack<byte[]>();
            }

            free.Push(array);
        }
    }
}
