using System.Net;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.PeerSharing;

/// <summary>The responder of peer-sharing: answers with addresses of a peer source.</summary>
internal sealed class PeerSharingServer(Multiplexer mux, IPeerSource source, SeededRandom random)
    : ProtocolLane<PeerSharingProtocol, PeerSharingState, PeerSharingMessageKind>(mux, SduSender.Responder, random)
{
    /// <summary>One request at a time, and only while the answer has room.</summary>
    protected override bool CanTake => !HasEgress || Egress.HasRoom;

    internal override void OnWake() => Mux.Close(new ProtocolViolationException(
        ProtocolViolation.Timeout, Name, State.ToString(), $"{Name}: the peer source did not answer in state {State}", Fault.Local));

    protected override void OnMessage(in IngressMessage item)
    {
        PeerSharingMessage message = PeerSharingCodec.Read(item.Lease);
        Received(message.Kind, in item);
        item.Lease.Release();
        if (message.Kind == PeerSharingMessageKind.Done)
        {
            Restart();
            return;
        }

        int amount = Math.Min((int)message.Amount, PeerSharingClient.MaxAnswer);
        WakeAt(Clock.Now + PeerSharingProtocol.LimitsIn(State).MaxWait.Ticks);
        IPEndPoint[] peers = [.. source.Share(amount).Take(amount)];
        WakeAt(DeadlineTimer.Never);
        Sending(PeerSharingMessageKind.SharePeers);
        PeerSharingCodec.Write(Egress, PeerSharingMessage.SharePeers(peers));
        Flush();
    }

    protected override bool OnTurn() => CanTake && HasEgress && !Ingress.IsEmpty;

    protected override void OnClosed(NetworkException? cause)
    {
    }
}
