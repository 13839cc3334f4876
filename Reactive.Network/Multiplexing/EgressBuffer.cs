using System.Buffers;
using Reactive.Network.Internal;

namespace Reactive.Network.Multiplexing;

/// <summary>
/// Outgoing bytes of one (mini-protocol, direction): small messages written in place, large payloads by reference. The strand writes and
/// commits whole messages; the muxer takes committed bytes, one SDU at a time.
/// </summary>
/// <remarks>
/// Bound: a writer asks <see cref="HasRoom"/> before each message (soft limit, 262,143 bytes), so that at most that and one message are held.
/// Small messages coalesce: pipelined requests share an SDU. Empty, it holds no array.
/// </remarks>
internal sealed class EgressBuffer(ArrayPool<byte> pool) : IBufferWriter<byte>
{
    /// <summary>A message may be appended while fewer bytes than this wait (0x3ffff, as the reference).</summary>
    public const int SoftLimit = 0x3ffff;

    private const int ChunkBytes = 8 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<Chunk> _chunks = new();
    private readonly List<Chunk> _uncommitted = [];
    private byte[]? _tail;
    private int _tailCommitted;
    private int _tailWritten;
    private int _headTaken;
    private long _committed;

    /// <summary>Bytes written since the last commit: the writer's.</summary>
    private long _pending;
    private bool _refused;
    private bool _writing;
    private bool _closed;

    private readonly record struct Chunk(ReadOnlyMemory<byte> Bytes, byte[]? Pooled, MemoryLease Lease);

    /// <summary>Committed bytes that wait.</summary>
    public long Length => Volatile.Read(ref _committed);

    /// <summary>Whether another message may be appended: what is not committed yet counts too. The writer's.</summary>
    public bool HasRoom
    {
        get
        {
            bool hasRoom = Length + _pending < SoftLimit;
            _refused |= !hasRoom;
            return hasRoom;
        }
    }

    /// <summary>Whether <see cref="HasRoom"/> said no since the last call of this. The writer's.</summary>
    public bool TakeRefusal()
    {
        bool refused = _refused;
        _refused = false;
        return refused;
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        _tailWritten += count;
        _pending += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => Tail(sizeHint);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => Tail(sizeHint).Span;

    /// <summary>Appends bytes by reference; <paramref name="lease"/> is given back when they are on their way.</summary>
    public void WriteReference(ReadOnlyMemory<byte> bytes, MemoryLease lease)
    {
        BeginWriting();
        CloseTail(giveUp: false);
        _uncommitted.Add(new Chunk(bytes, null, lease));
        _pending += bytes.Length;
    }

    /// <summary>What was written since the last commit may go out.</summary>
    public void Commit()
    {
        lock (_gate)
        {
            CloseTail(giveUp: false);
            long added = 0;
            foreach (Chunk chunk in _uncommitted)
            {
                _chunks.Enqueue(chunk);
                added += chunk.Bytes.Length;
            }

            _uncommitted.Clear();
            _writing = false;
            _pending = 0;
            Volatile.Write(ref _committed, _committed + added);
            if (_closed)
            {
                DropCommitted();
            }

            ReturnIdleTail();
        }
    }

    /// <summary>Moves up to <paramref name="destination"/>'s length of committed bytes, across message ends.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="madeRoom">
    /// Whether this took the buffer below the soft limit: decided in one step with the taking, so that a writer that found no room is always woken.
    /// </param>
    public int Take(Span<byte> destination, out bool madeRoom)
    {
        lock (_gate)
        {
            bool wasFull = _committed >= SoftLimit;
            int taken = 0;
            while (_chunks.TryPeek(out Chunk head) && (taken < destination.Length || head.Bytes.IsEmpty))
            {
                ReadOnlySpan<byte> rest = head.Bytes.Span[_headTaken..];
                int count = Math.Min(rest.Length, destination.Length - taken);
                rest[..count].CopyTo(destination[taken..]);
                taken += count;
                _headTaken += count;
                if (_headTaken == head.Bytes.Length)
                {
                    _chunks.Dequeue();
                    _headTaken = 0;
                    Free(head);
                }
            }

            Volatile.Write(ref _committed, _committed - taken);
            madeRoom = wasFull && _committed < SoftLimit;
            ReturnIdleTail();
            return taken;
        }
    }

    /// <summary>Drops what waits; what is committed later is dropped too. Any thread.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            DropCommitted();
            ReturnIdleTail();
        }
    }

    /// <summary>Closes, and drops the message that was begun too. The writer's.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _closed = true;

            // In this order: what was committed lies in arrays that chunks behind it carry home.
            DropCommitted();
            foreach (Chunk chunk in _uncommitted)
            {
                Free(chunk);
            }

            _uncommitted.Clear();
            _writing = false;
            _pending = 0;
            ReturnIdleTail();
        }
    }

    private void DropCommitted()
    {
        while (_chunks.TryDequeue(out Chunk chunk))
        {
            Free(chunk);
        }

        _headTaken = 0;
        Volatile.Write(ref _committed, 0);
    }

    private void Free(Chunk chunk)
    {
        if (chunk.Pooled is not null)
        {
            pool.Return(chunk.Pooled);
        }

        chunk.Lease.Release();
    }

    /// <summary>From here to the commit the tail is the writer's.</summary>
    private void BeginWriting()
    {
        // Only the writer sets it, and only under the gate, so that the writer itself may look without.
        if (!_writing)
        {
            lock (_gate)
            {
                _writing = true;
            }
        }
    }

    private Memory<byte> Tail(int sizeHint)
    {
        BeginWriting();
        int wanted = Math.Max(sizeHint, 1);
        if (_tail is null || _tail.Length - _tailWritten < wanted)
        {
            CloseTail(giveUp: true);
            _tail = pool.Rent(Math.Max(wanted, ChunkBytes));
        }

        return _tail.AsMemory(_tailWritten);
    }

    /// <summary>Turns what was written into the tail into a chunk; with <paramref name="giveUp"/> the array goes with it.</summary>
    private void CloseTail(bool giveUp)
    {
        if (_tail is null)
        {
            return;
        }

        if (giveUp)
        {
            // The last chunk, which may be empty, carries the array home behind everything that lies in it.
            _uncommitted.Add(new Chunk(_tail.AsMemory(_tailCommitted, _tailWritten - _tailCommitted), _tail, default));
            _tail = null;
            _tailCommitted = _tailWritten = 0;
        }
        else if (_tailWritten > _tailCommitted)
        {
            _uncommitted.Add(new Chunk(_tail.AsMemory(_tailCommitted, _tailWritten - _tailCommitted), null, default));
            _tailCommitted = _tailWritten;
        }
    }

    /// <summary>An idle lane holds no array. Under the gate.</summary>
    private void ReturnIdleTail()
    {
        if (_tail is not null && !_writing && _chunks.Count == 0)
        {
            pool.Return(_tail);
            _tail = null;
            _tailCommitted = _tailWritten = 0;
        }
    }
}
