using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Pacing;

namespace Reactive.Network.Protocols.TxSubmission;

/// <summary>The strand of a tx-submission responder.</summary>
internal sealed class TxSubmissionServerLane(Multiplexer mux, TxSubmissionOptions options, SeededRandom random)
    : ProtocolLane<TxSubmissionProtocol, TxSubmissionState, TxSubmissionMessageKind>(mux, SduSender.Responder, random)
{
    private const int MaxBatches = 4;

    private readonly Lock _gate = new();

    /// <summary>What the peer has announced and we have not acknowledged, oldest first: as many as the window has, at most.</summary>
    private readonly Queue<Entry> _unacknowledged = new();

    /// <summary>What was asked for and is not answered, oldest first: batches, and one request for ids.</summary>
    private readonly Queue<Request> _requests = new();

    private Use? _next;
    private Use? _current;
    private NetworkException? _cause;
    private bool _closed;
    private long _bytesInFlight;
    private bool _idsAsked;

    private enum EntryState
    {
        Announced,
        Requested,
        Resolved,
    }

    protected override bool MayPipeline => true;

    protected override bool DrainsAfterClose => true;

    protected override bool CanTake => !HasEgress || Egress.HasRoom;

    private long BytesHeld => _bytesInFlight + (_current?.Unconsumed ?? 0);

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
                refused = new ProtocolBusyException(Name, "tx-submission has a receiver on this connection already");
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

        MarkReady();
    }

    public void Detach(Use use)
    {
        use.IsDisposed = true;
        MarkReady();
    }

    protected override void OnMessage(in IngressMessage item)
    {
        TxSubmissionMessage message = TxSubmissionCodec.Read(item.Lease);
        Received(message.Kind, in item);
        item.Lease.Release();
        switch (message.Kind)
        {
            case TxSubmissionMessageKind.ReplyTxIds:
                OnAnnounced(message.Announcements.Span, _requests.Dequeue());
                break;
            case TxSubmissionMessageKind.ReplyTxs:
                OnTransactions(message.Transactions.Span, _requests.Dequeue());
                break;
            case TxSubmissionMessageKind.Done:
                OnDone();
                break;
        }
    }

    protected override bool OnTurn()
    {
        if (_current is null or { IsDisposed: true })
        {
            lock (_gate)
            {
                _current = _next is { IsDisposed: false } ? _next : null;
                _next = null;
            }
        }

        if (_current is { } use && State is not (TxSubmissionState.Init or TxSubmissionState.Done) && Egress.HasRoom)
        {
            AskForTxIds(askedForTxs: TryAskForTxs(use));
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

        EndCurrent(use => use.Fail(Ended(cause)));
        if (next is not null)
        {
            _current = next;
            EndCurrent(use => use.Fail(Ended(cause)));
        }
    }

    private static NetworkException Ended(NetworkException? cause) =>
        cause ?? new ConnectionClosedException("the connection was closed while tx-submission received transactions");

    private void OnAnnounced(ReadOnlySpan<TransactionAnnouncement> announcements, Request request)
    {
        _idsAsked = false;
        if (announcements.Length > request.Ids)
        {
            throw Wrong($"{announcements.Length} ids where {request.Ids} were asked for");
        }

        if (request.IsBlocking && announcements.IsEmpty)
        {
            throw Wrong("no id in answer to a blocking request");
        }

        foreach (TransactionAnnouncement announcement in announcements)
        {
            // An id that stands in the window already is acknowledged with it and not asked for twice.
            bool known = _unacknowledged.Any(entry => entry.Announcement.Id == announcement.Id);
            _unacknowledged.Enqueue(new Entry(announcement) { State = known ? EntryState.Resolved : EntryState.Announced });
        }
    }

    private void OnTransactions(ReadOnlySpan<Transaction> transactions, Request request)
    {
        Span<bool> seen = stackalloc bool[request.Batch.Count];
        foreach (Transaction transaction in transactions)
        {
            int at = transaction.TryGetId(out TransactionId id) ? request.Batch.FindIndex(entry => entry.Announcement.Id == id) : -1;
            if (at < 0)
            {
                throw Wrong("a transaction that was not asked for in this request");
            }

            if (seen[at])
            {
                throw Wrong($"transaction {id.Hash} twice in one answer");
            }

            seen[at] = true;
            long announced = request.Batch[at].Announcement.Size;
            if (Math.Abs(transaction.WireSize - announced) > TxSubmissionProtocol.SizeTolerance)
            {
                throw Wrong($"transaction {id.Hash} has {transaction.WireSize} bytes and was announced with {announced}");
            }
        }

        // Those that did not come have left the peer's mempool: resolved like the others.
        foreach (Entry entry in request.Batch)
        {
            entry.State = EntryState.Resolved;
            _bytesInFlight -= entry.Announcement.Size;
        }

        foreach (Transaction transaction in transactions)
        {
            if (request.Use == _current && _current is { IsDisposed: false } use)
            {
                Guard(use, () => use.Tell(transaction));
            }
        }
    }

    private void OnDone()
    {
        _unacknowledged.Clear();
        _requests.Clear();
        _bytesInFlight = 0;
        _idsAsked = false;
        Restart();
        EndCurrent(static use => use.Complete());
    }

    /// <summary>Asks for what was announced, oldest first, as far as the budget goes.</summary>
    private bool TryAskForTxs(Use use)
    {
        if (_requests.Count(request => request.Use is not null) >= MaxBatches)
        {
            return false;
        }

        var batch = new List<Entry>();
        foreach (Entry entry in _unacknowledged)
        {
            if (entry.State != EntryState.Announced)
            {
                continue;
            }

            if (!IsWanted(use, entry.Announcement, out Exception? error))
            {
                if (error is not null)
                {
                    EndCurrent(one => one.Fail(error));
                    break;
                }

                entry.State = EntryState.Resolved;
                continue;
            }

            if (BytesHeld > 0 && BytesHeld + entry.Announcement.Size > options.MaxBytesInFlight)
            {
                break;
            }

            entry.State = EntryState.Requested;
            _bytesInFlight += entry.Announcement.Size;
            batch.Add(entry);
        }

        if (batch.Count == 0)
        {
            return false;
        }

        _requests.Enqueue(new Request(0, false, batch, use));
        Sending(TxSubmissionMessageKind.RequestTxs);
        TxSubmissionCodec.Write(Egress, TxSubmissionMessage.RequestTxs(batch.Select(static entry => entry.Announcement.Id).ToArray()));
        Flush();
        return true;
    }

    /// <summary>
    /// Asks for ids: blocking where everything is settled; else behind a request for transactions and nowhere else, so that a peer that has no more is not
    /// asked again and again.
    /// </summary>
    private void AskForTxIds(bool askedForTxs)
    {
        if (_current is null || _idsAsked || BytesHeld >= options.MaxBytesInFlight)
        {
            return;
        }

        int settled = _unacknowledged.TakeWhile(static entry => entry.State == EntryState.Resolved).Count();
        int left = _unacknowledged.Count - settled;
        int room = TxSubmissionProtocol.MaxUnacknowledged - left;
        bool blocking = left == 0;
        if (blocking ? _requests.Count > 0 : !askedForTxs || room == 0)
        {
            return;
        }

        for (int i = 0; i < settled; i++)
        {
            _unacknowledged.Dequeue();
        }

        _idsAsked = true;
        _requests.Enqueue(new Request(room, blocking, [], null));
        var request = TxSubmissionMessage.RequestTxIds(blocking, (ushort)settled, (ushort)room);
        Sending(request.Kind);
        TxSubmissionCodec.Write(Egress, request);
        Flush();
    }

    private static bool IsWanted(Use use, TransactionAnnouncement announcement, out Exception? error)
    {
        error = null;
        if (announcement.Size > TxSubmissionProtocol.MaxTransactionBytes || announcement.Id.ByronKind != 0)
        {
            return false;
        }

        try
        {
            return use.Wants(announcement);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            error = e;
            return false;
        }
    }

    private void EndCurrent(Action<Use> tell)
    {
        Use? use = _current;
        _current = null;
        if (use is { IsDisposed: false })
        {
            use.IsDisposed = true;
            Guard(use, () => tell(use));
        }
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

    /// <summary>One receiver.</summary>
    internal sealed class Use(
        TxSubmissionServerLane lane, Func<TransactionAnnouncement, bool>? wanted, IObserver<Transaction>? observer, IPacedObserver<Transaction>? paced)
        : ICreditSource
    {
        private volatile bool _disposed;
        private long _delivered;
        private long _returned;

        public bool IsDisposed
        {
            get => _disposed;
            set => _disposed = value;
        }

        /// <summary>Bytes delivered whose credits are still out.</summary>
        public long Unconsumed => _delivered - Interlocked.Read(ref _returned);

        public bool Wants(TransactionAnnouncement announcement) => wanted?.Invoke(announcement) ?? true;

        public void Tell(Transaction transaction)
        {
            if (paced is null)
            {
                observer!.OnNext(transaction);
                return;
            }

            int weight = transaction.WireSize;
            _delivered += weight;
            paced.OnNext(transaction, new Credit(this, weight));
        }

        public void Fail(Exception error)
        {
            paced?.OnError(error);
            observer?.OnError(error);
        }

        public void Complete()
        {
            paced?.OnCompleted();
            observer?.OnCompleted();
        }

        public void Return(long weight)
        {
            Interlocked.Add(ref _returned, weight);
            lane.MarkReady();
        }
    }

    private sealed class Entry(TransactionAnnouncement announcement)
    {
        public TransactionAnnouncement Announcement { get; } = announcement;

        public EntryState State { get; set; }
    }

    /// <summary>A request for <paramref name="Ids"/> ids, or, with a user, for the transactions of a batch.</summary>
    private sealed record Request(int Ids, bool IsBlocking, List<Entry> Batch, Use? Use);
}
