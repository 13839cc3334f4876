using System.Net;
using Reactive.Network;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Rxnet.Embedded;

/// <summary>One node: a behaviour behind a TCP port of this machine.</summary>
internal sealed class EmbeddedNode : IDisposable
{
    private readonly INodeBehaviour _behaviour;
    private readonly PeerListener _listener;

    private EmbeddedNode(INodeBehaviour behaviour, PeerListener listener, PeerAddress address)
    {
        _behaviour = behaviour;
        _listener = listener;
        Address = address;
    }

    /// <summary>Where it listens: 127.0.0.1 and a port that was free.</summary>
    public PeerAddress Address { get; }

    public static EmbeddedNode Start(INodeBehaviour behaviour, NetworkOptions options)
    {
        TcpBearerListener socket = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0), options.Bearer);
        var address = new PeerAddress(socket.LocalEndPoint.Address.ToString(), socket.LocalEndPoint.Port);
        return new EmbeddedNode(behaviour, PeerListener.Start(socket, options with { Serve = behaviour.Served }), address);
    }

    public void OnBlock(Block block) => _behaviour.OnBlock(block);

    public void Dispose()
    {
        _listener.Dispose();
        _behaviour.Dispose();
    }
}
