using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Reactive.Threading.Tasks;
using System.Runtime.ExceptionServices;
using Reactive.Network;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.KeepAlive;
using Rxnet.Embedded;
using Rxnet.Following;
using Rxnet.Local;
using Rxnet.Output;
using Spectre.Console;

namespace Rxnet.Commands;

/// <summary>One run of <c>rxnet follow</c>.</summary>
internal sealed record FollowRun
{
    public required bool IsEmbedded { get; init; }

    public required NetworkMagic Magic { get; init; }

    public required IReadOnlyList<PeerAddress> Peers { get; init; }

    /// <summary>The socket of a local node, in place of peers.</summary>
    public string? Socket { get; init; }

    /// <summary>A topology file that names further peers.</summary>
    public string? TopologyFile { get; init; }

    /// <summary><see langword="null"/>: the tip.</summary>
    public required Point? From { get; init; }

    public required int? Count { get; init; }

    public required TimeSpan? Time { get; init; }

    public required bool HeadersOnly { get; init; }

    public required bool Json { get; init; }

    public async Task<int> RunAsync(CancellationToken stop)
    {
        IScheduler scheduler = DefaultScheduler.Instance;
        using EmbeddedNetwork? embedded = IsEmbedded ? EmbeddedNetwork.Start(scheduler) : null;
        NetworkMagic magic = embedded is null ? Magic : EmbeddedNetwork.Magic;
        IReadOnlyList<PeerAddress> peers = embedded?.Addresses ?? Peers;
        var options = new NetworkOptions { Magic = magic, Scheduler = scheduler };
        if (IsEmbedded)
        {
            // There are no others whom it could disturb, and the live view shows the round trip.
            options = options with { KeepAlive = new KeepAliveOptions { Interval = TimeSpan.FromSeconds(1) } };
        }

        using var rejected = new Subject<FollowEvent>();
        var plan = new FollowPlan { Peers = peers, From = From, HeadersOnly = HeadersOnly };
        if (TopologyFile is { } file)
        {
            (options, plan) = (TopologyChoice.Load(file, options), plan with { Topology = TopologyChoice.Watch(file, scheduler, rejected) });
        }

        using StandardOutput standard = new();
        string title = Socket is not null ? $"following {magic} at {Socket}"
            : embedded is null ? $"following {magic}" : $"following an embedded network of {peers.Count} nodes, magic {magic}";
        IEnumerable<(string Peer, string? Role)> known = Socket is { } path ? [(path, null)]
            : embedded is null
            ? peers.Select(static peer => (peer.ToString(), (string?)null))
            : embedded.Nodes.Select(static node => (node.Address.ToString(), (string?)node.Role));
        IFollowOutput output = Open(standard, title, new FollowStatistics(known, scheduler), scheduler);
        bool wasUp = false;
        Exception? lastDown = null;
        await using (output.ConfigureAwait(false))
        {
            IFollower follower = Socket is { } socket ? new LocalFollower(new LocalNode(socket, magic), From, scheduler) : new Follower(plan, options);

            // Ends the connections in order behind the last event.
            await using (follower.ConfigureAwait(false))
            {
                await Bounded(Observable.Merge(follower.Follow(), rejected), scheduler, stop)
                    .Do(Remember)
                    .Do(output.Write)
                    .LastOrDefaultAsync()
                    .ToTask(CancellationToken.None).ConfigureAwait(false);
            }
        }

        if (!wasUp && lastDown is not null && !stop.IsCancellationRequested)
        {
            ExceptionDispatchInfo.Throw(lastDown);
        }

        return ExitCode.Done;

        void Remember(FollowEvent followed)
        {
            wasUp |= followed is FollowEvent.PeerUp;
            lastDown = (followed as FollowEvent.PeerDown)?.Cause ?? lastDown;
        }
    }

    private IObservable<FollowEvent> Bounded(IObservable<FollowEvent> followed, IScheduler scheduler, CancellationToken stop)
    {
        IObservable<FollowEvent> bounded = followed.TakeUntil(Stopped(stop));
        if (Time is { } time)
        {
            bounded = bounded.TakeUntil(Observable.Timer(time, scheduler));
        }

        if (Count is { } count)
        {
            int blocks = 0;
            bounded = bounded.TakeUntil(one => one is FollowEvent.RollForward && ++blocks == count);
        }

        return bounded;
    }

    private static IObservable<Unit> Stopped(CancellationToken stop) => Observable.Create<Unit>(observer => stop.Register(() => observer.OnNext(Unit.Default)));

    private IFollowOutput Open(StandardOutput standard, string title, FollowStatistics statistics, IScheduler scheduler) =>
        Json ? new JsonFollowOutput(standard)
        : AnsiConsole.Profile.Out.IsTerminal && AnsiConsole.Profile.Capabilities.Ansi
            ? new LiveFollowOutput(AnsiConsole.Console, title, statistics, scheduler)
        : new PlainFollowOutput(standard, statistics, scheduler);
}
