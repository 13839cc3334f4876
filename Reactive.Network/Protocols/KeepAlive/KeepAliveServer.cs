using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.KeepAlive;

/// <summary>The responder of keep-alive: echoes the cookie. Nothing to plug in.</summary>
internal sealed class KeepAliveServer(Multiplexer mux, SeededRandom random)
    : ProtocolLane<KeepAliveProtocol, KeepAliveState, KeepAliveMessageKind>(mux, SduSender.Responder, random)
{
    private volatile bool _awaited;

    protected override bool CanTake => !HasEgress || Egress.HasRoom;

    /// <summary>Another responder of the connection has its first byte: from now on a ping must come within 97 s ("on demand any").</summary>
    public void Await()
    {
        _awaited = true;
        MarkReady();
    }

    protected override void OnMessage(in IngressMessage message)
    {
        KeepAliveMessage ping = KeepAliveCodec.Read(message.Lease);
        Received(ping.Kind, in message);
        message.Lease.Release();
        if (ping.Kind == KeepAliveMessageKind.Done)
        {
            Restart();
            return;
        }

        Sending(KeepAliveMessageKind.Response);
        KeepAliveCodec.Write(Egress, KeepAliveMessage.Response(ping.Cookie));
        Flush();
    }

    protected override bool OnTurn()
    {
        if (_awaited)
        {
            _awaited = false;
            if (!IsActive)
            {
                StartWaiting();
            }
        }

        return false;
    }

    protected override void OnClosed(NetworkException? cause)
    {
    }
}
