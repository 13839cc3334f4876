using Reactive.Network;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;

namespace Rxnet.Following;

/// <summary>Whose turn it is: the peers one after the other. Who broke a rule is dropped and keeps its place, so that rounds stay rounds.</summary>
/// <remarks>One thread at a time: tries follow one another.</remarks>
internal sealed class PeerRing(IReadOnlyList<PeerAddress> peers)
{
    /// <summary>Rounds without any connection after which there is no hope: a wrong address rather than a restart.</summary>
    private const int MaxRoundsBeforeFirstUp = 5;

    private readonly Exception?[] _dropped = new Exception?[peers.Count];
    private int _tries;
    private bool _wasUp;
    private bool _hasBegun;

    /// <summary>Whether another try makes sense.</summary>
    public bool MayTryAgain => _dropped.Contains(null) && (_wasUp || _tries < MaxRoundsBeforeFirstUp * peers.Count);

    private int Current => (_tries - 1) % peers.Count;

    /// <summary>The peer whose turn it is, and why it was dropped if it was.</summary>
    public (PeerAddress Peer, Exception? Dropped) Next()
    {
        _tries++;
        return (peers[Current], _dropped[Current]);
    }

    /// <summary>The current peer has shaken hands.</summary>
    public void Up() => _wasUp = true;

    /// <summary>Following has found where to begin.</summary>
    public void Begin() => _hasBegun = true;

    /// <summary>The current peer failed.</summary>
    /// <returns>Whether it is dropped for it.</returns>
    public bool Failed(Exception cause)
    {
        bool isDropped = BrokeRule(cause) || (cause is IntersectionNotFoundException && !_hasBegun);
        _dropped[Current] ??= isDropped ? cause : null;
        return isDropped;
    }

    /// <summary>Whether trying again could not help: what the peer sent was wrong, or it speaks another language. Being slow or gone is neither.</summary>
    private static bool BrokeRule(Exception cause) => cause switch
    {
        InvalidBlockException or BrokenLinkException or CodecException or HandshakeRefusedException => true,
        ProtocolViolationException violation => violation.Fault == Fault.Remote && violation.Violation != ProtocolViolation.Timeout,
        MuxException mux => mux.Fault == Fault.Remote && mux.Failure != MuxFailure.SduReadTimeout,
        _ => false,
    };
}
