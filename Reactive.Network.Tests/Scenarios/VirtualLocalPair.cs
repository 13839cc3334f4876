using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>A local client and a node on one in-memory bearer, in virtual time.</summary>
internal sealed class VirtualLocalPair
{
    public VirtualLocalPair(
        LocalService service,
        Func<NetworkOptions, NetworkOptions>? client = null,
        Func<NetworkOptions, NetworkOptions>? node = null,
        InMemoryBearerOptions? bearer = null)
    {
        var options = new NetworkOptions { Magic = NetworkMagic.Devnet, Scheduler = Time, Seed = 7, ObserverFaulted = Faults.Add };
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(Time, bearer);
        Node = LocalConnection.Accept(b, (node ?? (o => o))(options), service);
        Client = LocalConnection.Connect(a, (client ?? (o => o))(options));
    }

    public TestScheduler Time { get; } = new();

    public LocalConnection Client { get; }

    public LocalConnection Node { get; }

    /// <summary>The cause with which the client ended.</summary>
    public NetworkException? ClientCause => CauseOf(Client);

    /// <summary>The cause with which the node ended.</summary>
    public NetworkException? NodeCause => CauseOf(Node);

    public List<Exception> Faults { get; } = [];

    public void Run(TimeSpan time) => Time.AdvanceBy(time.Ticks);

    /// <summary>The cause with which a connection ended, if it has ended.</summary>
    public static NetworkException? CauseOf(LocalConnection connection) => connection.Completion.IsCompleted ? connection.Completion.Result : null;
}
