using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios.Simulation;

/// <summary>In which order the work of one moment runs.</summary>
internal enum Order
{
    /// <summary>As it was scheduled: <see cref="TestScheduler"/>.</summary>
    Fifo,

    /// <summary>In any: <see cref="SeededScheduler"/>.</summary>
    Any,
}

/// <summary>The nodes of a scenario, and one network that has them as local roots.</summary>
internal sealed class SimulatedNetwork : IDisposable
{
    private readonly Action<TimeSpan> _advance;
    private readonly List<SimulatedNode> _nodes = [];

    public SimulatedNetwork(Order order, int seed, Func<NetworkOptions, NetworkOptions>? configure = null)
    {
        if (order == Order.Fifo)
        {
            var time = new TestScheduler();
            (Time, _advance) = (time, span => time.AdvanceBy(span.Ticks));
        }
        else
        {
            var time = new SeededScheduler(seed);
            (Time, _advance) = (time, time.AdvanceBy);
        }

        Dialer = new MemoryDialer(Time);
        Configure = configure ?? (static options => options);
    }

    public IScheduler Time { get; }

    public MemoryDialer Dialer { get; }

    public PeerNetwork Network { get; private set; } = null!;

    public List<Exception> Faults { get; } = [];

    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    public NetworkOptions Options => new()
    {
        Magic = NetworkMagic.Devnet,
        Scheduler = Time,
        Seed = 7,
        ObserverFaulted = Faults.Add,
        Peers = new PeerOptions { Dialer = Dialer },
    };

    private Func<NetworkOptions, NetworkOptions> Configure { get; }

    /// <summary>Every hot peer.</summary>
    public IObservable<PeerSelection> Selection => Network.Peers
        .Where(static e => e is PeerEvent.Snapshot or PeerEvent.TemperatureChanged)
        .Select(_ => new PeerSelection([.. Network.Snapshot.Where(static p => p.Temperature == PeerTemperature.Hot)], Network.Chains));

    public SimulatedNode AddNode(IChainSource chain, InMemoryBearerOptions? path = null, Lie lie = Lie.None, int lieFrom = 0)
    {
        var node = new SimulatedNode(this, $"node{_nodes.Count + 1}", 100 + _nodes.Count, chain, path, lie, lieFrom);
        _nodes.Add(node);
        return node;
    }

    public void Start() => Network = PeerNetwork.Start(
        Configure(Options with { LocalRoots = [.. _nodes.Select(static node => LocalRootGroup.FromPeerAddress(node.Address))] }));

    public void Run(TimeSpan time) => _advance(time);

    public void RunTo(int ms)
    {
        TimeSpan left = TimeSpan.FromMilliseconds(ms) - TimeSpan.FromTicks(Time.Now.Ticks);
        if (left > TimeSpan.Zero)
        {
            _advance(left);
        }
    }

    public void Dispose()
    {
        Network.Dispose();
        _nodes.ForEach(static node => node.Dispose());
    }
}

/// <summary>One node: a chain and a place where it is served.</summary>
internal sealed class SimulatedNode : IDisposable
{
    private readonly SimulatedNetwork _net;
    private readonly InMemoryBearerOptions? _path;
    private readonly int _seed;
    private MutedListener? _muted;
    private Mute _mute;

    public SimulatedNode(SimulatedNetwork net, string host, int seed, IChainSource chain, InMemoryBearerOptions? path, Lie lie, int lieFrom)
    {
        (_net, _seed, _path) = (net, seed, path);
        Address = new PeerAddress(host, 3001);
        Chain = chain;
        Source = new LyingSource(chain, lie, lieFrom);
        Up();
    }

    public PeerAddress Address { get; }

    public IChainSource Chain { get; }

    public LyingSource Source { get; }

    public PeerListener? Listener { get; private set; }

    public Mute Mute
    {
        get => _mute;
        set
        {
            _mute = value;
            if (_muted is not null)
            {
                _muted.Mute = value;
            }
        }
    }

    public void Up()
    {
        if (Listener is null)
        {
            _muted = new MutedListener(_net.Dialer.Listen(Address, _path)) { Mute = _mute };
            Listener = PeerListener.Start(_muted, _net.Options with { Serve = Source, Seed = _seed });
        }
    }

    public void Down()
    {
        _net.Dialer.Stop(Address);
        Listener?.Dispose();
        Listener = null;
    }

    public void Dispose() => Down();

    public void Reset()
    {
        foreach (PeerConnection connection in Listener?.Connections ?? [])
        {
            connection.Dispose();
        }
    }
}
