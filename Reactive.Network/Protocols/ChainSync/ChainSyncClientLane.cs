using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Pacing;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>The strand of a chain-sync initiator, of either bundle: they differ in what a roll forward brings, and in limits.</summary>
internal abstract class ChainSyncClientLane<TProtocol, TEvent>(Multiplexer mux, RequestWindow window, SeededRandom random)
    : ProtocolLane<TProtocol, ChainSyncState, ChainSyncMessageKind>(mux, SduSender.Initiator, random)
    where TProtocol : IMiniProtocol<ChainSyncState, ChainSyncMessageKind>
    where TEvent : struct, IChainSyncEvent<TEvent>
{
    private readonly Lock _gate = new();
    private readonly RequestWindow _window = window;
    private Use? _next;
    private Use? _current;
    private bool _closed;
    private NetworkException? _cause;
    private bool _started;

    public override bool IsActive => State is not (ChainSyncState.Idle or ChainSyncState.Done);

    /// <summary>Of the strand; another thread may see it late, which costs a drain or a connection.</summary>
    public bool IsAwaitingReply => State == ChainSyncState.MustReply;

    protected override bool DrainsAfterClose => true;

    private int RequestsUnderWay => HasAgency ? 0 : 1 + Pipelined;

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
                refused = new ProtocolBusyException(Name, $"{Name} has a user on this connection already");
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

    /// <summary>The message that comes most: where it is one, it is noted as received and rolled forward to.</summary>
    protected abstract bool TryRollForward(in IngressMessage item);

    /// <summary>A roll forward in another encoding than <see cref="TryRollForward"/> takes.</summary>
    protected abstract void OnOtherRollForward(in ChainSyncMessage message);

    protected override void OnMessage(in IngressMessage item)
    {
        if (TryRollForward(in item))
        {
            return;
        }

        ChainSyncMessage message = ChainSyncCodec.Read(item.Lease);
        Received(message.Kind, in item);
        OnTaken();
        if (message.Kind == ChainSyncMessageKind.RollForward)
        {
            OnOtherRollForward(in message);
            return;
        }

        item.Lease.Release();
        if (message.Kind != ChainSyncMessageKind.AwaitReply)
        {
            _window.PeerTip = NumberOf(message.Tip.Point, message.Tip)!.Value;
        }

        switch (message.Kind)
        {
            case ChainSyncMessageKind.RollBackward:
                OnRollBackward(message.Point, message.Tip);
                break;
            case ChainSyncMessageKind.IntersectFound:
                CheckIntersection(message.Point);
                _window.Candidate = NumberOf(message.Point, message.Tip);
                Deliver(TEvent.Intersected(message.Point, message.Tip), weight: 0);
                break;
            case ChainSyncMessageKind.IntersectNotFound:
                OnIntersectNotFound(message.Tip);
                break;
        }
    }

    protected override bool OnTurn()
    {
        if (_current is { IsDisposed: true } && HasAgency)
        {
            _current = null;
        }

        if (HasAgency && (IsFinishing || (_current is null && !TryStartNext())))
        {
            SayDone();
            return false;
        }

        if (IsAwaitingReply && _current is { IsDisposed: true })
        {
            TellThatNextWaits();
        }

        if (_current is FollowUse { IsDisposed: false, IsFollowing: true } follow && !IsFinishing)
        {
            int sent = 0;
            long now = 0;
            while (_window.AllowsRequest(RequestsUnderWay, follow.Unconsumed))
            {
                now = sent == 0 ? Clock.CoarseNow : now;
                Sending(ChainSyncMessageKind.RequestNext, now);
                ChainSyncCodec.WriteRequestNext(Egress);
                sent++;
            }

            if (sent == 1 && _window.IsAtTip)
            {
                // The answer comes when the peer's chain grows. Where hundreds of peers announce the same header, theirs go before this.
                FlushLater();
            }
            else if (sent > 0)
            {
                Flush();
            }
        }

        return false;
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

        if (_current is not null)
        {
            EndCurrent(Ended(cause));
        }

        if (next is { IsDisposed: false })
        {
            Guard(next, () => next.Fail(Ended(cause)));
        }
    }

    private static NetworkException Ended(NetworkException? cause) =>
        cause ?? new ConnectionClosedException($"the connection was closed before {TProtocol.Name} was done");

    /// <summary>The number of a block that was named by its point: known for origin and for the tip alone.</summary>
    private static long? NumberOf(Point point, Tip tip) =>
        point.IsOrigin ? RequestWindow.BeforeFirst : point == tip.Point ? RequestWindow.Clamp(tip.BlockNumber) : null;

    private bool TryStartNext()
    {
        lock (_gate)
        {
            _current = _next;
            _next = null;
        }

        if (_current is null)
        {
            return false;
        }

        if (_current.IsDisposed)
        {
            _current = null;
            return TryStartNext();
        }

        _started = true;
        Sending(ChainSyncMessageKind.FindIntersect);
        ChainSyncCodec.Write(Egress, ChainSyncMessage.FindIntersect(_current.Points));
        Flush();
        return true;
    }

    /// <summary>Nobody uses the instance: it ends, so that the peer's idle time does not run out on it. The next user starts a new one.</summary>
    private void SayDone()
    {
        if (!_started)
        {
            return;
        }

        Sending(ChainSyncMessageKind.Done);
        ChainSyncCodec.Write(Egress, ChainSyncMessage.Done);
        Flush();
        Restart();
        _started = false;
    }

    // The drain of the last use ends when the peer's chain changes, and nobody knows when that is.
    private void TellThatNextWaits()
    {
        Action? waits = null;
        lock (_gate)
        {
            if (_next is { IsDisposed: false } next)
            {
                (waits, next.Waits) = (next.Waits, null);
            }
        }

        waits?.Invoke();
    }

    // On its own: where a lambda captures, its method allocates from its first line on.
    private void OnIntersectNotFound(Tip tip)
    {
        if (_current is TipUse use)
        {
            Guard(use, () => use.Tell(tip));
        }
        else
        {
            EndCurrent(new IntersectionNotFoundException(tip));
        }
    }

    /// <summary>A roll forward to a block with this number, or with one that its bytes do not tell.</summary>
    protected void OnRollForward(ulong? number, TEvent @event, Tip tip)
    {
        _window.PeerTip = NumberOf(tip.Point, tip)!.Value;
        _window.Candidate = number is { } known ? RequestWindow.Clamp(known) : _window.Candidate + 1;
        if (_current is FollowUse { IsDisposed: false } follow)
        {
            follow.HasMoved = true;
            Deliver(in @event, weight: 1);
        }
        else
        {
            @event.Dispose();
        }
    }

    private void OnRollBackward(Point point, Tip tip)
    {
        if (_current is not FollowUse { IsDisposed: false } follow)
        {
            return;
        }

        if (!follow.HasMoved && point == follow.Intersection)
        {
            // The confirmation of the intersection: what is known already.
            return;
        }

        _window.Candidate = NumberOf(point, tip);
        follow.HasMoved = true;
        Deliver(TEvent.RollBackward(point, tip), weight: 1);
    }

    private void CheckIntersection(Point point)
    {
        if (_current is FollowUse follow)
        {
            if (!follow.Points.AsSpan().Contains(point))
            {
                throw Wrong($"the intersection {point} is none of the points offered");
            }

            follow.Intersection = point;
            follow.IsFollowing = true;
        }
        else if (_current is TipUse)
        {
            throw Wrong("an intersection was found although no point was offered");
        }
    }

    private void Deliver(in TEvent @event, long weight)
    {
        if (_current is not FollowUse { IsDisposed: false } follow)
        {
            return;
        }

        try
        {
            follow.Tell(in @event, weight);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            follow.IsDisposed = true;
            Mux.ReportObserverFault(e);
        }
    }

    private void EndCurrent(Exception error)
    {
        Use? use = _current;
        _current = null;
        if (use is { IsDisposed: false })
        {
            use.IsDisposed = true;
            Guard(use, () => use.Fail(error));
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

    /// <summary>One user of the instance.</summary>
    internal abstract class Use(Point[] points)
    {
        private volatile bool _disposed;

        public Point[] Points { get; } = points;

        /// <summary>Called once, on the strand, where the use waits for a drain that ends only when the peer's chain changes.</summary>
        public Action? Waits { get; set; }

        public bool IsDisposed
        {
            get => _disposed;
            set => _disposed = value;
        }

        public abstract void Fail(Exception error);
    }

    /// <summary>Asks for the tip.</summary>
    internal sealed class TipUse(IObserver<Tip> observer) : Use([])
    {
        public void Tell(Tip tip)
        {
            if (!IsDisposed)
            {
                IsDisposed = true;
                observer.OnNext(tip);
                observer.OnCompleted();
            }
        }

        public override void Fail(Exception error) => observer.OnError(error);
    }

    /// <summary>Follows.</summary>
    internal sealed class FollowUse(
        ChainSyncClientLane<TProtocol, TEvent> lane, Point[] points, IObserver<TEvent>? observer, IPacedObserver<TEvent>? paced)
        : Use(points), ICreditSource
    {
        private long _delivered;
        private long _returned;

        public Point Intersection { get; set; }

        public bool IsFollowing { get; set; }

        public bool HasMoved { get; set; }

        /// <summary>Events delivered whose credits are still out.</summary>
        public long Unconsumed => _delivered - Interlocked.Read(ref _returned);

        public void Tell(in TEvent @event, long weight)
        {
            if (paced is not null)
            {
                _delivered += weight;
                paced.OnNext(@event, weight == 0 ? default : new Credit(this, weight));
            }
            else
            {
                observer!.OnNext(@event);
            }
        }

        public override void Fail(Exception error)
        {
            if (paced is not null)
            {
                paced.OnError(error);
            }
            else
            {
                observer!.OnError(error);
            }
        }

        public void Return(long weight)
        {
            Interlocked.Add(ref _returned, weight);
            lane.MarkReady();
        }
    }
}
