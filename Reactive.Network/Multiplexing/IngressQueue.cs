using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Internal;

namespace Reactive.Network.Multiplexing;

/// <summary>
/// What came in for one (mini-protocol, direction) and was not consumed yet: whole messages, the beginning of the next one, and, behind 1,024
/// messages, bytes that wait as bytes. Never more than the budget of the mini-protocol.
/// </summary>
/// <remarks>
/// The receive loop appends, the strand takes; a short lock stands between, under which nothing but library code runs. As in the reference, the
/// beginning of a message counts against the budget only while whole messages wait before it: otherwise a decoder would have taken it.
/// </remarks>
internal sealed class IngressQueue
{
    /// <summary>Whole messages kept apart at most (48 bytes each beside their content): tiny messages must not cost more than they weigh.</summary>
    private const int MaxMessages = 1024;

    private readonly Lock _gate = new();
    private readonly MessageAssembler _assembler;
    private readonly ByteBacklog _backlog;
    private readonly Queue<IngressMessage> _messages = new();
    private readonly long _maxBytes;
    private long _queuedBytes;
    private bool _closed;

    public IngressQueue(SlabPool slabs, long maxBytes, int maxMessageBytes)
    {
        _maxBytes = maxBytes;
        MaxMessageBytes = maxMessageBytes;
        _assembler = new MessageAssembler(slabs, maxMessageBytes);
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
                return _queuedBytes + _backlog.Length;
            }
        }
    }

    /// <summary>Whether <paramref name="payloadLength"/> more bytes keep the budget. Equal is allowed.</summary>
    public bool HasRoomFor(int payloadLength)
    {
        lock (_gate)
        {
            long waiting = _queuedBytes + _backlog.Length;
            return waiting + (waiting > 0 ? _assembler.PartialBytes : 0) + payloadLength <= _maxBytes;
        }
    }

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

            if (_backlog.Length > 0)
            {
                _backlog.Append(bytes, arrival);
                return CborDefect.None;
            }

            int before = _messages.Count;
            int partialBefore = _assembler.PartialBytes;
            CborDefect defect = Assemble(ref bytes, arrival);
            if (defect == CborDefect.None && !bytes.IsEmpty)
            {
                _backlog.Append(bytes, arrival);
            }

            // A beginning wakes the strand twice: when it is the first sign of life of an instance, and when it outgrows the small limit that
            // most states have, so that the limit of the state the strand is in can be enforced before the message is whole.
            int partial = _assembler.PartialBytes;
            wake = _messages.Count > before
                || (_messages.Count == 0 && partial > 0 && (partialBefore == 0 || (partialBefore <= SmallLimit && partial > SmallLimit)));
            return defect;
        }
    }

    private const int SmallLimit = 65_535;

    /// <summary>Takes the oldest message.</summary>
    /// <param name="message">The message; the taker owns its lease.</param>
    /// <param name="partialBytes">Where there is none: how much of the next one is there already.</param>
    /// <param name="defect">Where there is none: why there never will be one.</param>
    public bool TryTake(out IngressMessage message, out int partialBytes, out CborDefect defect)
    {
        lock (_gate)
        {
            defect = CborDefect.None;
            if (_messages.Count == 0 && _backlog.Length > 0)
            {
                defect = AssembleBacklog();
            }

            partialBytes = _assembler.PartialBytes;
            if (!_messages.TryDequeue(out message))
            {
                return false;
            }

            defect = CborDefect.None;
            _queuedBytes -= message.Lease.Length;
            return true;
        }
    }

    /// <summary>Whether nothing waits that could be taken.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _messages.Count == 0 && _backlog.Length == 0;
            }
        }
    }

    /// <summary>Drops everything that waits and takes no more.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _closed = true;
            while (_messages.TryDequeue(out IngressMessage message))
            {
                message.Lease.Release();
            }

            _queuedBytes = 0;
            _assembler.Clear();
            _backlog.Clear();
        }
    }

    private CborDefect Assemble(ref ReadOnlySpan<byte> bytes, long arrival)
    {
        while (!bytes.IsEmpty && _messages.Count < MaxMessages)
        {
            OperationStatus status = _assembler.TryTakeItem(bytes, out int consumed, out MemoryLease item);
            if (status == OperationStatus.InvalidData)
            {
                return _assembler.Defect;
            }

            bytes = bytes[consumed..];
            if (status == OperationStatus.Done)
            {
                _messages.Enqueue(new IngressMessage(item, arrival));
                _queuedBytes += item.Length;
            }
        }

        return CborDefect.None;
    }

    private CborDefect AssembleBacklog()
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

        return CborDefect.None;
    }
}
