using System.Net;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
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
    private readonly IDisposable _death;

    private EmbeddedNode(INodeBehaviour behaviour, PeerListener listener, PeerAddress address, IScheduler scheduler)
    {
        _behaviour = behaviour;
        _listener = listener;
        Address = address;

        // Not from inside a connection that it ends.
        _death = behaviour.Dies.ObserveOn(scheduler).Subscribe(_ => listener.Dispose());
    }

    /// <summary>Where it listens: 127.0.0.1 and a port that was free.</summary>
    public PeerAddress Address { get; }

    /// <summary>What it is, in a word.</summary>
    public string Role => _behaviour.Role;

    public static EmbeddedNode Start(INodeBehaviour behaviour, NetworkOptions options)
    {
        TcpBearerListener socket = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0), options.Bearer);
        var address = new PeerAddress(socket.LocalEndPoint.Address.ToString(), socket.LocalEndPoint.Port);
        PeerListener listener = PeerListener.Start(new NodeListener(socket, behaviour), options with { Serve = behaviour.Served });
        return new EmbeddedNode(behaviour, listener, address, options.Scheduler);
    }

    public void OnBlock(Block block) => _behaviour.OnBlock(block);

    public void Dispose()
    {
        _death.Dispose();
        _listener.Dispose();
        _behaviour.Dispose();
    }
}
