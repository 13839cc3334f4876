using System.Net;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.PeerSharing;

/// <summary>The strand of a peer-sharing initiator.</summary>
internal sealed class PeerSharingClientLane(Multiplexer mux, SeededRandom random)
    : ProtocolLane<PeerSharingProtocol, PeerSharingState, PeerSharingMessageKind>(mux, SduSender.Initiator, random)
{
    private readonly Lock _gate = new();
    private Use? _next;
    private Use? _current;
    private NetworkException? _cause;
    private bool _closed;
    private bool _started;

    public override bool IsActive => State == PeerSharingState.Busy;

    protected override bool DrainsAfterClose => true;

    /// <summary>Gives the instance a user, once the answer to its last one is there.</summary>
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
                refused = new ProtocolBusyException(Name, "peer-sharing has a request on this connection already");
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

    protected override void OnMessage(in IngressMessage item)
    {
        PeerSharingMessage message = PeerSharingCodec.Read(item.Lease);
        Received(message.Kind, in item);
        item.Lease.Release();
        Use answered = _current!;
        if (message.Peers.Length > answered.Amount)
        {
            throw Wrong($"{message.Peers.Length} addresses where {answered.Amount} were asked for");
        }

        Finish(answered, use => use.Tell(Array.AsReadOnly(message.Peers.ToArray())));
    }

    protected override bool OnTurn()
    {
        if (!HasAgency)
        {
            return false;
        }

        if (!IsFinishing && TryTakeNext() is { } use)
        {
            _started = true;
            Sending(PeerSharingMessageKind.ShareRequest);
            PeerSharingCodec.Write(Egress, PeerSharingMessage.ShareRequest(use.Amount));
            Flush();
        }
        else if (IsFinishing && _started)
        {
            Sending(PeerSharingMessageKind.Done);
            PeerSharingCodec.Write(Egress, PeerSharingMessage.Done);
            Flush();
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

        foreach (Use? use in (Use?[])[_current, next])
        {
            if (use is not null)
            {
                Finish(use, one => one.Fail(Ended(cause)));
            }
        }
    }

    private static NetworkException Ended(NetworkException? cause) =>
        cause ?? new ConnectionClosedException("the connection was closed before peer-sharing had an answer");

    private Use? TryTakeNext()
    {
        lock (_gate)
        {
            _current = _next is { IsDisposed: false } ? _next : null;
            _next = null;
            return _current;
        }
    }

    /// <summary>Free for the next request before the user hears of it, so that it may ask again from inside its <c>OnNext</c>.</summary>
    private void Finish(Use use, Action<Use> call)
    {
        lock (_gate)
        {
            if (_current == use)
            {
                _current = null;
            }
        }

        if (use.IsDisposed)
        {
            return;
        }

        use.IsDisposed = true;
        try
        {
            call(use);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Mux.ReportObserverFault(e);
        }
    }

    /// <summary>One request.</summary>
    internal sealed class Use(byte amount, IObserver<IReadOnlyList<IPEndPoint>> observer)
    {
        private volatile bool _disposed;

        public byte Amount { get; } = amount;

        public bool IsDisposed
        {
            get => _disposed;
            set => _disposed = value;
        }

        public void Tell(IReadOnlyList<IPEndPoint> peers)
        {
            observer.OnNext(peers);
            observer.OnCompleted();
        }

        public void Fail(Exception error) => observer.OnError(error);
    }
}
