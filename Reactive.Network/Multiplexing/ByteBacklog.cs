using System.Buffers;

namespace Reactive.Network.Multiplexing;

/// <summary>
/// Bytes in the order in which they came, in pooled chunks, with the times at which they came. The owner keeps the bound. One thread at a time.
/// </summary>
internal sealed class ByteBacklog(ArrayPool<byte> pool)
{
    /// <summary>Arrivals told apart at most, so that single bytes do not cost more than they weigh. What comes later counts as come with the last.</summary>
    internal const int MaxArrivals = 4096;

    private const int ChunkBytes = 16 * 1024;

    private readonly Queue<ArraySegment<byte>> _chunks = new();
    private readonly Queue<Arrival> _arrivals = new();
    private Arrival _lastArrival;
    private byte[]? _tail;
    private int _tailUsed;
    private int _headTaken;
    private long _taken;

    /// <summary>Bytes held.</summary>
    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes, long arrival)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        Length += bytes.Length;
        Note(arrival);
        while (!bytes.IsEmpty)
        {
            if (_tail is null || _tailUsed == _tail.Length)
            {
                CloseTail();
                _tail = pool.Rent(ChunkBytes);
            }

            int count = Math.Min(bytes.Length, _tail.Length - _tailUsed);
            bytes[..count].CopyTo(_tail.AsSpan(_tailUsed));
            _tailUsed += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>The oldest bytes that lie in one piece and came together; empty where there are none.</summary>
    public ReadOnlySpan<byte> Peek(out long arrival)
    {
        arrival = 0;
        if (_chunks.Count == 0)
        {
            CloseTail();
        }

        if (!_chunks.TryPeek(out ArraySegment<byte> head))
        {
            return default;
        }

        Arrival oldest = _arrivals.TryPeek(out Arrival first) ? first : _lastArrival;
        arrival = oldest.At;
        ReadOnlySpan<byte> piece = head.AsSpan(_headTaken);
        return piece[..(int)Math.Min(piece.Length, oldest.End - _taken)];
    }

    /// <summary>Drops <paramref name="count"/> bytes of what <see cref="Peek"/> showed.</summary>
    public void Take(int count)
    {
        Length -= count;
        _taken += count;
        _headTaken += count;
        if (_arrivals.TryPeek(out Arrival oldest) && oldest.End == _taken)
        {
            _arrivals.Dequeue();
        }

        if (_headTaken == _chunks.Peek().Count)
        {
            pool.Return(_chunks.Dequeue().Array!);
            _headTaken = 0;
        }
    }

    public void Clear()
    {
        CloseTail();
        while (_chunks.TryDequeue(out ArraySegment<byte> chunk))
        {
            pool.Return(chunk.Array!);
        }

        _arrivals.Clear();
        _taken += Length;
        Length = 0;
        _headTaken = 0;
    }

    private void Note(long arrival)
    {
        bool hasLast = _lastArrival.End > _taken;
        if (hasLast && arrival != _lastArrival.At && _arrivals.Count < MaxArrivals)
        {
            _arrivals.Enqueue(_lastArrival);
        }

        _lastArrival = new Arrival(arrival, _taken + Length);
    }

    private void CloseTail()
    {
        if (_tail is not null)
        {
            _chunks.Enqueue(new ArraySegment<byte>(_tail, 0, _tailUsed));
            _tail = null;
            _tailUsed = 0;
        }
    }

    /// <summary>When the bytes before the place <paramref name="End"/> of the stream came, from the place before on.</summary>
    private readonly record struct Arrival(long At, long End);
}
