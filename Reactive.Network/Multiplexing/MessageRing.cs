namespace Reactive.Network.Multiplexing;

/// <summary>
/// A queue of messages between one thread that puts and one that takes, without a lock: they touch each other only where one finds the queue empty, or the other finds
/// it full. Grows with use, and then allocates no more.
/// </summary>
/// <remarks>The bound is the owner's. Who puts, or takes, may change if the one happens before the other.</remarks>
internal sealed class MessageRing
{
    private const int FirstSize = 8;
    private const int LargestSize = 1024;

    private Segment _putting = new(FirstSize);
    private Segment _taking;
    private long _put;
    private long _taken;

    public MessageRing() => _taking = _putting;

    /// <summary>Messages held. Any thread.</summary>
    public int Count => (int)(Volatile.Read(ref _put) - Volatile.Read(ref _taken));

    /// <summary>Whether there is none. Any thread.</summary>
    public bool IsEmpty => Count == 0;

    public void Put(in IngressMessage message)
    {
        Segment segment = _putting;
        if (!segment.TryPut(in message))
        {
            var larger = new Segment(Math.Min(2 * segment.Size, LargestSize));
            larger.TryPut(in message);
            _putting = larger;
            Volatile.Write(ref segment.Next, larger);
        }

        Volatile.Write(ref _put, _put + 1);
    }

    public bool TryTake(out IngressMessage message)
    {
        while (!_taking.TryTake(out message))
        {
            if (Volatile.Read(ref _taking.Next) is not { } next)
            {
                return false;
            }

            // Nothing is put here any more, but something may have been since the look.
            if (_taking.TryTake(out message))
            {
                break;
            }

            _taking = next;
        }

        Volatile.Write(ref _taken, _taken + 1);
        return true;
    }

    private sealed class Segment(int size)
    {
        private readonly IngressMessage[] _slots = new IngressMessage[size];
        private int _first;
        private int _end;

        public Segment? Next;

        public int Size => _slots.Length;

        public bool TryPut(in IngressMessage message)
        {
            int end = _end;
            if (end - Volatile.Read(ref _first) == _slots.Length)
            {
                return false;
            }

            _slots[end & (_slots.Length - 1)] = message;
            Volatile.Write(ref _end, end + 1);
            return true;
        }

        public bool TryTake(out IngressMessage message)
        {
            int first = _first;
            if (first == Volatile.Read(ref _end))
            {
                message = default;
                return false;
            }

            ref IngressMessage slot = ref _slots[first & (_slots.Length - 1)];
            message = slot;
            slot = default;
            Volatile.Write(ref _first, first + 1);
            return true;
        }
    }
}
