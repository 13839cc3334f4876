using System.Net;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.PeerSharing;

/// <summary>The initiator of peer-sharing: asks the peer for addresses of other peers.</summary>
/// <remarks>
/// Runs only where both sides set <see cref="NetworkOptions.SharePeers"/>. One request at a time: a second subscription fails with
/// <see cref="ProtocolBusyException"/> while the first lives. How often to ask whom is the caller's policy: the reference waits 300 s after
/// connecting and 900 s between two requests.
/// </remarks>
public sealed class PeerSharingClient
{
    /// <summary>Addresses in one answer of the reference, and of this library, at most.</summary>
    public const int MaxAnswer = 10;

    private readonly PeerSharingClientLane _lane;

    internal PeerSharingClient(Multiplexer mux, SeededRandom random) => _lane = new PeerSharingClientLane(mux, random);

    internal Lane Lane => _lane;

    /// <summary>Asks for addresses.</summary>
    /// <param name="amount">How many at most, 1 to 255. The peer may have fewer, or none.</param>
    /// <remarks>
    /// Per-subscription: each asks once. The observer is called on this mini-protocol's strand. The element is an immutable list, empty where the peer
    /// shares nothing. Completes after it. Fails with <see cref="RoleNotAgreedException"/> where peer sharing was not agreed on, with
    /// <see cref="ProtocolBusyException"/>, or with the cause of the connection's end, which more addresses than asked for and no answer within 60 s
    /// are. Disposing ends the delivery; the answer is drained, and a new subscription waits for that.
    /// </remarks>
    public IObservable<IReadOnlyList<IPEndPoint>> Request(int amount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(amount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, byte.MaxValue);
        return Observable.Create<IReadOnlyList<IPEndPoint>>(observer =>
        {
            var use = new PeerSharingClientLane.Use((byte)amount, observer);
            _lane.Attach(use);
            return Disposable.Create((_lane, use), static x => x._lane.Detach(x.use));
        });
    }
}
