using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>A client and a server on one in-memory bearer, in virtual time.</summary>
internal sealed class VirtualPair
{
    public VirtualPair(
        InMemoryChain? chain = null,
        Func<NetworkOptions, NetworkOptions>? client = null,
        Func<NetworkOptions, NetworkOptions>? server = null,
        InMemoryBearerOptions? bearer = null,
        TestScheduler? time = null)
    {
        Time = time ?? new TestScheduler();
        Chain = chain ?? new InMemoryChain();
        var options = new NetworkOptions
        {
            Magic = NetworkMagic.Devnet,
            Scheduler = Time,
            Seed = 7,
            ObserverFaulted = Faults.Add,
        };
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(Time, bearer);
        Server = PeerConnection.Accept(b, (server ?? (o => o))(options with { Serve = Chain }));
        Client = PeerConnection.Connect(a, (client ?? (o => o))(options));
    }

    public TestScheduler Time { get; }

    public InMemoryChain Chain { get; }

    public PeerConnection Client { get; }

    public PeerConnection Server { get; }

    public List<Exception> Faults { get; } = [];

    public static InMemoryChain ChainOf(int blocks, int? bodyBytes = 1000, int seed = 1)
    {
        var chain = new InMemoryChain();
        foreach (Block block in new ChainGenerator(new ChainGeneratorOptions { Seed = seed, BodyBytes = bodyBytes }).Take(blocks))
        {
            chain.Append(block);
        }

        return chain;
    }

    public void Run(TimeSpan time) => Time.AdvanceBy(time.Ticks);
}
