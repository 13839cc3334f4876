using System.Reactive.Concurrency;
using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Serving nodes and one network that has them as local roots, in memory and virtual time.</summary>
internal sealed class VirtualNetwork : IDisposable
{
    private readonly Func<NetworkOptions, NetworkOptions> _configure;
    private readonly List<PeerAddress> _nodes = [];

    public VirtualNetwork(Func<NetworkOptions, NetworkOptions>? configure = null, VirtualTimeScheduler<long, long>? time = null)
    {
        Time = time ?? new TestScheduler();
        Dialer = new MemoryDialer(Time);
        _configure = configure ?? (static options => options);
    }

    public VirtualTimeScheduler<long, long> Time { get; }

    public MemoryDialer Dialer { get; }

    public List<PeerEvent> Events { get; } = [];

    public List<Exception> Faults { get; } = [];

    public PeerNetwork Network { get; private set; } = null!;

    public NetworkOptions Options => new()
    {
        Magic = NetworkMagic.Devnet,
        Scheduler = Time,
        Seed = 7,
        ObserverFaulted = Faults.Add,
        Peers = new PeerOptions { Dialer = Dialer },
    };

    /// <summary>A node that serves a chain.</summary>
    public PeerListener AddNode(IChainSource chain, InMemoryBearerOptions? path = null, Func<NetworkOptions, NetworkOptions>? serving = null)
    {
        var address = new PeerAddress($"node{_nodes.Count + 1}", 3001);
        _nodes.Add(address);
        return Serve(address, chain, path, serving);
    }

    public PeerListener Serve(
        PeerAddress address, IChainSource chain, InMemoryBearerOptions? path = null, Func<NetworkOptions, NetworkOptions>? serving = null)
    {
        NetworkOptions options = Options with { Serve = chain, Seed = 100 + _nodes.Count };
        return PeerListener.Start(Dialer.Listen(address, path), serving?.Invoke(options) ?? options);
    }

    public VirtualNetwork Start()
    {
        Network = PeerNetwork.Start(_configure(Options with { LocalRoots = [.. _nodes.Select(LocalRootGroup.FromPeerAddress)] }));
        Network.Peers.Subscribe(Events.Add);
        return this;
    }

    public void Run(TimeSpan time) => Time.AdvanceBy(time.Ticks);

    public void Dispose() => Network?.Dispose();
}
