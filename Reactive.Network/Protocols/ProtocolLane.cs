using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols;

/// <summary>
/// One running half of a mini-protocol: keeps the state by the table, for what is sent and for what is received, and enforces the limits of the
/// states in which the peer has agency.
/// </summary>
/// <remarks>
/// Pipelining: a request sent while earlier ones are unanswered is noted, and entered when their answers have come. Its time starts then, but not
/// before it was sent. All of it runs on the lane's strand.
/// </remarks>
internal abstract class ProtocolLane<TProtocol, TState, TMessage> : Lane
    where TProtocol : IMiniProtocol<TState, TMessage>
    where TState : struct, Enum
    where TMessage : struct, Enum
{
    /// <summary>The clock is read where the time is needed: most messages start no time limit on this side.</summary>
    private const long Unread = long.MinValue;

    private readonly Agency _own;
    private SeededRandom _random;
    private readonly Queue<(TMessage Message, long SentAt)> _pipelined = new();
    private TimeSpan _limit = Timeout.InfiniteTimeSpan;
    private TState _answered;
    private bool _watched;

    protected ProtocolLane(Multiplexer mux, SduSender half, SeededRandom random)
        : base(mux, TProtocol.Id, TProtocol.Name, half, TProtocol.MaxIngressBytes, LongestMessage())
    {
        _own = half == SduSender.Initiator ? Agency.Initiator : Agency.Responder;
        _random = random;
        State = TProtocol.Initial;
    }

    /// <summary>Where the instance is: of the oldest unanswered request, if there is one.</summary>
    protected TState State { get; private set; }

    /// <summary>Requests sent ahead of the one that is being answered.</summary>
    protected int Pipelined => _pipelined.Count;

    /// <summary>Whether we may send without pipelining.</summary>
    protected bool HasAgency => TProtocol.AgencyIn(State) == _own;

    /// <summary>Whether this half may send ahead of answers: the one that asks may, which is the initiator but in tx-submission.</summary>
    protected virtual bool MayPipeline => _own == Agency.Initiator;

    /// <summary>Whether a peer that is waited for in <see cref="TimeSpan"/>-limited states may take for ever (trusted peers in MustReply).</summary>
    protected virtual bool IsUnlimited(TState state) => false;

    /// <summary>Our message goes out: legal now, or ahead of answers that are still to come.</summary>
    /// <param name="message">Which.</param>
    /// <param name="now">The time, where it was read already: for many messages in a row.</param>
    protected void Sending(TMessage message, long now = Unread)
    {
        if (HasAgency)
        {
            Enter(TProtocol.Advance(State, message) ?? throw NotAllowed(message, "sent"), now);
        }
        else if (MayPipeline && TProtocol.AgencyIn(State) != Agency.Nobody)
        {
            _pipelined.Enqueue((message, now == Unread ? Clock.CoarseNow : now));
        }
        else
        {
            throw NotAllowed(message, "sent");
        }
    }

    /// <summary>The peer's message has come: legal in this state and short enough, or the connection ends.</summary>
    protected void Received(TMessage message, in IngressMessage item)
    {
        if (TProtocol.AgencyIn(State) == _own)
        {
            throw Unexpected(message);
        }

        CheckSize(item.Lease.Length);
        _answered = State;
        TState next = TProtocol.Advance(State, message) ?? throw Unexpected(message);
        Enter(next, item.Arrival);
        if (HasAgency && _pipelined.TryDequeue(out (TMessage Message, long SentAt) ahead))
        {
            Enter(TProtocol.Advance(State, ahead.Message) ?? throw NotAllowed(ahead.Message, "pipelined"), Math.Max(item.Arrival, ahead.SentAt));
        }
    }

    /// <summary>The instance is over and a new one may start on the same lane.</summary>
    protected void Restart()
    {
        State = TProtocol.Initial;
        _pipelined.Clear();
        ForgetBytesSeen();
        ExpectNothing();
        if (Half == SduSender.Responder)
        {
            Mux.ResponderEnded?.Invoke();
        }
    }

    /// <summary>Starts the clock of the state the instance is in: a responder's first state counts from its first byte.</summary>
    protected void StartWaiting() => Enter(State, Clock.CoarseNow);

    protected override void OnFirstBytes()
    {
        if (Half == SduSender.Responder && EqualityComparer<TState>.Default.Equals(State, TProtocol.Initial))
        {
            StartWaiting();
        }
    }

    protected override void OnPartial(int bytes) => CheckSize(bytes);

    protected override NetworkException TimedOut() => new ProtocolViolationException(
        ProtocolViolation.Timeout, Name, State.ToString(), $"{Name}: no message within {_limit.TotalSeconds:0.###} s in state {State}")
    {
        TimeLimit = _limit,
    };

    /// <summary>The content of the message that was just received breaks a rule; the state is the one in which it came.</summary>
    protected ProtocolViolationException Wrong(string what) =>
        new(ProtocolViolation.WrongContent, Name, _answered.ToString(), $"{Name}: {what} in state {_answered}");

    /// <summary>The handler is asked: it has as long as the peer will wait.</summary>
    /// <returns>When that is over.</returns>
    protected long BeginAnswer()
    {
        TimeSpan limit = TProtocol.LimitsIn(State).MaxWait;
        long due = limit == Timeout.InfiniteTimeSpan ? DeadlineTimer.Never : Clock.CoarseNow + limit.Ticks;
        WakeAt(due);
        return due;
    }

    /// <summary>The handler has answered.</summary>
    /// <param name="due">What <see cref="BeginAnswer"/> returned.</param>
    protected void EndAnswer(long due)
    {
        WakeAt(DeadlineTimer.Never);
        if (Clock.CoarseNow > due)
        {
            throw Unanswered(TProtocol.LimitsIn(State).MaxWait);
        }
    }

    /// <summary>A request for which no handler is attached waits as bytes, but not for longer than its answer may take.</summary>
    /// <param name="detached">Whether there is no handler now.</param>
    /// <param name="limit">How long the answer to any request may take.</param>
    protected void WatchDetached(bool detached, TimeSpan limit)
    {
        bool waits = detached && limit != Timeout.InfiniteTimeSpan && !HasAgency && HasIngress && !Ingress.IsEmpty;
        if (waits != _watched)
        {
            _watched = waits;
            WakeAt(waits ? Clock.Now + limit.Ticks : DeadlineTimer.Never);
        }
    }

    /// <summary>The typed cause where our own side leaves the peer waiting.</summary>
    protected ProtocolViolationException Unanswered(TimeSpan limit) =>
        new(ProtocolViolation.Timeout, Name, State.ToString(), $"{Name}: our handler gave no answer within {limit.TotalSeconds:0.###} s in state {State}", Fault.Local)
        {
            TimeLimit = limit,
        };

    private static int LongestMessage()
    {
        int longest = 0;
        foreach (TState state in Enum.GetValues<TState>())
        {
            longest = Math.Max(longest, TProtocol.LimitsIn(state).MaxBytes);
        }

        return longest;
    }

    private void Enter(TState state, long since)
    {
        State = state;
        Agency agency = TProtocol.AgencyIn(state);
        if (agency == _own || agency == Agency.Nobody)
        {
            ExpectNothing();
            return;
        }

        StateLimits limits = TProtocol.LimitsIn(state);
        _limit = limits.MaxWait;
        if (_limit == Timeout.InfiniteTimeSpan || IsUnlimited(state))
        {
            ExpectNothing();
            return;
        }

        if (limits.MaxWaitUpper is { } upper)
        {
            _limit += TimeSpan.FromTicks((long)(_random.NextDouble() * (upper - limits.MaxWait).Ticks));
        }

        ExpectMessageBy((since == Unread ? Clock.CoarseNow : since) + _limit.Ticks);
    }

    private void CheckSize(int bytes)
    {
        int limit = TProtocol.LimitsIn(State).MaxBytes;
        if (TProtocol.AgencyIn(State) != _own && bytes > limit)
        {
            throw new ProtocolViolationException(
                ProtocolViolation.MessageTooLong, Name, State.ToString(), $"{Name}: a message of more than {limit} bytes in state {State}")
            {
                ByteLimit = limit,
            };
        }
    }

    private ProtocolViolationException Unexpected(TMessage message) =>
        new(ProtocolViolation.UnexpectedMessage, Name, State.ToString(), $"{Name}: the peer sent {message} in state {State}");

    private ProtocolViolationException NotAllowed(TMessage message, string verb) => new(
        ProtocolViolation.UnexpectedMessage, Name, State.ToString(), $"{Name}: {message} {verb} in state {State}", Fault.Local);
}
