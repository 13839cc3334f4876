using Reactive.Network.Cbor;
using Reactive.Network.Internal;

namespace Reactive.Network.Multiplexing;

/// <summary>
/// One half of one mini-protocol on one connection: its ingress, its egress, its deadlines, and the strand on which its messages are handled.
/// </summary>
internal abstract class Lane : Strand
{
    private const int MessagesPerTurn = 64;

    private readonly long _maxIngressBytes;
    private readonly int _maxMessageBytes;
    private IngressQueue? _ingress;
    private EgressBuffer? _egress;
    private long _receiveDue = DeadlineTimer.Never;
    private int _firstBytes;
    private volatile bool _closedSeen;
    private bool _quietTold;
    private bool _flush;
    private bool _patient;
    private Action? _finished;
    private volatile bool _finishing;
    private int _holdsReading;

    protected Lane(Multiplexer mux, MiniProtocolId protocol, string name, SduSender half, long maxIngressBytes, int maxMessageBytes)
        : base(mux.Clock.Scheduler)
    {
        Mux = mux;
        Protocol = protocol;
        Name = name;
        Half = half;
        _maxIngressBytes = maxIngressBytes;
        _maxMessageBytes = maxMessageBytes;
        Slot = mux.Register(this);
    }

    /// <summary>The mini-protocol.</summary>
    public MiniProtocolId Protocol { get; }

    /// <summary>The mini-protocol's name.</summary>
    public string Name { get; }

    /// <summary>Which half runs here.</summary>
    public SduSender Half { get; }

    /// <summary>Bytes that may wait here.</summary>
    public long MaxIngressBytes => _maxIngressBytes;

    /// <summary>Whether an entry of this lane stands in the muxer's queue. The muxer's.</summary>
    internal bool IsQueuedForEgress { get; set; }

    /// <summary>Whether the handshake gave this half a place on the connection.</summary>
    internal bool IsRouted { get; set; }

    /// <summary>Whether the reading of the connection waits for this lane to have room.</summary>
    internal bool HoldsReading => Volatile.Read(ref _holdsReading) == 1;

    /// <summary>First of this lane's two deadline slots: the peer's next message; behind it, its own wake-up.</summary>
    internal int Slot { get; }

    /// <summary>What came in. Made when first used.</summary>
    internal IngressQueue Ingress => Volatile.Read(ref _ingress) ?? CreateIngress();

    internal bool HasIngress => Volatile.Read(ref _ingress) is not null;

    /// <summary>What goes out. Made when first used; the strand's to write.</summary>
    internal EgressBuffer Egress => Volatile.Read(ref _egress) ?? CreateEgress();

    internal bool HasEgress => Volatile.Read(ref _egress) is not null;

    /// <summary>Whether the lane is between its first message and its last, so that the connection is in use.</summary>
    public virtual bool IsActive => Volatile.Read(ref _firstBytes) != 0;

    protected Multiplexer Mux { get; }

    protected NetworkClock Clock => Mux.Clock;

    /// <summary>Whether this half shall end where it may, and start nothing.</summary>
    protected bool IsFinishing => _finishing;

    /// <summary>Whether the next message may be taken: a responder first finishes its answer.</summary>
    protected virtual bool CanTake => true;

    /// <summary>Bytes kept free behind each message, for the lane to write into.</summary>
    protected virtual int TrailerBytes => 0;

    /// <summary>Whether messages that came before the connection ended are still handled.</summary>
    protected virtual bool DrainsAfterClose => false;

    /// <summary>
    /// One message. The callee owns the lease. Throws a <see cref="NetworkException"/> to end the connection, and then only before it passed the lease
    /// on: what it still holds is given back here.
    /// </summary>
    protected abstract void OnMessage(in IngressMessage message);

    /// <summary>The messages of this turn were taken, or one of them threw: what is held back until now is done. Throws as <see cref="OnMessage"/> does.</summary>
    protected virtual void OnTaken()
    {
    }

    /// <summary>The end of every turn: send what there is to send.</summary>
    /// <returns>Whether there is more that needs no new event.</returns>
    protected abstract bool OnTurn();

    /// <summary>The connection has ended. Once.</summary>
    protected abstract void OnClosed(NetworkException? cause);

    /// <summary>The lane's own wake-up time has come. On the timer; by default the strand has a look.</summary>
    internal virtual void OnWake() => MarkReady();

    /// <summary>The first byte of this instance is there.</summary>
    protected virtual void OnFirstBytes()
    {
    }

    /// <summary>What is there of the next message while no whole one is: to enforce the limit of the state early.</summary>
    protected virtual void OnPartial(int bytes)
    {
    }

    /// <summary>The reading waits for this lane. On the receive loop.</summary>
    internal void Hold() => Interlocked.Exchange(ref _holdsReading, 1);

    /// <summary>Whether the reading waited for this lane and need not any more: half of the budget is free.</summary>
    internal bool TryLetGo()
    {
        // What was taken is seen by the receive loop that holds, or its hold is seen here: without the fence both may read the past.
        Interlocked.MemoryBarrier();
        return HoldsReading && Ingress.WaitingBytes <= _maxIngressBytes / 2 && Interlocked.CompareExchange(ref _holdsReading, 0, 1) == 1;
    }

    /// <summary>Ends where it may; <paramref name="done"/> is called once, behind the next turn.</summary>
    internal void FinishThen(Action done)
    {
        Volatile.Write(ref _finished, done);
        _finishing = true;
        MarkReady();
    }

    /// <summary>Payload bytes, from the receive loop. The budget was checked for the whole SDU.</summary>
    internal virtual void Receive(ReadOnlySpan<byte> payload, bool last, long arrival)
    {
        if (Volatile.Read(ref _firstBytes) == 0)
        {
            // Only from 0: an instance begins once, and a later piece of it must not start the clock of its state again.
            Interlocked.CompareExchange(ref _firstBytes, 1, 0);
        }

        CborDefect defect = Ingress.Append(payload, arrival, out bool wake);
        if (wake)
        {
            MarkReady();
        }

        if (defect != CborDefect.None)
        {
            throw Unreadable(defect);
        }
    }

    /// <summary>The time for the peer's next message is over, says the timer.</summary>
    internal void OnReceiveDeadline()
    {
        long due = Volatile.Read(ref _receiveDue);
        if (due > Clock.Now || Volatile.Read(ref _ingress) is { IsEmpty: false } || Volatile.Read(ref _receiveDue) != due)
        {
            // A message that came in time waits for a strand that is busy: its own stamp decides.
            return;
        }

        Mux.Close(TimedOut());
    }

    /// <summary>The typed cause of a passed deadline.</summary>
    protected abstract NetworkException TimedOut();

    protected void ExpectMessageBy(long due)
    {
        Volatile.Write(ref _receiveDue, due);
        Mux.Deadlines.Set(Slot, due);
    }

    protected void ExpectNothing() => Volatile.Write(ref _receiveDue, DeadlineTimer.Never);

    protected void WakeAt(long due) => Mux.Deadlines.Set(Slot + 1, due);

    protected void ForgetBytesSeen() => Volatile.Write(ref _firstBytes, 0);

    /// <summary>What was written goes out, together with what the rest of this turn writes.</summary>
    protected void Flush()
    {
        _flush = true;
        _patient = false;
    }

    /// <summary>The same, but nobody waits for it: whatever is ready now, on this connection and others, goes before.</summary>
    protected void FlushLater()
    {
        _patient |= !_flush;
        _flush = true;
    }

    /// <summary>The bearer has made its last call: nothing comes in any more, and nothing that is written goes out.</summary>
    internal void OnBearerGone()
    {
        // The other half of the pair in FinishWith: whoever comes second gives back.
        Interlocked.MemoryBarrier();
        if (_closedSeen)
        {
            Volatile.Read(ref _ingress)?.Clear();
        }

        if (Mux.IsClosed)
        {
            Volatile.Read(ref _egress)?.Close();
        }
    }

    protected sealed override bool RunTurn()
    {
        bool nothingComes = Mux.HasStreamEnded;
        bool more = RunLaneTurn();
        if (nothingComes && !more && !_quietTold && _ingress is null or { IsEmpty: true })
        {
            _quietTold = true;
            Mux.OnLaneQuiet(this);
        }

        return more;
    }

    private bool RunLaneTurn()
    {
        if (!Mux.IsOpen)
        {
            // Before the handshake is over nothing is sent or taken; opening marks every lane ready.
            return Mux.IsClosed && Finish();
        }

        if (!IsRouted)
        {
            return FinishWith(new RoleNotAgreedException(Name, Half));
        }

        try
        {
            if (Mux.IsClosed && !DrainsAfterClose)
            {
                return Finish();
            }

            bool more;
            try
            {
                more = TakeMessages();
            }
            finally
            {
                OnTaken();
            }

            if (Mux.PausesWhenFull)
            {
                Mux.LetGo(this);
            }

            if (Mux.IsClosed)
            {
                return more || Finish();
            }

            more |= OnTurn();
            if (_flush)
            {
                // Once a turn, however many messages it wrote: they leave together anyway.
                _flush = false;
                EgressBuffer egress = Egress;
                egress.Commit();
                if (_patient)
                {
                    Mux.Muxer.WakeLater(this);
                }
                else
                {
                    Mux.Muxer.Wake(this);
                }

                _patient = false;

                // What filled the buffer may have been taken before the rest was committed: then taking the rest wakes nobody.
                more |= egress.TakeRefusal() && egress.Length < EgressBuffer.SoftLimit;
            }

            if (_finishing)
            {
                Interlocked.Exchange(ref _finished, null)?.Invoke();
            }

            return more;
        }
        catch (NetworkException e)
        {
            Mux.Close(e);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Mux.Close(new HandlerException(Name, e));
        }

        // A message that was begun will not be finished.
        _egress?.Abandon();
        return Finish();
    }

    private bool TakeMessages()
    {
        for (int taken = 0; taken < MessagesPerTurn; taken++)
        {
            if (!CanTake || _ingress is null)
            {
                return false;
            }

            long due = Volatile.Read(ref _receiveDue);
            if (!_ingress.IsEmpty)
            {
                // Before the message leaves the queue: the timer must not find the queue empty and the deadline still standing.
                ExpectNothing();
            }

            if (!_ingress.TryTake(out IngressMessage message, out int partial, out CborDefect defect))
            {
                if (due != Volatile.Read(ref _receiveDue))
                {
                    // The backlog held nothing but the beginning of a message: the peer's time goes on.
                    ExpectMessageBy(due);
                }

                if (defect != CborDefect.None)
                {
                    throw Unreadable(defect);
                }

                if (partial > 0)
                {
                    NoteFirstBytes();
                    OnPartial(partial);
                }

                return false;
            }

            if (message.Arrival > due)
            {
                message.Lease.Release();
                throw TimedOut();
            }

            NoteFirstBytes();
            Handle(in message);
        }

        return true;
    }

    private void NoteFirstBytes()
    {
        if (Volatile.Read(ref _firstBytes) != 2 && Interlocked.Exchange(ref _firstBytes, 2) != 2)
        {
            OnFirstBytes();
        }
    }

    private void Handle(in IngressMessage message)
    {
        try
        {
            OnMessage(in message);
        }
        catch
        {
            message.Lease.ReleaseIfHeld();
            throw;
        }
    }

    private bool Finish() => FinishWith(Mux.Cause);

    private bool FinishWith(NetworkException? cause)
    {
        Interlocked.Exchange(ref _finished, null)?.Invoke();
        if (!_closedSeen)
        {
            _closedSeen = true;
            _ingress?.Clear();

            // Pairs with the fence in OnBearerGone.
            Interlocked.MemoryBarrier();
            if (!Mux.IsDraining || Mux.IsBearerGone)
            {
                _egress?.Close();
            }

            OnClosed(cause);
        }

        return false;
    }

    private IngressQueue CreateIngress()
    {
        Interlocked.CompareExchange(ref _ingress, new IngressQueue(Mux.Slabs, _maxIngressBytes, _maxMessageBytes, TrailerBytes), null);
        return _ingress;
    }

    private EgressBuffer CreateEgress()
    {
        Interlocked.CompareExchange(ref _egress, new EgressBuffer(Mux.Slabs.Arrays), null);
        return _egress;
    }

    private CodecException Unreadable(CborDefect defect) =>
        new($"{Name}: the bytes from the {(Half == SduSender.Initiator ? "responder" : "initiator")} are not a CBOR item of at most {_maxMessageBytes} bytes: {defect}");
}
