using Reactive.Network;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;

namespace Rxnet.Following;

/// <summary>
/// Tells who comes, goes and is blamed; drops who broke a rule, for good; and ends following where there is no hope: every peer is dropped, or none was ever
/// reached.
/// </summary>
/// <param name="commands">The network's.</param>
/// <param name="told">Where to; the failure of following too. Calls are serialised there.</param>
/// <remarks>Any thread: blocks can come before the news of who delivered them.</remarks>
internal sealed class PeerWatch(IObserver<PeerCommand> commands, IObserver<FollowEvent> told) : IObserver<PeerEvent>
{
    /// <summary>Tries of every peer without any connection after which there is no hope: wrong addresses rather than a restart.</summary>
    private const int MaxTriesBeforeFirstUp = 5;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Status> _peers = new(StringComparer.Ordinal);
    private Exception? _lastCause;
    private bool _wasUp;
    private bool _hasBegun;

    /// <summary>Following has found where to begin.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _hasBegun = true;
        }
    }

    /// <summary>A peer delivered: it was up, whether that was heard or not. What it delivered may have waited until it is gone again.</summary>
    public void Delivered(string peer)
    {
        lock (_gate)
        {
            if (!StatusOf(peer).WasUp)
            {
                Up(peer);
            }
        }
    }

    /// <summary>Nothing could be found to connect to for so long.</summary>
    public void GiveUpIfAlone(TimeSpan waited)
    {
        bool isAlone;
        lock (_gate)
        {
            isAlone = !_wasUp && _peers.Count == 0;
        }

        if (isAlone)
        {
            told.OnError(new NoUsablePeerException(Point.Origin, waited, []));
        }
    }

    public void OnNext(PeerEvent value)
    {
        switch (value)
        {
            case PeerEvent.Snapshot snapshot:
                foreach (IPeer peer in snapshot.Peers)
                {
                    Know(peer.Name);
                    if (peer.Temperature > PeerTemperature.Cold)
                    {
                        Up(peer.Name);
                    }
                    else
                    {
                        // Only where it was up before: the event that said why was one of those that the snapshot stands for.
                        Down(peer.Name, Left(peer.Name), isConnected: true);
                    }
                }

                break;
            case PeerEvent.Added(var peer):
                Know(peer.Name);
                break;
            case PeerEvent.Removed(var peer):
                Forget(peer.Name);
                break;
            case PeerEvent.TemperatureChanged(var peer, PeerTemperature.Cold, _, _):
                Up(peer.Name);
                break;
            case PeerEvent.TemperatureChanged(var peer, _, PeerTemperature.Cold, var cause):
                Down(peer.Name, cause ?? Left(peer.Name), isConnected: true);
                break;
            case PeerEvent.TemperatureChanged(var peer, _, _, IntersectionNotFoundException cause) when !HasBegun:
                Down(peer.Name, cause, isConnected: true);
                break;
            case PeerEvent.Reported(var peer, var evidence):
                Blame(peer.Name, evidence);
                if (evidence is { Request: 0, Cause: { } reason })
                {
                    Down(peer.Name, reason, isConnected: false);
                }

                break;
            case PeerEvent.TipChanged(var peer, var tip):
                told.OnNext(new FollowEvent.TipSeen(peer.Name, tip));
                break;
            case PeerEvent.Measured(var peer, var measured):
                told.OnNext(new FollowEvent.Measured(peer.Name, measured));
                break;
        }
    }

    public void OnError(Exception error) => told.OnError(error);

    public void OnCompleted()
    {
    }

    private bool HasBegun
    {
        get
        {
            lock (_gate)
            {
                return _hasBegun;
            }
        }
    }

    private static ConnectionClosedException Left(string peer) => new($"{peer} ended the connection");

    private void Know(string peer)
    {
        lock (_gate)
        {
            _peers.TryAdd(peer, new Status());
        }
    }

    private void Up(string peer)
    {
        lock (_gate)
        {
            Status status = StatusOf(peer);
            if (status.IsUp || status.IsDropped)
            {
                return;
            }

            _wasUp = status.WasUp = status.IsUp = true;
            told.OnNext(new FollowEvent.PeerUp(peer));
        }
    }

    /// <param name="peer">Who.</param>
    /// <param name="cause">Why.</param>
    /// <param name="isConnected">Whether that ends a connection; else it is a connection that did not come about.</param>
    private void Down(string peer, Exception cause, bool isConnected)
    {
        bool isDropped;
        Exception? hopeless;
        lock (_gate)
        {
            Status status = StatusOf(peer);
            if (status.IsDropped || status.IsUp != isConnected)
            {
                return;
            }

            isDropped = BrokeRule(cause) || (cause is IntersectionNotFoundException && !_hasBegun);
            status.IsUp = false;
            status.IsDropped = isDropped;
            status.Tries++;
            _lastCause = cause;
            hopeless = Hopeless();
            told.OnNext(new FollowEvent.PeerDown(peer, cause, isDropped));
        }

        if (isDropped)
        {
            commands.OnNext(new PeerCommand.Ban(PeerAddress.Parse(peer)));
        }

        if (hopeless is not null)
        {
            told.OnError(hopeless);
        }
    }

    private void Forget(string peer)
    {
        Exception? hopeless;
        lock (_gate)
        {
            // Who was dropped stays so: it is part of the answer to whether anybody is left.
            if (_peers.TryGetValue(peer, out Status? status) && !status.IsDropped)
            {
                _peers.Remove(peer);
            }

            hopeless = Hopeless();
        }

        if (hopeless is not null)
        {
            told.OnError(hopeless);
        }
    }

    private void Blame(string peer, Evidence evidence)
    {
        if (!evidence.IsFailure || evidence.Kind is EvidenceKind.Disconnected || evidence.Cause is IntersectionNotFoundException)
        {
            // That it went is told by its going down, and not to have a block that was asked for is no lie.
            return;
        }

        lock (_gate)
        {
            Status status = StatusOf(peer);
            bool isTold = evidence.Request == 0 && evidence.Cause is not null && ReferenceEquals(evidence.Cause, status.BlamedFor);
            status.BlamedFor = evidence.Cause ?? status.BlamedFor;
            if (!isTold)
            {
                told.OnNext(new FollowEvent.Blamed(peer, evidence.Kind, evidence.Request > 0 ? evidence.Request : null));
            }
        }
    }

    private Exception? Hopeless()
    {
        if (_lastCause is null)
        {
            return null;
        }

        bool isHopeless = _peers.Values.All(one => one.IsDropped || (!_wasUp && one.Tries >= MaxTriesBeforeFirstUp));
        return isHopeless && (_peers.Count > 0 || !_wasUp) ? _lastCause : null;
    }

    private Status StatusOf(string peer)
    {
        if (!_peers.TryGetValue(peer, out Status? status))
        {
            status = new Status();
            _peers.Add(peer, status);
        }

        return status;
    }

    /// <summary>Whether trying again could not help: what the peer sent was wrong, or it speaks another language. Being slow or gone is neither.</summary>
    private static bool BrokeRule(Exception cause) => cause switch
    {
        InvalidBlockException or BrokenLinkException or InvalidHeaderException or CodecException or HandshakeRefusedException => true,
        ProtocolViolationException violation => violation.Fault == Fault.Remote && violation.Violation != ProtocolViolation.Timeout,
        MuxException mux => mux.Fault == Fault.Remote && mux.Failure != MuxFailure.SduReadTimeout,
        _ => false,
    };

    private sealed class Status
    {
        public bool IsUp { get; set; }

        public bool WasUp { get; set; }

        public bool IsDropped { get; set; }

        public int Tries { get; set; }

        public Exception? BlamedFor { get; set; }
    }
}
