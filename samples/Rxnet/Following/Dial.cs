using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network;
using Reactive.Network.Peers;

namespace Rxnet.Following;

/// <summary>Connects to a peer: one element when the handshake is over. Disposing ends the connection; never completes before.</summary>
internal delegate IObservable<PeerConnection> Dial(PeerAddress peer);

/// <summary>Connecting over TCP.</summary>
internal static class TcpDial
{
    public static Dial With(NetworkOptions options) => peer => Observable.Create<PeerConnection>(async (observer, cancellation) =>
    {
        PeerConnection connection = await PeerConnection.ConnectAsync(peer, options, cancellation).ConfigureAwait(false);
        observer.OnNext(connection);
        return Disposable.Create(connection.Dispose);
    });
}
