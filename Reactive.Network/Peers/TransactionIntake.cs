using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Pacing;
using Reactive.Network.Protocols;

namespace Reactive.Network.Peers;

/// <summary>
/// The transactions of all peers that offer some, each once: asks every connection on which the peer may offer, while somebody wants them.
/// </summary>
/// <remarks>
/// Queue: transactions that wait for the observer; bound: the window of each connection (<c>TxSubmissionOptions.MaxBytesInFlight</c> and one more), owner
/// this, policy: the peer is not asked for more. One user at a time. The observer is called on a strand of its own.
/// </remarks>
internal sealed class TransactionIntake(NetworkOptions options) : Strand(options.Scheduler), IPacedObservable<ReceivedTransaction>
{
    private const int PerTurn = 64;

    private readonly Lock _gate = new();
    private readonly SeenTransactions _seen = new();
    private readonly Dictionary<PeerConnection, Source> _sources = [];
    private readonly Queue<(ReceivedTransaction Transaction, Credit Credit)> _waiting = new();
    private Use? _use;
    private bool _ended;

    /// <summary>A connection on which the peer may offer transactions.</summary>
    public void Attach(NetworkPeer peer, PeerConnection connection)
    {
        var source = new Source(this, peer, connection);
        bool wanted;
        lock (_gate)
        {
            if (!_sources.TryAdd(connection, source))
            {
                return;
            }

            wanted = _use is not null;
        }

        connection.WhenEnded(Detach);
        if (wanted)
        {
            source.Begin();
        }
    }

    public IDisposable Subscribe(IObserver<ReceivedTransaction> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return Begin(new Use(this, observer, null), observer.OnError);
    }

    public IDisposable Subscribe(IPacedObserver<ReceivedTransaction> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return Begin(new Use(this, null, observer), observer.OnError);
    }

    /// <summary>The network was disposed.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
        }

        MarkReady();
    }

    protected override bool RunTurn()
    {
        for (int i = 0; i < PerTurn; i++)
        {
            Use? use;
            (ReceivedTransaction Transaction, Credit Credit) next = default;
            bool any;
            lock (_gate)
            {
                use = _use;
                any = _waiting.TryDequeue(out next);
                if (!any && use is not null && _ended)
                {
                    _use = null;
                }
            }

            if (!any)
            {
                if (use is not null && _ended)
                {
                    use.Complete();
                }

                return false;
            }

            if (use is null)
            {
                next.Credit.Return();
                continue;
            }

            try
            {
                use.Tell(next.Transaction, next.Credit);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                use.Dispose();
                options.ObserverFaulted?.Invoke(e);
            }
        }

        return true;
    }

    private Use Begin(Use use, Action<Exception> refuse)
    {
        Source[] sources;
        lock (_gate)
        {
            if (_use is not null)
            {
                sources = [];
            }
            else
            {
                _use = use;
                sources = [.. _sources.Values];
            }
        }

        if (_use != use)
        {
            refuse(new ProtocolBusyException("tx-submission", "the transactions of this network have a user already: share it"));
            return use;
        }

        foreach (Source source in sources)
        {
            source.Begin();
        }

        MarkReady();
        return use;
    }

    private void Detach(PeerConnection connection)
    {
        Source? source;
        lock (_gate)
        {
            _sources.Remove(connection, out source);
        }

        source?.Dispose();
    }

    private void Leave(Use use)
    {
        Source[] sources;
        lock (_gate)
        {
            if (_use != use)
            {
                return;
            }

            _use = null;
            sources = [.. _sources.Values];
        }

        foreach (Source source in sources)
        {
            source.Stop();
        }

        MarkReady();
    }

    private void Enqueue(Transaction transaction, NetworkPeer peer, Credit credit)
    {
        if (!transaction.TryGetId(out TransactionId id) || !_seen.TryAdd(id))
        {
            credit.Return();
            return;
        }

        lock (_gate)
        {
            _waiting.Enqueue((new ReceivedTransaction(transaction, peer), credit));
        }

        MarkReady();
    }

    private sealed class Use(TransactionIntake intake, IObserver<ReceivedTransaction>? observer, IPacedObserver<ReceivedTransaction>? paced) : IDisposable
    {
        private volatile bool _disposed;

        public void Tell(in ReceivedTransaction transaction, Credit credit)
        {
            if (_disposed)
            {
                credit.Return();
            }
            else if (paced is not null)
            {
                paced.OnNext(transaction, credit);
            }
            else
            {
                observer!.OnNext(transaction);
                credit.Return();
            }
        }

        public void Complete()
        {
            if (!_disposed)
            {
                paced?.OnCompleted();
                observer?.OnCompleted();
            }
        }

        public void Dispose()
        {
            _disposed = true;
            intake.Leave(this);
        }
    }

    /// <summary>One connection, and what it was asked for.</summary>
    private sealed class Source(TransactionIntake intake, NetworkPeer peer, PeerConnection connection) : IPacedObserver<Transaction>, IDisposable
    {
        private readonly Lock _gate = new();
        private readonly HashSet<TransactionId> _asked = [];
        private readonly System.Reactive.Disposables.SerialDisposable _subscription = new();

        public void Begin()
        {
            var subscription = new System.Reactive.Disposables.SingleAssignmentDisposable();
            _subscription.Disposable = subscription;
            subscription.Disposable = ((IPacedObservable<Transaction>)connection.TxSubmissionServer.Receive(Wants)).Subscribe(this);
        }

        public void Stop()
        {
            _subscription.Disposable = System.Reactive.Disposables.Disposable.Empty;
            Forget();
        }

        public void Dispose()
        {
            _subscription.Dispose();
            Forget();
        }

        public void OnNext(Transaction value, Credit credit)
        {
            if (value.TryGetId(out TransactionId id))
            {
                Answered(id);
            }

            intake.Enqueue(value, peer, credit);
        }

        public void OnError(Exception error) => Forget();

        public void OnCompleted() => Forget();

        private bool Wants(TransactionAnnouncement announcement)
        {
            if (!intake._seen.TryAsk(announcement.Id))
            {
                return false;
            }

            lock (_gate)
            {
                _asked.Add(announcement.Id);
            }

            return true;
        }

        private void Answered(TransactionId id)
        {
            lock (_gate)
            {
                if (!_asked.Remove(id))
                {
                    return;
                }
            }

            intake._seen.Answered(id);
        }

        private void Forget()
        {
            TransactionId[] asked;
            lock (_gate)
            {
                asked = [.. _asked];
                _asked.Clear();
            }

            foreach (TransactionId id in asked)
            {
                intake._seen.Answered(id);
            }
        }
    }
}
