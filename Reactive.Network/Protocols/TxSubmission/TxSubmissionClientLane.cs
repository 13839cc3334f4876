using System.Reactive;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.TxSubmission;

/// <summary>The strand of a tx-submission initiator: answers one request after the other out of a mempool.</summary>
internal sealed class TxSubmissionClientLane(Multiplexer mux, SeededRandom random)
    : ProtocolLane<TxSubmissionProtocol, TxSubmissionState, TxSubmissionMessageKind>(mux, SduSender.Initiator, random), IObserver<Unit>
{
    private readonly Lock _gate = new();
    private readonly Queue<TransactionAnnouncement> _unacknowledged = new();
    private Use? _next;
    private Use? _current;
    private IMempoolCursor? _cursor;
    private IDisposable? _changes;
    private NetworkException? _cause;
    private bool _closed;
    private int _wanted;

    public override bool IsActive => State is not (TxSubmissionState.Init or TxSubmissionState.Done);

    /// <summary>One request at a time: the next is not decoded before the last is answered.</summary>
    protected override bool CanTake =>
        State is TxSubmissionState.Idle or TxSubmissionState.Init && (!HasEgress || Egress.HasRoom);

    private bool IsStopping => IsFinishing || _current is null or { IsDisposed: true };

    void IObserver<Unit>.OnNext(Unit value) => MarkReady();

    void IObserver<Unit>.OnError(Exception error) => MarkReady();

    void IObserver<Unit>.OnCompleted()
    {
    }

    /// <summary>Gives the instance a user, once its last one is gone.</summary>
    public void Attach(Use use)
    {
        Exception? refused = null;
        lock (_gate)
        {
            if (_closed)
            {
                refused = Ended(_cause);
            }
            else if (_next is { IsDisposed: false } || (_next is null && _current is { IsDisposed: false }))
            {
                refused = new ProtocolBusyException(Name, "tx-submission offers another mempool on this connection already");
            }
            else
            {
                _next = use;
            }
        }

        if (refused is not null)
        {
            use.Fail(refused);
            return;
        }

        Mux.InitiatorUsed?.Invoke();
        MarkReady();
    }

    public void Detach(Use use)
    {
        use.IsDisposed = true;
        MarkReady();
    }

    internal override void OnWake() => Mux.Close(new ProtocolViolationException(
        ProtocolViolation.Timeout, Name, State.ToString(), $"{Name}: the mempool did not answer in state {State}", Fault.Local));

    protected override void OnMessage(in IngressMessage item)
    {
        TxSubmissionMessage message = TxSubmissionCodec.Read(item.Lease);
        Received(message.Kind, in item);
        item.Lease.Release();
        if (TxSubmissionProtocol.LimitsIn(State).MaxWait is var limit && limit != Timeout.InfiniteTimeSpan)
        {
            WakeAt(Clock.Now + limit.Ticks);
        }

        Answer(in message);
        WakeAt(DeadlineTimer.Never);
    }

    protected override bool OnTurn()
    {
        if (IsStopping)
        {
            LeaveMempool();
        }

        if (State == TxSubmissionState.TxIdsBlocking && (!HasEgress || Egress.HasRoom))
        {
            if (IsStopping)
            {
                SayDone();
            }
            else
            {
                AnswerTxIds();
            }
        }

        if (State == TxSubmissionState.Init && !IsFinishing && TryStart())
        {
            Sending(TxSubmissionMessageKind.Init);
            TxSubmissionCodec.Write(Egress, TxSubmissionMessage.Init);
            Flush();
        }

        return CanTake && HasEgress && !Ingress.IsEmpty;
    }

    protected override void OnClosed(NetworkException? cause)
    {
        Use? next;
        lock (_gate)
        {
            _closed = true;
            _cause = cause;
            next = _next;
            _next = null;
        }

        LeaveMempool();
        foreach (Use? use in (Use?[])[_current, next])
        {
            if (use is { IsDisposed: false })
            {
                use.IsDisposed = true;
                Guard(use, () => use.Fail(Ended(cause)));
            }
        }
    }

    private static NetworkException Ended(NetworkException? cause) =>
        cause ?? new ConnectionClosedException("the connection was closed while tx-submission offered transactions");

    private bool TryStart()
    {
        lock (_gate)
        {
            _current = _next is { IsDisposed: false } ? _next : null;
            _next = null;
        }

        if (_current is null)
        {
            return false;
        }

        _cursor = _current.Mempool.Follow();
        _changes = _current.Mempool.Changes.Subscribe(this);
        return true;
    }

    private void Answer(in TxSubmissionMessage message)
    {
        if (message.Kind == TxSubmissionMessageKind.RequestTxs)
        {
            AnswerTxs(message.Ids.Span);
            return;
        }

        CheckWindow(in message);
        for (int i = 0; i < message.Acknowledged; i++)
        {
            _unacknowledged.Dequeue();
        }

        _wanted = message.Requested;
        if (State == TxSubmissionState.TxIdsNonBlocking)
        {
            AnswerTxIds();
        }
    }

    private void CheckWindow(in TxSubmissionMessage message)
    {
        int held = _unacknowledged.Count;
        int left = held - message.Acknowledged;
        if (left < 0)
        {
            throw Wrong($"{message.Acknowledged} ids acknowledged where {held} are unacknowledged");
        }

        if (left + message.Requested > TxSubmissionProtocol.MaxUnacknowledged)
        {
            throw Wrong($"{message.Requested} ids asked for where {left} stay unacknowledged: more than {TxSubmissionProtocol.MaxUnacknowledged}");
        }

        if (State == TxSubmissionState.TxIdsBlocking)
        {
            if (message.Requested == 0)
            {
                throw Wrong("a blocking request for no ids");
            }

            if (left != 0)
            {
                throw Wrong($"a blocking request where {left} ids stay unacknowledged");
            }
        }
        else if (message.Requested == 0 && message.Acknowledged == 0)
        {
            throw Wrong("a request that neither asks nor acknowledges");
        }
        else if (left == 0)
        {
            throw Wrong("a request that does not block where no id stays unacknowledged");
        }
    }

    /// <summary>Announces what there is, up to what was asked for; while the peer waits for one, only if there is one.</summary>
    private void AnswerTxIds()
    {
        var found = new List<TransactionAnnouncement>(TxSubmissionProtocol.MaxUnacknowledged);
        while (!IsStopping && found.Count < _wanted && _cursor!.TryNext(out TransactionAnnouncement next))
        {
            if (next.Size <= TxSubmissionProtocol.MaxTransactionBytes)
            {
                found.Add(next);
                _unacknowledged.Enqueue(next);
            }
        }

        if (found.Count == 0 && State == TxSubmissionState.TxIdsBlocking)
        {
            return;
        }

        Sending(TxSubmissionMessageKind.ReplyTxIds);
        TxSubmissionCodec.Write(Egress, TxSubmissionMessage.ReplyTxIds(found.ToArray()));
        Flush();
    }

    /// <summary>
    /// Sends those that are still there, in the order asked for. Each once, however often it stands in the request, so that a short request cannot make
    /// a long answer.
    /// </summary>
    private void AnswerTxs(ReadOnlySpan<TransactionId> ids)
    {
        var found = new List<Transaction>(TxSubmissionProtocol.MaxUnacknowledged);
        var asked = new List<TransactionId>(TxSubmissionProtocol.MaxUnacknowledged);
        foreach (TransactionId id in ids)
        {
            TransactionAnnouncement? offered = Offered(id);
            if (offered is null)
            {
                throw Wrong($"transaction {id.Hash} was asked for, which is not among the unacknowledged");
            }

            if (IsStopping || asked.Contains(id))
            {
                continue;
            }

            asked.Add(id);
            if (_current!.Mempool.Find(id) is { } transaction)
            {
                found.Add(transaction.WireSize == offered.Value.Size
                    ? transaction
                    : throw new InvalidOperationException($"transaction {id.Hash} was announced with {offered.Value.Size} bytes and has {transaction.WireSize}"));
            }
        }

        Sending(TxSubmissionMessageKind.ReplyTxs);
        TxSubmissionCodec.Write(Egress, TxSubmissionMessage.ReplyTxs(found.ToArray()));
        Flush();
        foreach (Transaction transaction in found)
        {
            if (_current is { IsDisposed: false } use)
            {
                Guard(use, () => use.Tell(transaction.Id));
            }
        }
    }

    private TransactionAnnouncement? Offered(TransactionId id)
    {
        foreach (TransactionAnnouncement offered in _unacknowledged)
        {
            if (offered.Id == id)
            {
                return offered;
            }
        }

        return null;
    }

    private void SayDone()
    {
        Sending(TxSubmissionMessageKind.Done);
        TxSubmissionCodec.Write(Egress, TxSubmissionMessage.Done);
        Flush();
        Restart();
        _unacknowledged.Clear();
    }

    private void LeaveMempool()
    {
        _changes?.Dispose();
        _cursor?.Dispose();
        _changes = null;
        _cursor = null;
    }

    private void Guard(Use use, Action call)
    {
        try
        {
            call();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            use.IsDisposed = true;
            Mux.ReportObserverFault(e);
        }
    }

    /// <summary>One offer.</summary>
    internal sealed class Use(IMempool mempool, IObserver<TransactionId> observer)
    {
        private volatile bool _disposed;

        public IMempool Mempool { get; } = mempool;

        public bool IsDisposed
        {
            get => _disposed;
            set => _disposed = value;
        }

        public void Tell(TransactionId sent) => observer.OnNext(sent);

        public void Fail(Exception error) => observer.OnError(error);
    }
}
