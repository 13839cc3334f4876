using System.Collections.Immutable;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Peers.Discovery;
using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Peers;

/// <summary>
/// Networks beside a network, each for one reader that wants a place which the network does not hold while others read: connections of its own to a few of the same
/// peers, until it has caught up.
/// </summary>
/// <remarks>At most <see cref="Max"/> at a time. Any thread.</remarks>
internal sealed class NetworksApart(NetworkOptions options, PeerEventHub peers) : IDisposable
{
    /// <summary>Networks open at a time: each costs <see cref="Connections"/> connections.</summary>
    public const int Max = 8;

    /// <summary>Peers that a reader apart is served by; the others stand by.</summary>
    private const int Connections = 2;

    private readonly Lock _gate = new();
    private readonly HashSet<PeerEngine> _open = [];
    private bool _isDisposed;
    private int _count;

    /// <summary>
    /// What happens to the peers of a network apart, which lives as long as the subscription, and as somebody holds its tree. Fails at once where there are
    /// <see cref="Max"/>.
    /// </summary>
    public IObservable<PeerEvent> For(From from) => Observable.Create<PeerEvent>(observer =>
    {
        if (Open() is not { } engine)
        {
            observer.OnError(new PointNotHeldException(from));
            return Disposable.Empty;
        }

        IDisposable told = engine.Events.Subscribe(observer);
        IDisposable blame = engine.Events.OfType<PeerEvent.Reported>().Subscribe(Blame, static _ => { }, static () => { });
        engine.Start();
        return Disposable.Create(() =>
        {
            told.Dispose();
            engine.Chains.CloseWhenFree(() =>
            {
                blame.Dispose();
                Close(engine);
            });
        });
    });

    /// <summary>The orderly end of every connection.</summary>
    public IEnumerable<Task> Stop() => Engines().SelectMany(static engine => engine.Stop());

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        foreach (PeerEngine engine in Engines())
        {
            Close(engine);
        }
    }

    private PeerEngine[] Engines()
    {
        lock (_gate)
        {
            return [.. _open];
        }
    }

    private PeerEngine? Open()
    {
        lock (_gate)
        {
            if (_isDisposed || _open.Count == Max)
            {
                return null;
            }

            var engine = new PeerEngine(OptionsOf(++_count));
            _open.Add(engine);
            return engine;
        }
    }

    private void Close(PeerEngine engine)
    {
        lock (_gate)
        {
            if (!_open.Remove(engine))
            {
                return;
            }
        }

        engine.Dispose();
    }

    private NetworkOptions OptionsOf(int number) => options with
    {
        Seed = unchecked(options.Seed + (7919 * number)),
        LocalRoots = [],
        Serve = null,
        SharePeers = null,

        // From a port of its own: the one that is shared with a listener has its connection to each peer already.
        Bearer = options.Bearer with { LocalEndPoint = null },
        Peers = options.Peers with
        {
            Topology = HotPeers(),
            BootstrapPeers = [],
            PublicRoots = [],
            PeerSnapshot = null,
            SharePeers = false,
            Mempool = null,
            Resolver = null,
            NeedsTrustedPeers = null,
            Targets = Observable.Return(PeerTargets.LocalRootsOnly),
            Backoff = options.Peers.Backoff ?? new PeerBackoff(),
        },
    };

    /// <summary>The peers that the network has hot now, as they come and go: those that it can dial.</summary>
    private IObservable<Topology> HotPeers() => peers
        .Where(static change => change is PeerEvent.Snapshot or PeerEvent.TemperatureChanged or PeerEvent.Removed)
        .Select(_ => peers.Snapshot.OfType<NetworkPeer>()
            .Where(static peer => peer is { Temperature: PeerTemperature.Hot, Connection.IsOutbound: true })
            .Select(static peer => new AccessPoint(peer.Address.Host, peer.Address.Port))
            .ToImmutableArray())
        .DistinctUntilChanged(static points => string.Join(' ', points))
        .Select(static points => new Topology
        {
            LocalRoots = [new TopologyLocalRoots { AccessPoints = points, HotValency = Connections, WarmValency = Connections, InitiatorOnly = true }],
        });

    /// <summary>What a peer does wrong there counts here too.</summary>
    private void Blame(PeerEvent.Reported told)
    {
        if (told.Evidence is { IsFailure: true, Request: > 0 })
        {
            peers.Snapshot.FirstOrDefault(peer => peer.Name == told.Peer.Name)?.Report(told.Evidence);
        }
    }
}
