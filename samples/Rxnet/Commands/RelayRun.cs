using System.Net;
using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Peers.Discovery;
using Reactive.Network.Peers.Governance;
using Reactive.Network.Storage;
using Rxnet.Output;

namespace Rxnet.Commands;

/// <summary>One run of <c>rxnet relay</c>.</summary>
internal sealed record RelayRun
{
    /// <summary>Peers that are compared and fetched from at once: as many as the reference keeps hot.</summary>
    private const int MaxPeers = 20;

    /// <summary>Where the output was read so slowly that what comes next is no longer held: on from where it was.</summary>
    private static readonly Backoff AfterFallingBehind = new() { First = TimeSpan.FromSeconds(1), RetryOn = static error => error is FellBehindException };

    /// <summary><see langword="null"/>: what stands beside the directory, else mainnet.</summary>
    public required NetworkMagic? Magic { get; init; }

    public required IReadOnlyList<PeerAddress> Peers { get; init; }

    /// <summary>A file that can be read; it is watched while the relay runs.</summary>
    public required string? Topology { get; init; }

    public required string? Directory { get; init; }

    public required PeerAddress Listen { get; init; }

    public required int Keep { get; init; }

    /// <summary>Without a directory; <see langword="null"/>: the tip.</summary>
    public required Point? Start { get; init; }

    public required TimeSpan? Time { get; init; }

    public required bool Json { get; init; }

    public async Task<int> RunAsync(CancellationToken stop)
    {
        IScheduler scheduler = DefaultScheduler.Instance;
        using ImmutableDatabase? immutable = await OpenAsync().ConfigureAwait(false);
        using var chain = new LayeredChain(Keep, immutable);
        NetworkMagic magic = Magic ?? immutable?.Magic ?? NetworkMagic.Mainnet;
        NetworkOptions options = Options(magic, chain, scheduler);

        using StandardOutput standard = new();
        var output = new RelayOutput(standard, Json, scheduler);
        await using (output.ConfigureAwait(false))
        {
            IPEndPoint endPoint = await ServeCommand.ResolveAsync(Listen, stop).ConfigureAwait(false);
            TcpBearerListener socket = TcpBearerListener.Listen(endPoint, options.Bearer);

            // Told before anybody can connect: it is the first line.
            output.Listening(socket.LocalEndPoint, magic, immutable);
            PeerNetwork network = PeerNetwork.Start(options);
            await using (network.ConfigureAwait(false))
            {
                network.Listen(socket);
                await Bounded(Run(network, chain, output, scheduler), scheduler, stop)
                    .LastOrDefaultAsync()
                    .ToTask(CancellationToken.None).ConfigureAwait(false);
            }
        }

        return ExitCode.Done;
    }

    /// <summary>The relay itself: what is followed is served, and told.</summary>
    private IObservable<Unit> Run(PeerNetwork network, LayeredChain chain, RelayOutput output, IScheduler scheduler)
    {
        From start = !chain.Tip.Point.IsOrigin ? From.Point(chain.Tip.Point)
            : Directory is not null ? From.Origin
            : Start is not { } point ? From.Tip
            : From.Point(point);
        var rules = new FollowOptions { MaxRollback = Math.Min(Keep, new FollowOptions().MaxRollback) };
        IObservable<PeerSelection> best = network.Peers.SelectBestPeers(MaxPeers, scheduler: scheduler);

        IObservable<Unit> blocks = Follow(start)
            .ResumeWithBackoff(points => Follow(From.AnyOf(points)), AfterFallingBehind, rules.MaxRollback, scheduler)
            .ServeTo(chain)
            .Do(output.Block)
            .Select(static followed => Unit.Default);
        IObservable<Unit> peers = network.Peers.Do(output.Peer).Select(static _ => Unit.Default);
        return peers.Merge(blocks);

        IObservable<ChainEvent<FetchedBlock>> Follow(From from) =>
            best.FollowChain(from, rules, scheduler).FetchWithFallback(scheduler: scheduler);
    }

    private IObservable<Unit> Bounded(IObservable<Unit> relayed, IScheduler scheduler, CancellationToken stop)
    {
        IObservable<Unit> stopped = Observable.Create<Unit>(observer => stop.Register(() => observer.OnNext(Unit.Default)));
        IObservable<Unit> bounded = relayed.TakeUntil(stopped);
        return Time is { } time ? bounded.TakeUntil(Observable.Timer(time, scheduler)) : bounded;
    }

    private async Task<ImmutableDatabase?> OpenAsync()
    {
        if (Directory is null)
        {
            return null;
        }

        ImmutableDatabase chain = ImmutableDatabase.Open(
            Directory, new ImmutableDatabaseOptions { SlotsPerChunk = SlotsPerChunk.Of(Magic ?? NetworkMagic.Mainnet) });
        if (chain.Defect is { } defect)
        {
            await Console.Error.WriteLineAsync($"rxnet: {defect}").ConfigureAwait(false);
        }

        return chain;
    }

    private NetworkOptions Options(NetworkMagic magic, LayeredChain chain, IScheduler scheduler)
    {
        var options = new NetworkOptions { Magic = magic, Scheduler = scheduler, Serve = chain, LocalRoots = [.. Peers] };
        if (Topology is null)
        {
            // Who connects to us is served, and not followed.
            return options with { Peers = new PeerOptions { Targets = Observable.Return(PeerTargets.LocalRootsOnly) } };
        }

        Topology first = TopologyFile.Load(Topology);
        IObservable<Topology> changes = TopologyWatcher.Watch(new WatchedFile(Topology), scheduler).OfType<TopologyEvent.Loaded>().Select(static one => one.Topology);
        return options with
        {
            Peers = new PeerOptions
            {
                Topology = changes,
                Resolver = new SystemResolver(),
                PeerSnapshot = first.PeerSnapshotFile is { } file ? PeerSnapshotFile.Load(file) : null,
            },
        };
    }
}
