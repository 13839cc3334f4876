using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Peers.Governance;

namespace Rxnet.Following;

/// <summary>Follows one chain out of those of many peers: checked, nothing lost, nothing twice. For one use of <see cref="Follow"/>.</summary>
internal sealed class Follower : IFollower
{
    /// <summary>Headers that are held for roll backs: as deep as one is followed.</summary>
    private const int MaxRollback = 16_000;

    private const long MaxHeaderBytesPerPeer = 64 * 1024 * 1024;

    /// <summary>Of the peers that are hot, whose chains are chosen from. Blocks are asked of any that has them.</summary>
    private const int PeersFollowed = 5;

    /// <summary>How long nobody may be known at all, as where names are not found, before that is a failure.</summary>
    private static readonly TimeSpan MaxAlone = TimeSpan.FromSeconds(30);

    private readonly FollowPlan _plan;
    private readonly IScheduler _scheduler;
    private readonly PeerNetwork _network;
    private readonly AsyncSubject<Unit> _isReading = new();

    /// <param name="plan">Whom, from where, and what.</param>
    /// <param name="options">The network's; its scheduler is where everything runs and whose time counts.</param>
    public Follower(FollowPlan plan, NetworkOptions options)
    {
        _plan = plan;
        _scheduler = options.Scheduler;
        _network = PeerNetwork.Start(options with
        {
            Peers = options.Peers with
            {
                // Nobody is known before there is a reader: the first one that is connected to is followed from where the reader begins.
                Topology = _isReading.SelectMany(_ => plan.Everybody),
                Targets = plan.Topology is null ? Observable.Return(PeerTargets.LocalRootsOnly) : options.Peers.Targets,
                Backoff = options.Peers.Backoff ?? new PeerBackoff(),
                Candidates = options.Peers.Candidates with { MaxRollback = MaxRollback, MaxBytesPerPeer = MaxHeaderBytesPerPeer },
            },
        });
    }

    /// <summary>Follows until disposed, or until no peer is left that is worth a try: then it fails with the last one's cause.</summary>
    public IObservable<FollowEvent> Follow() => Observable.Create<FollowEvent>(observer =>
    {
        // Chain events, and what happens to peers, come on strands of their own.
        IObserver<FollowEvent> told = Observer.Synchronize(observer);
        var watch = new PeerWatch(_network.Commands, told);
        From from = _plan.From is { } start ? From.Point(start) : From.Tip;

        // Holds the place to begin at until the query has it.
        CandidateSubscription place = _network.Chains.Subscribe(from, static () => { });
        IDisposable peers = _network.Peers.Subscribe(watch);
        IDisposable alone = Observable.Timer(MaxAlone, _scheduler).Subscribe(_ => watch.GiveUpIfAlone(MaxAlone));
        IDisposable steps = Steps(from)
            .Do(_ => place.Dispose())
            .Do(step => Note(step, watch))
            .Select(Told)
            .Where(static one => one is not null)
            .Select(static one => one!)
            .Subscribe(told);
        _isReading.OnNext(Unit.Default);
        _isReading.OnCompleted();
        return new CompositeDisposable(steps, peers, alone, place);
    });

    /// <summary>Ends every connection in order.</summary>
    public async ValueTask DisposeAsync()
    {
        await _network.DisposeAsync().ConfigureAwait(false);
        _isReading.Dispose();
    }

    private static void Note(ChainEvent<BlockFacts> step, PeerWatch watch)
    {
        watch.Begin();
        if (step.IsRollForward)
        {
            watch.Delivered(step.Value.Peer);
        }
    }

    private static FollowEvent? Told(ChainEvent<BlockFacts> followed) => followed.Kind switch
    {
        ChainEventKind.RollForward => new FollowEvent.RollForward(followed.Point, followed.Value, followed.Tip),
        ChainEventKind.RollBackward => new FollowEvent.RollBackward(followed.Point, followed.Tip),
        ChainEventKind.Intersected => new FollowEvent.Intersect(followed.Point, followed.Tip),
        _ => null,
    };

    private IObservable<ChainEvent<BlockFacts>> Steps(From from)
    {
        var options = new FollowOptions
        {
            MaxRollback = MaxRollback,
            FollowShorter = true,

            // What a single peer has is all there is to follow; of several, another may still have it.
            ReselectAfter = _plan is { Topology: null, Peers.Count: 1 } ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(5),
        };
        IObservable<ChainEvent<CandidateHeader>> headers = _network.Peers.SelectBestPeers(PeersFollowed, scheduler: _scheduler).FollowChain(from, options, _scheduler);
        return _plan.HeadersOnly
            ? headers.Scan(default(ChainEvent<BlockFacts>), static (last, header) => BlockFacts.Of(header, last.Value.Peer ?? ""))
            : headers.FetchWithFallback(scheduler: _scheduler).Select(BlockFacts.Of);
    }
}
