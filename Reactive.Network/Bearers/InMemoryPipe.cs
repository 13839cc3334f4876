namespace Reactive.Network.Bearers;

/// <summary>One direction of an in-memory path: a bounded queue of bytes, each with the moment at which it arrives.</summary>
/// <remarks>Owned by a pair of bearers and touched only under the gate of the pair. It knows no scheduler and calls nobody.</remarks>
internal sealed class InMemoryPipe(InMemoryBearerOptions options)
{
    /// <summary>With a limited rate a batch arrives in pieces no larger than this, so that the first byte does not wait for the last.</summary>
    private const int RatedPiece = 16_384;

    private readonly Queue<Segment> _segments = new();
    private readonly int _maxPiece = options.BytesPerSecond is null ? options.MaxChunk : Math.Min(options.MaxChunk, RatedPiece);
    private ReadOnlyMemory<byte> _pending;
    private DateTimeOffset _lineFree = DateTimeOffset.MinValue;
    private byte[]? _dropped;
    private int _held;
    private int _taken;
    private bool _reading;
    private bool _complete;
    private bool _closed;

    /// <summary>What <see cref="TryTake"/> found.</summary>
    internal enum Taken
    {
        /// <summary>Nothing has arrived yet.</summary>
        Nothing,

        /// <summary>A piece; <see cref="Release"/> it.</summary>
        Piece,

        /// <summary>The end of the stream.</summary>
        End,
    }

    /// <summary>Whether a batch waits for room.</summary>
    public bool IsPending { get; private set; }

    /// <summary>The number of the segment that was queued last.</summary>
    public long LastQueued { get; private set; }

    /// <summary>When the next piece, or the end, arrives; <see langword="null"/> if nothing is under way.</summary>
    public DateTimeOffset? NextArrival => _segments.TryPeek(out Segment head) ? ArrivalOf(head, PieceOf(head)) : null;

    /// <summary>Takes a batch: whole (<see langword="true"/>), or what there is room for, the rest being pending.</summary>
    public bool Write(ReadOnlyMemory<byte> batch, DateTimeOffset now)
    {
        if (batch.IsEmpty || _complete || _closed)
        {
            return true;
        }

        _pending = batch;
        IsPending = true;
        return Refill(now);
    }

    /// <summary>Takes from the pending batch what there is room for. <see langword="true"/> if this was the last of it.</summary>
    public bool Refill(DateTimeOffset now)
    {
        int room = Math.Min(options.Capacity - _held, _pending.Length);
        if (!IsPending || room <= 0)
        {
            return false;
        }

        byte[] array = options.Pool.Rent(room);
        _pending.Span[..room].CopyTo(array);
        _held += room;
        Enqueue(array, room, now);
        _pending = _pending[room..];
        IsPending = !_pending.IsEmpty;
        return !IsPending;
    }

    /// <summary>No more bytes after those that were queued.</summary>
    public void Complete(DateTimeOffset now)
    {
        if (!_complete && !_closed)
        {
            _complete = true;
            Enqueue([], 0, now);
        }
    }

    /// <summary>The next piece that has arrived and was queued no later than <paramref name="upTo"/>.</summary>
    public Taken TryTake(DateTimeOffset now, long upTo, out ReadOnlySpan<byte> piece)
    {
        piece = default;
        if (!_segments.TryPeek(out Segment head) || head.Number > upTo)
        {
            return Taken.Nothing;
        }

        int length = PieceOf(head);
        if (ArrivalOf(head, length) > now)
        {
            return Taken.Nothing;
        }

        if (head.Length == 0)
        {
            return Taken.End;
        }

        _reading = true;
        piece = head.Array.AsSpan(_taken, length);
        return Taken.Piece;
    }

    /// <summary>The piece that was taken last has been read.</summary>
    public void Release(int length)
    {
        _reading = false;
        if (_dropped is { } array)
        {
            _dropped = null;
            options.Pool.Return(array);
            return;
        }

        _held -= length;
        _taken += length;
        if (_taken == _segments.Peek().Length)
        {
            _taken = 0;
            options.Pool.Return(_segments.Dequeue().Array);
        }
    }

    /// <summary>Lets go of the pending batch; what was queued still arrives.</summary>
    public void DropPending()
    {
        _pending = default;
        IsPending = false;
        _complete = true;
    }

    /// <summary>Drops everything, and whatever may be written from now on.</summary>
    public void Close()
    {
        DropPending();
        _closed = true;
        while (_segments.TryDequeue(out Segment segment))
        {
            if (_reading && _dropped is null)
            {
                // The receiver is in the middle of this one; it goes back when it is released.
                _dropped = segment.Array;
            }
            else if (segment.Length > 0)
            {
                options.Pool.Return(segment.Array);
            }
        }
    }

    private void Enqueue(byte[] array, int length, DateTimeOffset now)
    {
        DateTimeOffset start = _lineFree > now ? _lineFree : now;
        _lineFree = start + TimeToSend(length);
        _segments.Enqueue(new Segment(array, length, start, ++LastQueued));
    }

    private int PieceOf(in Segment segment) => Math.Min(segment.Length - _taken, _maxPiece);

    private DateTimeOffset ArrivalOf(in Segment segment, int piece) => segment.Start + TimeToSend(_taken + piece) + options.Latency;

    private TimeSpan TimeToSend(int bytes) =>
        options.BytesPerSecond is { } rate ? TimeSpan.FromTicks(((bytes * TimeSpan.TicksPerSecond) + rate - 1) / rate) : TimeSpan.Zero;

    /// <summary>Bytes that entered the path together; none: the end of the stream.</summary>
    private readonly record struct Segment(byte[] Array, int Length, DateTimeOffset Start, long Number);
}
