using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Internal;

namespace Reactive.Network.Multiplexing;

/// <summary>
/// What came in for one (mini-protocol, direction) and was not consumed yet: whole messages, the beginning of the next one, and, behind 1,024
/// messages, bytes that wait as bytes. Never more than the budget of the mini-protocol.
/// </summary>
/// <remarks>
/// The receive loop appends, the strand takes. Appending holds a lock, which is free unless the strand works at the backlog or clears; taking needs none
/// while there is no backlog. As in the reference, the beginning of a message counts against the budget only while whole messages wait before it: otherwise
/// a decoder would have taken it.
/// </remarks>
internal sealed class IngressQueue
{
    /// <summary>Whole messages kept apart at most (48 bytes each beside their content): tiny messages must not cost more than they weigh.</summary>
    private const int MaxMessages = 1024;

    private readonly Lock _gate = new();
    private readonly MessageAssembler _assembler;
    private readonly ByteBacklog _backlog;
    private readonly MessageRing _messages = new();
    private readonly long _maxBytes;

    /// <summary>Of whole messages, ever: under the gate.</summary>
    private long _putBytes;

    /// <summary>Of whole messages, ever: the strand's.</summary>
    private long _takenBytes;

    /// <summary>What is there of the next message, as far as the strand may know: never that of one which stands in the queue already.</summary>
    private int _partialBytes;

    /// <summary>The receive loop sets it, the strand clears it, both under the gate. While it is clear, the assembler is the receive loop's.</summary>
    private volatile bool _hasBacklog;
    private volatile bool _closed;

    public IngressQueue(SlabPool slabs, long maxBytes, int maxMessageBytes, int trailerBytes = 0)
    {
        _maxBytes = maxBytes;
        MaxMessageBytes = maxMessageBytes;
        _assembler = new MessageAssembler(slabs, maxMessageBytes, trailerBytes);
        _backlog = new ByteBacklog(slabs.Arrays);
    }

    /// <summary>The longest message of the mini-protocol in any state.</summary>
    public int MaxMessageBytes { get; }

    /// <summary>Bytes of whole messages that nobody took yet, and of the backlog.</summary>
    public long WaitingBytes
    {
        get
        {
            lock (_gate)
            {
                return QueuedBytes + _backlog.Length;
            }
        }
    }

    private long QueuedBytes => Volatile.Read(ref _putBytes) - Volatile.Read(ref _takenBytes);

    /// <summary>Whether <paramref name="payloadLength"/> more bytes keep the budget. Equal is allowed. The receive loop's.</summary>
    public bool HasRoomFor(int payloadLength)
    {
        if (!_hasBacklog)
        {
            return HasRoomFor(payloadLength, QueuedBytes);
        }

        lock (_gate)
        {
            return HasRoomFor(payloadLength, QueuedBytes + _backlog.Length);
        }
    }

    private bool HasRoomFor(int payloadLength, long waiting) =>
        waiting + (waiting > 0 ? _assembler.PartialBytes : 0) + payloadLength <= _maxBytes;

    /// <summary>Appends payload bytes.</summary>
    /// <param name="bytes">Any part of the stream.</param>
    /// <param name="arrival">When they came.</param>
    /// <param name="wake">Whether the strand has something new to look at.</param>
    /// <returns>The defect that makes the stream unreadable from here, or <see cref="CborDefect.None"/>.</returns>
    public CborDefect Append(ReadOnlySpan<byte> bytes, long arrival, out bool wake)
    {
        lock (_gate)
        {
            wake = false;
            if (_closed)
            {
                return CborDefect.None;
            }

            if (_hasBacklog)
            {
                _backlog.Append(bytes, arrival);
                return CborDefect.None;
            }

            long before = _putBytes;
            int partialBefore = _assembler.PartialBytes;
            CborDefect defect = Assemble(ref bytes, arrival);
            if (defect == CborDefect.None && !bytes.IsEmpty)
            {
                _backlog.Append(bytes, arrival);
                _hasBacklog = true;
            }

            // A beginning wakes the strand twice: when it is the first sign of life of an instance, and when it outgrows the small limit that
            // most states have, so that the limit of the state the strand is in can be enforced before the message is whole.
            int partial = _assembler.PartialBytes;
            wake = _putBytes > before || (partial > 0 && (partialBefore == 0 || (partialBefore <= SmallLimit && partial > SmallLimit)));
            return defect;
        }
    }

    private const int SmallLimit = 65_535;

    /// <summary>Takes the oldest message. The strand's.</summary>
    /// <param name="message">The message; the taker owns its lease.</param>
    /// <param name="partialBytes">Where there is none: how much of the next one is there already.</param>
    /// <param name="defect">Where there is none: why there never will be one.</param>
    public bool TryTake(out IngressMessage message, out int partialBytes, out CborDefect defect)
    {
        defect = CborDefect.None;
        while (true)
        {
            // After closing the queue is empty for ever, but another thread may be at it still.
            if (!_closed && _messages.TryTake(out message))
            {
                Volatile.Write(ref _takenBytes, _takenBytes + message.Lease.Length);
                partialBytes = 0;
                defect = CborDefect.None;
                return true;
            }

            if (_hasBacklog && defect == CborDefect.None)
            {
                defect = AssembleBacklog();
                continue;
            }

            // In this order: what began behind a message that came meanwhile must not be taken for the next one.
            partialBytes = Volatile.Read(ref _partialBytes);
            if (_closed || _messages.IsEmpty)
            {
                message = default;
                return false;
            }
        }
    }

    /// <summary>Whether nothing waits that could be taken. Any thread.</summary>
    public bool IsEmpty => _messages.IsEmpty && !_hasBacklog;

    /// <summary>Drops everything that waits and takes no more.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _closed = true;
            while (_messages.TryTake(out IngressMessage message))
            {
                message.Lease.Release();
            }

            Volatile.Write(ref _takenBytes, _putBytes);
            Volatile.Write(ref _partialBytes, 0);
            _assembler.Clear();
            _backlog.Clear();
            _hasBacklog = false;
        }
    }

    private CborDefect Assemble(ref ReadOnlySpan<byte> bytes, long arrival)
    {
        CborDefect defect = CborDefect.None;
        while (defect == CborDefect.None && !bytes.IsEmpty && _messages.Count < MaxMessages)
        {
            OperationStatus status = _assembler.TryTakeItem(bytes, out int consumed, out MemoryLease item);
            if (status == OperationStatus.InvalidData)
            {
                defect = _assembler.Defect;
                break;
            }

            bytes = bytes[consumed..];
            if (status == OperationStatus.Done)
            {
                // Before the strand can see the message: see TryTake.
                Volatile.Write(ref _partialBytes, 0);
                Volatile.Write(ref _putBytes, _putBytes + item.Length);
                _messages.Put(new IngressMessage(item, arrival));
            }
        }

        Volatile.Write(ref _partialBytes, _assembler.PartialBytes);
        return defect;
    }

    private CborDefect AssembleBacklog()
    {
        lock (_gate)
        {
            while (_backlog.Length > 0 && _messages.Count < MaxMessages)
            {
                ReadOnlySpan<byte> bytes = _backlog.Peek(out long arrival);
                ReadOnlySpan<byte> rest = bytes;
                CborDefect defect = Assemble(ref rest, arrival);
                if (defect != CborDefect.None)
                {
                    return defect;
                }

                _backlog.Take(bytes.Length - rest.Length);
            }

            _hasBacklog = _backlog.Length > 0;
            return CborDefect.None;
        }
    }
}
