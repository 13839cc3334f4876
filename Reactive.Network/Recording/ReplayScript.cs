using Reactive.Network.Cbor;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;

namespace Reactive.Network.Recording;

/// <summary>Reads one connection of a recording as far as it is needed, into lanes.</summary>
internal sealed class ReplayScript
{
    private readonly CaptureReader _reader;
    private readonly ReplayOptions _options;
    private readonly Dictionary<(MiniProtocolId, CaptureSide Initiator), ReplayLane> _byInitiator = [];
    private readonly Dictionary<(MiniProtocolId, CaptureSide Initiator, CaptureSide Sender), Half> _halves = [];
    private readonly List<ReplayLane> _lanes = [];
    private int? _connection;
    private long _ordinal;
    private long _sdu;

    public ReplayScript(CaptureReader reader, ReplayOptions options)
    {
        _reader = reader;
        _options = options;
        _connection = options.Connection;
        IsOrdered = true;
    }

    /// <summary>Every lane that has been heard of, in that order.</summary>
    public IReadOnlyList<ReplayLane> Lanes => _lanes;

    public ProtocolBundle Bundle { get; private set; }

    /// <summary>Whether what one end sent stands in its true place among what the other sent.</summary>
    public bool IsOrdered { get; private set; }

    /// <summary>Whether all of it was read.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the recording ends inside an entry.</summary>
    public bool IsCutOff => _reader.IsCutOff;

    /// <summary>What was read and is neither sent nor compared.</summary>
    public long BytesAhead { get; set; }

    /// <summary>Whether the first SDU is of a handshake.</summary>
    public bool HasHandshake { get; private set; }

    /// <summary>The network that was proposed.</summary>
    public uint? Magic { get; private set; }

    /// <summary>Whether the client that was recorded offered to run no server halves.</summary>
    public bool InitiatorOnly { get; private set; }

    /// <summary>The number of the connection.</summary>
    public int? Connection => _connection;

    /// <summary>The lane of a mini-protocol whose initiator runs at this end.</summary>
    public ReplayLane LaneOf(MiniProtocolId id, CaptureSide initiator)
    {
        if (!_byInitiator.TryGetValue((id, initiator), out ReplayLane? lane))
        {
            _byInitiator[(id, initiator)] = lane = new ReplayLane(id, Bundle, initiator == _options.As);
            _lanes.Add(lane);
        }

        return lane;
    }

    /// <summary>Reads the next entry of the connection.</summary>
    public void ReadNext()
    {
        while (_reader.TryRead(out CaptureRecord record))
        {
            if (record is CaptureRecord.Opened opened && (_connection ?? opened.Connection) == opened.Connection)
            {
                _connection = opened.Connection;
                IsOrdered = opened.IsOrdered;
            }

            if (record.Connection != _connection)
            {
                continue;
            }

            switch (record)
            {
                case CaptureRecord.Sdu sdu:
                    Add(sdu);
                    return;
                case CaptureRecord.Closed:
                    Complete();
                    return;
            }
        }

        Complete();
    }

    private void Complete()
    {
        IsOver = true;
        foreach (ReplayLane lane in _lanes)
        {
            lane.Complete();
        }
    }

    private void Add(CaptureRecord.Sdu sdu)
    {
        if (_sdu++ == 0)
        {
            var first = FirstSdu.Read(sdu);
            (Bundle, HasHandshake, Magic, InitiatorOnly) = (first.Bundle, first.IsHandshake, first.Magic, first.InitiatorOnly);
        }

        CaptureSide initiator = (sdu.Header.Sender == SduSender.Initiator) == (sdu.Sender == CaptureSide.Client) ? CaptureSide.Client : CaptureSide.Server;
        ReplayLane lane = LaneOf(sdu.Header.Protocol, initiator);
        if (lane.IsHandshake && _options.Handshake == ReplayHandshake.Negotiated)
        {
            return;
        }

        if (lane.IsAnsweredLive)
        {
            // A ping is one SDU: nobody sends two at once, or a part of one.
            lane.PingsLeft += sdu.Sender == _options.As ? 0 : 1;
            return;
        }

        if (!_halves.TryGetValue((sdu.Header.Protocol, initiator, sdu.Sender), out Half? half))
        {
            _halves[(sdu.Header.Protocol, initiator, sdu.Sender)] = half = new Half(_options.MaxBytesAhead);
        }

        bool own = sdu.Sender == _options.As;
        ReadOnlySpan<byte> left = sdu.Payload.Span;
        while (!left.IsEmpty && !half.Cutter.IsBroken)
        {
            int start = sdu.Payload.Length - left.Length;
            bool whole = half.Cutter.TryTake(ref left, out int taken, out byte[] item);
            half.Note(sdu, _sdu, start, taken);
            BytesAhead += taken;
            if (whole)
            {
                TakeMessage(lane, half, own, item, sdu.At);
            }
        }

        if (!left.IsEmpty || half.Cutter.IsBroken)
        {
            TakeRest(lane, half, own, sdu, sdu.Payload.Length - left.Length);
        }
    }

    private void TakeMessage(ReplayLane lane, Half half, bool own, byte[] item, TimeSpan at)
    {
        CapturedMessage? message = null;
        try
        {
            message = CapturedMessage.Read(Bundle, lane.Id, item);
        }
        catch (CodecException)
        {
            // It was sent all the same: it is replayed, or waited for, as bytes.
        }

        half.Count++;
        if (own)
        {
            half.Message.After = _ordinal;
            lane.AddOwn(half.Message, message?.Kind);
        }
        else
        {
            var expected = new ExpectedMessage(message, message is null ? item : [], at, half.Count, ++_ordinal);
            BytesAhead += expected.Bytes - item.Length;
            lane.AddExpected(expected);
        }

        half.Message = new ReplayMessage();
    }

    /// <summary>Bytes that are no CBOR: sent as they are; from a peer they cannot be waited for.</summary>
    private void TakeRest(ReplayLane lane, Half half, bool own, CaptureRecord.Sdu sdu, int start)
    {
        int length = sdu.Payload.Length - start;
        if (own)
        {
            half.Note(sdu, _sdu, start, length);
            BytesAhead += length;
            half.Message.After = _ordinal;
            lane.AddOwn(half.Message, null);
            half.Message = new ReplayMessage();
        }
        else
        {
            BytesAhead -= half.Message.Bytes;
            half.Message = new ReplayMessage();
        }
    }

    /// <summary>What one end said on one lane, as far as it was read.</summary>
    private sealed class Half(long maxBytes)
    {
        public ItemCutter Cutter { get; } = new(maxBytes);

        public ReplayMessage Message { get; set; } = new();

        public long Count { get; set; }

        public void Note(CaptureRecord.Sdu sdu, long number, int start, int length)
        {
            Message.Parts.Add((sdu.Header, number, sdu.Payload.Slice(start, length)));
            Message.Bytes += length;
        }
    }
}
