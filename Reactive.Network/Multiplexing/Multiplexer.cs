using System.Buffers;
using Reactive.Network.Bearers;
using Reactive.Network.Internal;

namespace Reactive.Network.Multiplexing;

/// <summary>
/// One bearer and the lanes on it: routes what comes in, gathers what goes out, keeps the deadlines, and ends once, with the first cause.
/// </summary>
internal sealed class Multiplexer : IBearerSink, IDemuxTarget
{
    internal const int ReadSlot = 0;
    internal const int WriteSlot = 1;
    internal const int IdleSlot = 2;
    internal const int EndSlot = 3;
    private const int FirstLaneSlot = 4;
    private const int MaxHandshakeBytes = 5760;

    /// <summary>How long lanes may take over what came before the end of the stream, as in the reference.</summary>
    private static readonly TimeSpan EndOfStreamGrace = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly IBearer _bearer;
    private readonly Demuxer _demuxer;
    private readonly Action<Exception>? _observerFaulted;
    private Lane?[] _initiators = [];
    private Lane?[] _responders = [];
    private Lane[] _lanes = [];
    private Lane? _handshake;
    private Lane? _receiving;
    private bool _responderSeen;
    private int _lanesToHear;
    private int _fullLanes;
    private int _isPaused;
    private volatile bool _stopping;
    private volatile bool _streamEnded;
    private volatile bool _bearerGone;
    private volatile bool _open;
    private volatile bool _closed;

    public Multiplexer(IBearer bearer, MuxOptions options, NetworkClock clock, ArrayPool<byte> pool, Action<Exception>? observerFaulted)
    {
        options.Validate();
        _bearer = bearer;
        Options = options;
        Clock = clock;
        Slabs = new SlabPool(pool);
        _observerFaulted = observerFaulted;
        Deadlines = new DeadlineTimer(clock, FirstLaneSlot, OnDeadline);
        Muxer = new Muxer(this, bearer, options);
        Tap = new FrameTap(this, options);
        _demuxer = new Demuxer(this);
    }

    public MuxOptions Options { get; }

    public NetworkClock Clock { get; }

    public SlabPool Slabs { get; }

    public DeadlineTimer Deadlines { get; }

    public Muxer Muxer { get; }

    /// <summary>Whether a lane that is full stops the reading of the whole connection, which it ends otherwise. Node-to-client, whose lanes have no limit.</summary>
    public bool PausesWhenFull { get; init; }

    public FrameTap Tap { get; }

    /// <summary>Whether the handshake is over and the lanes run.</summary>
    public bool IsOpen => _open;

    /// <summary>Whether the connection has ended.</summary>
    public bool IsClosed => _closed;

    /// <summary>Whether the peer's stream has ended in order and the lanes have what came before it to work on.</summary>
    public bool HasStreamEnded => _streamEnded;

    /// <summary>Whether the bearer has made its last call.</summary>
    public bool IsBearerGone => _bearerGone;

    /// <summary>Whether what was written still goes out although the connection has ended.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>The first cause of the end; <see langword="null"/> for an end by agreement or by a local dispose.</summary>
    public NetworkException? Cause { get; private set; }

    /// <summary>The end, once. No lock is held; runs no user code.</summary>
    public Action<NetworkException?>? Ended { get; set; }

    /// <summary>The first bytes for any responder. On the receive loop.</summary>
    public Action? FirstResponderBytes { get; set; }

    /// <summary>A responder's instance is over. On its strand.</summary>
    public Action? ResponderEnded { get; set; }

    /// <summary>An initiator got a user. Any thread.</summary>
    public Action? InitiatorUsed { get; set; }

    /// <summary>The protocol idle time of an accepted connection is over.</summary>
    public Action? IdleExpired { get; set; }

    /// <summary>Gives a lane its deadline slots. The handshake's lane is not routed to by number once the connection is open.</summary>
    public int Register(Lane lane)
    {
        lock (_gate)
        {
            int slot = FirstLaneSlot + (2 * _lanes.Length);

            // Copied here, so that nobody else has to.
            _lanes = [.. _lanes, lane];
            Deadlines.Reserve(slot + 2);
            return slot;
        }
    }

    /// <summary>Starts to read, with <paramref name="handshake"/> as the only lane.</summary>
    public void Start(Lane handshake)
    {
        _handshake = handshake;
        handshake.IsRouted = true;
        _bearer.Start(this);
    }

    /// <summary>The handshake is over: from here on these lanes are routed to, also for bytes of the read that ended it.</summary>
    public void Open(IReadOnlyCollection<Lane> lanes)
    {
        lock (_gate)
        {
            int numbers = lanes.Select(static lane => lane.Protocol.Value + 1).DefaultIfEmpty().Max();
            _initiators = new Lane?[numbers];
            _responders = new Lane?[numbers];
            foreach (Lane lane in lanes)
            {
                (lane.Half == SduSender.Initiator ? _initiators : _responders)[lane.Protocol.Value] = lane;
                lane.IsRouted = true;
            }

            _open = true;
        }

        foreach (Lane lane in AllLanes())
        {
            lane.MarkReady();
        }
    }

    /// <summary>Ends the connection at once. The first cause wins; later ones are ignored. Any thread; never throws.</summary>
    public void Close(NetworkException? cause)
    {
        if (TryEnd(cause, draining: false))
        {
            Muxer.Close();
            Deadlines.Dispose();
            _bearer.Abort();
            Announce();
        }
    }

    /// <summary>
    /// Ends the connection by agreement: <paramref name="initiators"/> say Done where they may, what was written goes out, all of it within the drain
    /// timeout.
    /// </summary>
    public void Stop(IReadOnlyList<Lane> initiators)
    {
        if (!_open)
        {
            Close(null);
            return;
        }

        _stopping = true;
        Deadlines.Set(EndSlot, Clock.Now + Options.DrainTimeout.Ticks);
        int left = initiators.Count;
        foreach (Lane lane in initiators)
        {
            lane.FinishThen(() =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                {
                    CloseAfterDrain(null, Options.DrainTimeout);
                }
            });
        }
    }

    /// <summary>
    /// Ends the connection in order: nothing more is taken in, what was written still goes out within <paramref name="limit"/>, then the bearer
    /// is closed; it is aborted when the peer has not closed its side within the limit.
    /// </summary>
    public void CloseAfterDrain(NetworkException? cause, TimeSpan limit)
    {
        if (!TryEnd(cause, draining: true))
        {
            return;
        }

        Deadlines.Set(EndSlot, Clock.Now + limit.Ticks);

        // What still comes is dropped, and the end of the peer's stream must be seen.
        _bearer.ResumeReading();
        Muxer.WhenDrained(() => _bearer.Close());
        Announce();
    }

    public void ReportObserverFault(Exception error)
    {
        if (_observerFaulted is not null)
        {
            _observerFaulted(error);
            return;
        }

        // The path on which Rx reports what nobody handles: an exception out of scheduled work.
        Clock.Scheduler.Schedule(error, static (_, e) =>
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e);
            return System.Reactive.Disposables.Disposable.Empty;
        });
    }

    /// <summary>Whether a mini-protocol runs that the peer or we started, so that an end of the stream is no agreement.</summary>
    public bool HasActiveLane()
    {
        foreach (Lane lane in AllLanes())
        {
            if (lane != _handshake && lane.IsActive)
            {
                return true;
            }
        }

        return !_open;
    }

    void IBearerSink.OnReceived(ReadOnlySpan<byte> bytes)
    {
        if (_closed)
        {
            return;
        }

        try
        {
            long now = Clock.Now;
            if (_demuxer.Receive(bytes, now))
            {
                Deadlines.Set(ReadSlot, now + (_open ? Options.SduTimeout : Options.HandshakeSduTimeout).Ticks);
            }
            else if (!_demuxer.IsInsideSdu)
            {
                Deadlines.Clear(ReadSlot);
            }

            if (PausesWhenFull)
            {
                PauseWhileFull();
            }
        }
        catch (NetworkException e)
        {
            Close(e);
        }
    }

    void IBearerSink.OnWritable() => Muxer.OnWritable();

    void IBearerSink.OnClosed(BearerException? cause)
    {
        _bearerGone = true;
        Muxer.OnBearerGone();
        if (_closed)
        {
            _bearer.Abort();
            Deadlines.Dispose();
        }
        else if (_stopping)
        {
            // The end was ours: it is silent, whatever the peer made of it.
            Close(null);
        }
        else if (cause is not null)
        {
            Close(cause);
        }
        else if (_demuxer.IsInsideSdu)
        {
            Close(EndOfStream("in the middle of an SDU"));
        }
        else if (!HasActiveLane())
        {
            Close(null);
        }
        else if (!_open)
        {
            Close(EndOfStream("before the handshake was over"));
        }
        else
        {
            HearLanes();
        }

        foreach (Lane lane in AllLanes())
        {
            lane.OnBearerGone();
        }
    }

    /// <summary>A lane has looked at everything that came before the end of the stream, and can do no more. On its strand.</summary>
    public void OnLaneQuiet(Lane lane)
    {
        if (IsRunning(lane) && Interlocked.Decrement(ref _lanesToHear) == 0)
        {
            EndWithStream();
        }
    }

    /// <summary>
    /// The stream ended in order while mini-protocols run. Their last messages may wait on strands: whether it was an agreed end is decided when each of
    /// them has had a look, or when the grace is over.
    /// </summary>
    private void HearLanes()
    {
        foreach (Lane lane in AllLanes())
        {
            _lanesToHear += IsRunning(lane) ? 1 : 0;
        }

        Deadlines.Set(EndSlot, Clock.Now + EndOfStreamGrace.Ticks);
        _streamEnded = true;
        foreach (Lane lane in AllLanes())
        {
            lane.MarkReady();
        }
    }

    private bool IsRunning(Lane lane) => lane.IsRouted && lane != _handshake;

    private void EndWithStream() => Close(HasActiveLane() ? EndOfStream("with work under way") : null);

    void IDemuxTarget.OnSduBegin(SduHeader header)
    {
        if (_closed)
        {
            _receiving = null;
            return;
        }

        _receiving = _open ? Route(header) : RouteHandshake(header);
        Tap.OnReceiving(header);
    }

    void IDemuxTarget.OnSduPayload(ReadOnlySpan<byte> bytes, bool last, long arrival)
    {
        if (_receiving is { } lane && !_closed)
        {
            Tap.OnReceived(bytes, last);
            lane.Receive(bytes, last, arrival);
        }
    }

    private Lane RouteHandshake(SduHeader header)
    {
        if (header.Protocol.Value != 0 || header.PayloadLength > MaxHandshakeBytes)
        {
            throw new MuxException(
                MuxFailure.HandshakeExpected,
                $"a handshake message in one SDU of at most {MaxHandshakeBytes} bytes was expected; mini-protocol {header.Protocol} sent {header.PayloadLength} bytes")
            {
                Protocol = header.Protocol,
                Sender = header.Sender,
                ByteLimit = MaxHandshakeBytes,
            };
        }

        return _handshake!;
    }

    private Lane Route(SduHeader header)
    {
        int number = header.Protocol.Value;
        bool known = number < _initiators.Length;
        Lane? other = known ? (header.Sender == SduSender.Responder ? _responders : _initiators)[number] : null;
        Lane? lane = known ? (header.Sender == SduSender.Responder ? _initiators : _responders)[number] : null;
        if (lane is null)
        {
            throw new MuxException(
                other is null ? MuxFailure.UnknownProtocol : MuxFailure.WrongDirection,
                other is null
                    ? $"mini-protocol {number} does not run on this connection"
                    : $"the {header.Sender} of mini-protocol {number} sent, but that half was not agreed on")
            {
                Protocol = header.Protocol,
                Sender = header.Sender,
            };
        }

        if (!lane.Ingress.HasRoomFor(header.PayloadLength) && !TryHold(lane))
        {
            throw new MuxException(
                MuxFailure.IngressOverrun,
                $"{lane.Name}: more than {lane.MaxIngressBytes} bytes wait to be read")
            {
                Protocol = header.Protocol,
                Sender = header.Sender,
                ByteLimit = lane.MaxIngressBytes,
            };
        }

        if (header.Sender == SduSender.Initiator && !_responderSeen)
        {
            _responderSeen = true;
            FirstResponderBytes?.Invoke();
        }

        return lane;
    }

    /// <summary>
    /// A lane is full. Where that stops the reading, what was read already is still taken: one receive slab more than the budget at most.
    /// </summary>
    private bool TryHold(Lane lane)
    {
        if (PausesWhenFull && !lane.HoldsReading)
        {
            Interlocked.Increment(ref _fullLanes);
            lane.Hold();

            // Its strand may have made room since the look that found none, and must not be waited for then.
            LetGo(lane);
        }

        return PausesWhenFull;
    }

    /// <summary>A lane that holds up the reading has room again, or needs none. On its strand, or on the receive loop.</summary>
    public void LetGo(Lane lane)
    {
        if (lane.TryLetGo() && Interlocked.Decrement(ref _fullLanes) == 0)
        {
            Resume();
        }
    }

    /// <summary>The end of a read. The peer's time to finish an SDU stands still while nothing is read.</summary>
    private void PauseWhileFull()
    {
        if (Volatile.Read(ref _fullLanes) == 0 || _closed)
        {
            return;
        }

        Deadlines.Clear(ReadSlot);
        Interlocked.Exchange(ref _isPaused, 1);
        _bearer.PauseReading();
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _fullLanes) == 0 || _closed)
        {
            // Room was made, or the end came, between the look and the pause: nobody else would resume.
            Resume();
        }
    }

    private void Resume()
    {
        // Only where the receive loop has come to its pause does the demuxer stand still.
        if (Interlocked.Exchange(ref _isPaused, 0) == 1 && _demuxer.IsInsideSdu && !_closed)
        {
            Deadlines.Set(ReadSlot, Clock.Now + Options.SduTimeout.Ticks);
        }

        _bearer.ResumeReading();
    }

    private void OnDeadline(int slot)
    {
        switch (slot)
        {
            case ReadSlot:
                TimeSpan read = _open ? Options.SduTimeout : Options.HandshakeSduTimeout;
                Close(new MuxException(MuxFailure.SduReadTimeout, $"the rest of an SDU did not come within {read.TotalSeconds:0.###} s") { TimeLimit = read });
                break;
            case WriteSlot:
                TimeSpan write = _open ? Options.SduTimeout : Options.HandshakeSduTimeout;
                Close(new MuxException(MuxFailure.SduWriteTimeout, $"the peer took nothing for {write.TotalSeconds:0.###} s per SDU") { TimeLimit = write });
                break;
            case IdleSlot:
                IdleExpired?.Invoke();
                break;
            case EndSlot when _closed:
                Muxer.Close();
                _bearer.Abort();
                Deadlines.Dispose();
                break;
            case EndSlot when _streamEnded && !_stopping:
                EndWithStream();
                break;
            case EndSlot:
                Close(null);
                break;
            default:
                Lane lane = AllLanes()[(slot - FirstLaneSlot) / 2];
                if ((slot - FirstLaneSlot) % 2 == 0)
                {
                    lane.OnReceiveDeadline();
                }
                else
                {
                    lane.OnWake();
                }

                break;
        }
    }

    private bool TryEnd(NetworkException? cause, bool draining)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            Cause = cause;
            IsDraining = draining;
            _closed = true;
            return true;
        }
    }

    private void Announce()
    {
        Tap.Close(Cause);
        foreach (Lane lane in AllLanes())
        {
            lane.MarkReady();
        }

        Ended?.Invoke(Cause);
    }

    private Lane[] AllLanes() => Volatile.Read(ref _lanes);

    private BearerException EndOfStream(string where) =>
        new(BearerFailure.EndOfStream, _bearer.RemoteName, $"{_bearer.RemoteName} closed the connection {where}");
}
