using System.Buffers;

namespace Reactive.Network.Multiplexing;

/// <summary>Bytes in the order in which they came, in pooled chunks. The owner keeps the bound. One thread at a time.</summary>
internal sealed class ByteBacklog(ArrayPool<byte> pool)
{
    private const int ChunkBytes = 16 * 1024;

    private readonly Queue<ArraySegment<byte>> _chunks = new();
    private byte[]? _tail;
    private int _tailUsed;
    private int _headTaken;

    /// <summary>Bytes held.</summary>
    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
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

    /// <summary>The oldest bytes that lie in one piece; empty where there are none.</summary>
    public ReadOnlySpan<byte> Peek()
    {
        if (_chunks.Count == 0)
        {
            CloseTail();
        }

        return _chunks.TryPeek(out ArraySegment<byte> head) ? head.AsSpan(_headTaken) : default;
    }

    /// <summary>Drops <paramref name="count"/> bytes of what <see cref="Peek"/> showed.</summary>
    public void Take(int count)
    {
        Length -= count;
        _headTaken += count;
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

        Length = 0;
        _headTaken = 0;
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
}
