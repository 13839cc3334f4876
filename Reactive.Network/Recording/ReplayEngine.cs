using System.Buffers;
using System.Reactive.Disposables;
using Reactive.Network.Bearers;
using Reactive.Network.Cbor;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Protocols.KeepAlive;

namespace Reactive.Network.Recording;

/// <summary>What a <see cref="ReplayPeer"/> runs on.</summary>
internal sealed class ReplayEngine : Strand, IBearerSink, IDemuxTarget
{
    private const int MaxQueuedBytes = 1024 * 1024;
    private const int MaxBatchBytes = 128 * 1024;

    /// <summary>The recording is read so far ahead in any case: fewer waits for the disk.</summary>
    private const long UsualBytesAhead = 1024 * 1024;

    /// <summary>What a message that is parked costs beside its bytes.</summary>
    private const int ParkedOverhead = 32;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly IBearer _bearer;
    private readonly CaptureReader _capture;
    private readonly ReplayOptions _options;
    private readonly ReplayScript _script;
    private readonly NetworkClock _clock;
    private readonly Demuxer _demuxer;
    private readonly Queue<byte[]> _received = new();
    private readonly Dictionary<(MiniProtocolId, SduSender), ItemCutter> _live = [];
    private readonly Dictionary<ReplayLane, long> _liveCounts = [];
    private readonly ArrayBufferWriter<byte> _batch = new(4_096);
    private readonly ArrayBufferWriter<byte> _frame = new(4_096);
    private readonly TaskCompletionSource<ReplayReport> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IHandshakeOffer? _offer;
    private IDisposable? _timer;
    private SduHeader _header;
    private int _queuedBytes;
    private bool _paused;
    private bool _isWriting;
    private bool _handshakeDone;
    private bool _begun;
    private bool _finished;
    private long _lastProgress;
    private long _sent;
    private long _matched;
    private long _extra;
    private long _parked;
    private volatile bool _writable;
    private volatile bool _gone;
    private volatile bool _timerFired;
    private NetworkException? _cause;
    private ReplayDifference? _difference;

    public ReplayEngine(IBearer bearer, CaptureReader capture, ReplayOptions options)
        : base(options.Scheduler)
    {
        _bearer = bearer;
        _capture = capture;
        _options = options;
        _script = new ReplayScript(capture, options);
        _clock = new NetworkClock(options.Scheduler);
        _demuxer = new Demuxer(this);
    }

    public Task<ReplayReport> Completion => _completion.Task;

    private CaptureSide PeerSide => _options.As == CaptureSide.Client ? CaptureSide.Server : CaptureSide.Client;

    public void Begin() => MarkReady();

    public void Stop()
    {
        _completion.TrySetCanceled(CancellationToken.None);
        _bearer.Abort();
    }

    public void OnReceived(ReadOnlySpan<byte> bytes)
    {
        bool pause;
        lock (_gate)
        {
            _received.Enqueue(bytes.ToArray());
            _queuedBytes += bytes.Length;
            pause = !_paused && _queuedBytes >= MaxQueuedBytes;
            _paused |= pause;
        }

        if (pause)
        {
            _bearer.PauseReading();
        }

        MarkReady();
    }

    public void OnWritable()
    {
        _writable = true;
        MarkReady();
    }

    public void OnClosed(BearerException? cause)
    {
        _cause = cause;
        _gone = true;
        MarkReady();
    }

    public void OnSduBegin(SduHeader header) => _header = header;

    public void OnSduPayload(ReadOnlySpan<byte> bytes, bool last, long arrival)
    {
        SduHeader header = _header;
        if (_finished)
        {
            return;
        }

        CaptureSide initiator = header.Sender == SduSender.Initiator ? PeerSide : _options.As;
        ReplayLane lane = _script.LaneOf(header.Protocol, initiator);
        if (!_live.TryGetValue((header.Protocol, header.Sender), out ItemCutter? cutter))
        {
            _live[(header.Protocol, header.Sender)] = cutter = new ItemCutter(_options.MaxMessageBytes);
        }

        while (!bytes.IsEmpty && !_finished)
        {
            if (cutter.TryTake(ref bytes, out _, out byte[] item))
            {
                _liveCounts[lane] = _liveCounts.GetValueOrDefault(lane) + 1;
                Take(lane, item);
            }
            else if (cutter.IsBroken)
            {
                Finish(Differs(lane, ReplayDifferenceKind.NotAMessage, Peek(lane), $"bytes that are not CBOR ({cutter.Defect})"));
            }
        }
    }

    protected override bool RunTurn()
    {
        try
        {
            // Once it was stopped nothing is read or said any more; the recording is closed where the bearer is.
            _finished |= _completion.Task.IsCompleted;
            if (!_begun && !_finished)
            {
                _begun = true;
                Open();
            }

            bool more = TakeReceived();
            if (!_finished)
            {
                Pump();
                CheckPatience();
            }

            if (_gone && !more)
            {
                Conclude();
            }

            return more;
        }
        catch (Exception error) when (error is NetworkException or IOException)
        {
            Fail(error);
            return false;
        }
        catch (ObjectDisposedException) when (_completion.Task.IsCompleted)
        {
            // Stopped in the middle of the turn, by one who closed the recording too.
            _finished = true;
            return false;
        }
    }

    private void Open()
    {
        _lastProgress = _clock.Now;
        _script.ReadNext();
        if (_script.Connection is null || (_script.IsOver && _script.Lanes.Count == 0))
        {
            throw new CaptureException(
                CaptureFailure.NoSuchConnection, _options.Connection is { } number ? $"the recording has no connection {number}, or nothing was said on it" : "the recording is empty");
        }

        if (_options.Handshake == ReplayHandshake.Negotiated || !_script.HasHandshake)
        {
            Negotiate();
        }

        Arm(_options.Patience);
    }

    private void Negotiate()
    {
        uint? magic = _options.Magic?.Value ?? _script.Magic;
        if (magic is null)
        {
            throw new CaptureException(CaptureFailure.NoHandshake, "the recording has no handshake: say which network it is of");
        }

        _offer = _script.Bundle == ProtocolBundle.NodeToClient
            ? new NodeToClientOffer(magic.Value)
            : new NodeToNodeOffer(magic.Value) { InitiatorOnly = _options.As == CaptureSide.Client && _script.InitiatorOnly };
        if (_options.As == CaptureSide.Client)
        {
            SendNow(NodeToNode.Handshake, SduSender.Initiator, output => HandshakeCodec.Write(output, new HandshakeMessage.ProposeVersions(_offer.ToTable())));
        }
    }

    private bool TakeReceived()
    {
        for (int i = 0; i < 64; i++)
        {
            byte[]? bytes;
            bool resume;
            lock (_gate)
            {
                if (!_received.TryDequeue(out bytes))
                {
                    return false;
                }

                _queuedBytes -= bytes.Length;
                resume = _paused && _queuedBytes <= MaxQueuedBytes / 2;
                _paused &= !resume;
            }

            if (resume)
            {
                _bearer.ResumeReading();
            }

            if (!_finished)
            {
                ReceiveChecked(bytes);
            }
        }

        return true;
    }

    private void ReceiveChecked(byte[] bytes)
    {
        try
        {
            _demuxer.Receive(bytes, _clock.Now);
        }
        catch (MuxException error)
        {
            Finish(new ReplayDifference { Kind = ReplayDifferenceKind.NotAMessage, Received = error.Message, Cause = error });
        }
    }

    /// <summary>A whole message of the peer.</summary>
    private void Take(ReplayLane lane, byte[] item)
    {
        (CapturedMessage? message, string? problem) = Read(lane, item);
        if (lane.IsHandshake && _offer is not null && !_handshakeDone)
        {
            _lastProgress = _clock.Now;
            TakeHandshake(lane, item, message, problem);
            return;
        }

        if (lane.IsAnsweredLive && problem is null)
        {
            if (lane.PingsLeft-- > 0)
            {
                // Others are no progress: a peer may ping for ever and say nothing of what it owes.
                _lastProgress = _clock.Now;
            }

            Echo(item);
            return;
        }

        if (lane.Parked.Count > 0 || (lane.Expected.Count == 0 && !_script.IsOver))
        {
            // It is ahead of what was read, or the recording has nothing like it.
            lane.Parked.Enqueue(item);
            _script.BytesAhead += item.Length;
            _parked += item.Length + ParkedOverhead;
            CheckParked();
            return;
        }

        Compare(lane, item, message, problem);
    }

    private (CapturedMessage? Message, string? Problem) Read(ReplayLane lane, byte[] item)
    {
        try
        {
            return (CapturedMessage.Read(_script.Bundle, lane.Id, item), null);
        }
        catch (CodecException error)
        {
            return (null, $"{ReplayDifference.Short(" " + Convert.ToHexStringLower(item)).TrimStart()}: {error.Message}");
        }
    }

    private void Compare(ReplayLane lane, byte[] item, CapturedMessage? message, string? problem)
    {
        if (!lane.Expected.TryDequeue(out ExpectedMessage? expected))
        {
            _extra++;
            return;
        }

        _script.BytesAhead -= expected.Bytes;
        if (message is null)
        {
            // Where what was recorded has no meaning either, its bytes count.
            if (expected.Message is not null || !item.AsSpan().SequenceEqual(expected.Raw))
            {
                Finish(Differs(lane, ReplayDifferenceKind.NotAMessage, expected, problem!));
                return;
            }
        }
        else if (expected.Message?.MeansTheSameAs(message) != true)
        {
            Finish(Differs(lane, ReplayDifferenceKind.OtherMessage, expected, message.ToString()));
            return;
        }

        _lastProgress = _clock.Now;
        _matched++;
        lane.Matched++;
    }

    private void TakeHandshake(ReplayLane lane, byte[] item, CapturedMessage? message, string? problem)
    {
        try
        {
            if (message is null)
            {
                throw new CodecException(problem!);
            }

            HandshakeMessage live = HandshakeCodec.Read(item, _script.Bundle);
            if (_options.As == CaptureSide.Client)
            {
                _offer!.Conclude(live);
                _handshakeDone = true;
                return;
            }

            if (live is not HandshakeMessage.ProposeVersions proposal)
            {
                throw new CodecException($"{live.Kind} where a proposal belongs");
            }

            HandshakeAnswer answer = _offer!.Answer(proposal.Versions);
            SendNow(NodeToNode.Handshake, SduSender.Responder, output => HandshakeCodec.Write(output, answer.Message));
            _handshakeDone = answer.Version is not null;
            if (!_handshakeDone)
            {
                throw new CodecException($"a proposal that had to be answered with {answer.Message.Kind}");
            }
        }
        catch (NetworkException error)
        {
            Finish(new ReplayDifference
            {
                Kind = ReplayDifferenceKind.OtherMessage,
                Protocol = lane.Id,
                ProtocolName = lane.Name,
                Sender = lane.PeerHalf,
                Number = 1,
                Expected = "a handshake to agree on",
                Received = $"{(message is null ? "" : ReplayDifference.Short(message.ToString()) + ": ")}{error.Message}",
                Cause = error,
            });
        }
    }

    private void Echo(byte[] item)
    {
        KeepAliveMessage ping = KeepAliveCodec.Read(item);
        if (ping.Kind == KeepAliveMessageKind.KeepAlive)
        {
            SendNow(NodeToNode.KeepAlive, SduSender.Responder, output => KeepAliveCodec.Write(output, KeepAliveMessage.Response(ping.Cookie)));
        }
    }

    /// <summary>Sends what may go, and finds out whether all is done.</summary>
    private void Pump()
    {
        if (_isWriting)
        {
            if (!_writable && !_gone)
            {
                return;
            }

            _isWriting = false;
            _batch.ResetWrittenCount();
        }

        while (!_finished && !_gone)
        {
            ReadAhead();
            TakeParked();
            foreach (ReplayLane lane in _script.Lanes)
            {
                Gather(lane);
            }

            if (_batch.WrittenCount == 0)
            {
                if (ReadForParked())
                {
                    continue;
                }

                if (IsDone() && _script.Lanes.All(static lane => lane.PingsLeft <= 0))
                {
                    Finish(null);
                }

                return;
            }

            _writable = false;
            if (!_bearer.TryWrite(_batch.WrittenMemory))
            {
                _isWriting = true;
                return;
            }

            _batch.ResetWrittenCount();
        }
    }

    /// <summary>Appends the lane's messages that may go; those of one SDU that go together share one.</summary>
    private void Gather(ReplayLane lane)
    {
        SduHeader header = default;
        long sdu = -1;
        while (_batch.WrittenCount < MaxBatchBytes && lane.Own.TryPeek(out ReplayMessage? message) && MayGo(lane, message))
        {
            lane.Own.Dequeue();
            lane.Sent++;
            _sent++;
            if (message.IsRecorded)
            {
                _lastProgress = _clock.Now;
            }

            _script.BytesAhead -= message.Bytes;
            foreach ((SduHeader of, long number, ReadOnlyMemory<byte> bytes) in message.Parts)
            {
                if (number != sdu)
                {
                    EndFrame(header);
                    (header, sdu) = (of, number);
                }

                _frame.Write(bytes.Span);
            }
        }

        EndFrame(header);
    }

    private bool MayGo(ReplayLane lane, ReplayMessage message)
    {
        if (!lane.IsHandshake && !IsHandshakeOver())
        {
            return false;
        }

        if (!lane.Asks || !_script.IsOrdered)
        {
            return message.Behind >= 0 && message.Behind <= lane.Matched;
        }

        return _script.Lanes.All(other => !other.Expected.TryPeek(out ExpectedMessage? oldest) || oldest.Ordinal > message.After);
    }

    private bool IsHandshakeOver()
    {
        if (_offer is not null)
        {
            return _handshakeDone;
        }

        return _script.Lanes.FirstOrDefault(static lane => lane.IsHandshake) is { } handshake && handshake.Sent + handshake.Matched >= 2;
    }

    private void EndFrame(SduHeader header)
    {
        if (_frame.WrittenCount > 0)
        {
            (header with { PayloadLength = _frame.WrittenCount }).Write(_batch.GetSpan(SduHeader.Size));
            _batch.Advance(SduHeader.Size);
            _batch.Write(_frame.WrittenSpan);
            _frame.ResetWrittenCount();
        }
    }

    /// <summary>A message that is not in the recording: it goes out in front of what is sent next.</summary>
    private void SendNow(MiniProtocolId protocol, SduSender half, Action<IBufferWriter<byte>> write)
    {
        var message = new ReplayMessage { Behind = 0, IsRecorded = false };
        var output = new ArrayBufferWriter<byte>(64);
        write(output);
        var header = new SduHeader(_clock.Microseconds, half, protocol, output.WrittenCount);
        message.Parts.Add((header, -2 - _sent, output.WrittenMemory));
        message.Bytes = output.WrittenCount;
        _script.BytesAhead += message.Bytes;
        bool ownIsInitiator = half == SduSender.Initiator;
        _script.LaneOf(protocol, ownIsInitiator ? _options.As : PeerSide).Own.Enqueue(message);
    }

    private bool IsDone() => _script.IsOver && _script.Lanes.All(static lane => lane.Own.Count == 0 && lane.Expected.Count == 0);

    private void ReadAhead()
    {
        while (!_script.IsOver && (_script.BytesAhead < UsualBytesAhead || !HasWork()))
        {
            CheckAhead();
            _script.ReadNext();
        }
    }

    /// <summary>What came before its place in the recording was read.</summary>
    private void TakeParked()
    {
        for (int i = 0; i < _script.Lanes.Count; i++)
        {
            ReplayLane lane = _script.Lanes[i];
            while (!_finished && (lane.Expected.Count > 0 || _script.IsOver) && lane.Parked.TryDequeue(out byte[]? item))
            {
                _script.BytesAhead -= item.Length;
                _parked -= item.Length + ParkedOverhead;
                (CapturedMessage? message, string? problem) = Read(lane, item);
                Compare(lane, item, message, problem);
            }
        }
    }

    /// <summary>Nothing can be sent, and the peer may be waiting for the answer to what is parked: its place is looked for, as far as may be read ahead.</summary>
    private bool ReadForParked()
    {
        if (_finished || _script.IsOver || _script.BytesAhead >= _options.MaxBytesAhead || _script.Lanes.All(static lane => lane.Parked.Count == 0))
        {
            return false;
        }

        _script.ReadNext();
        return true;
    }

    private bool HasWork() => _script.Lanes.Any(lane => lane.Expected.Count > 0 || (lane.Own.TryPeek(out ReplayMessage? message) && MayGo(lane, message)));

    private void CheckAhead()
    {
        if (_script.BytesAhead > _options.MaxBytesAhead)
        {
            throw new CaptureException(
                CaptureFailure.TooMuchAhead, $"more than {_options.MaxBytesAhead} bytes of the recording would have to be held to go on");
        }
    }

    private void CheckParked()
    {
        if (_parked > _options.MaxBytesAhead)
        {
            throw new CaptureException(
                CaptureFailure.TooMuchAhead, $"more than {_options.MaxBytesAhead} bytes came from the peer before their place in the recording");
        }
    }

    private static ExpectedMessage? Peek(ReplayLane lane) => lane.Expected.TryPeek(out ExpectedMessage? expected) ? expected : null;

    private (ReplayLane Lane, ExpectedMessage Message)? Awaited() =>
        _script.Lanes.Where(static lane => lane.Expected.Count > 0)
            .Select(static lane => ((ReplayLane, ExpectedMessage)?)(lane, lane.Expected.Peek()))
            .MinBy(static awaited => awaited!.Value.Item2.Ordinal);

    private ReplayDifference Differs(ReplayLane lane, ReplayDifferenceKind kind, ExpectedMessage? expected, string? received)
    {
        string? recorded = expected?.ToString();
        (string? Expected, string? Received) texts = kind == ReplayDifferenceKind.OtherMessage && recorded is not null && received is not null
            ? ReplayDifference.Cut(recorded, received)
            : (recorded is null ? null : ReplayDifference.Short(recorded), received);
        return new ReplayDifference
        {
            Kind = kind,
            Protocol = lane.Id,
            ProtocolName = lane.Name,
            Sender = lane.PeerHalf,
            Number = expected?.Number ?? _liveCounts.GetValueOrDefault(lane),
            RecordedAt = expected?.At,
            Expected = texts.Expected,
            Received = texts.Received,
        };
    }

    private void Arm(TimeSpan delay) => _timer = _options.Scheduler.Schedule(this, delay, static (_, engine) =>
    {
        engine.OnTimer();
        return Disposable.Empty;
    });

    /// <summary>Decided on the strand: the timer only wakes it.</summary>
    private void OnTimer()
    {
        _timerFired = true;
        MarkReady();
    }

    private void CheckPatience()
    {
        if (!_timerFired || _finished)
        {
            return;
        }

        _timerFired = false;
        TimeSpan left = _options.Patience - TimeSpan.FromTicks(_clock.Now - _lastProgress);
        if (left > TimeSpan.Zero)
        {
            Arm(left);
            return;
        }

        if (IsDone())
        {
            // Fewer pings than were recorded: the peer's own affair.
            Finish(null);
            return;
        }

        Finish(Awaited() is { } awaited
            ? Differs(awaited.Lane, ReplayDifferenceKind.NoMessage, awaited.Message, null)
            : new ReplayDifference { Kind = ReplayDifferenceKind.NoMessage, Expected = _offer is not null && !_handshakeDone ? "a handshake" : "a peer that reads" });
    }

    /// <summary>The result is there: the connection ends in order, and is not waited for much longer.</summary>
    private void Finish(ReplayDifference? difference)
    {
        if (_finished)
        {
            return;
        }

        _finished = true;
        _difference = difference;
        _timer?.Dispose();
        _bearer.Close();
        _timer = _options.Scheduler.Schedule(this, CloseTimeout, static (_, engine) =>
        {
            engine._bearer.Abort();
            return Disposable.Empty;
        });
    }

    /// <summary>The bearer is gone, and what it brought was looked at.</summary>
    private void Conclude()
    {
        if (!_finished)
        {
            while (!_script.IsOver && _script.BytesAhead < _options.MaxBytesAhead)
            {
                _script.ReadNext();
            }

            TakeParked();
        }

        if (!_finished)
        {
            _finished = true;
            (ReplayLane Lane, ExpectedMessage Message)? awaited = Awaited();
            _difference = IsDone() ? null
                : awaited is { } one ? Differs(one.Lane, ReplayDifferenceKind.Closed, one.Message, null) with { Cause = _cause }
                : new ReplayDifference { Kind = ReplayDifferenceKind.Closed, Cause = _cause };
        }

        _timer?.Dispose();
        _capture.Dispose();
        _completion.TrySetResult(new ReplayReport(_difference, _sent, _matched, _extra, _script.IsCutOff));
    }

    private void Fail(Exception error)
    {
        _finished = true;
        _timer?.Dispose();
        _capture.Dispose();
        _completion.TrySetException(error);
        _bearer.Abort();
    }
}
