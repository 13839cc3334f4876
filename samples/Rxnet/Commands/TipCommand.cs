using System.CommandLine;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Reactive.Threading.Tasks;
using Reactive.Network;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.KeepAlive;
using Rxnet.Following;
using Rxnet.Output;

namespace Rxnet.Commands;

/// <summary><c>rxnet tip</c>: where the chains of several nodes are, and who is behind.</summary>
internal static class TipCommand
{
    private static readonly TimeSpan DefaultTime = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        Option<PeerAddress[]> peers = CommonOptions.Peers("A node. Several are compared.");
        Option<string?> topology = CommonOptions.Topology();
        Option<NetworkChoice?> network = CommonOptions.Network(
            "mainnet, preprod, preview (without --peer and --topology: its public access points)", "mainnet where --peer or --topology is given.");
        Option<bool> watch = new("--watch") { Description = "Go on, and tell of every change." };
        Option<TimeSpan?> seconds = CommonOptions.Seconds("Wait no longer than S seconds for an answer; with --watch, end after them. Default: 10; no end with --watch.");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("tip", "Ask several nodes for their tips, measure the round trips, and say who is behind by how much.")
        {
            peers, topology, network, watch, seconds, json,
        };
        command.SetAction((parsed, stop) =>
        {
            NetworkMagic magic = (parsed.GetValue(network) ?? NetworkChoice.Mainnet).Magic;
            PeerAddress[] given = parsed.GetValue(peers)!;
            string? file = parsed.GetValue(topology);
            IReadOnlyList<PeerAddress> all = given.Length > 0 || file is not null || parsed.GetValue(network) is null ? given : PublicAccessPoints.Of(magic);
            if (all.Count == 0 && file is null)
            {
                throw new UsageException("tip needs a --peer, a --topology, or a --network whose public access points are known");
            }

            return RunAsync(all, file, magic, parsed.GetValue(watch), parsed.GetValue(seconds), parsed.GetValue(json), stop);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        IReadOnlyList<PeerAddress> peers, string? file, NetworkMagic magic, bool isWatch, TimeSpan? time, bool json, CancellationToken stop)
    {
        IScheduler scheduler = DefaultScheduler.Instance;
        var options = new NetworkOptions
        {
            Magic = magic,
            Scheduler = scheduler,
            KeepAlive = new KeepAliveOptions { Interval = TimeSpan.FromSeconds(isWatch ? 10 : 1) },
        };
        using var rejected = new Subject<FollowEvent>();
        var plan = new FollowPlan { Peers = peers, From = null };
        if (file is not null)
        {
            (options, plan) = (TopologyChoice.Load(file, options), plan with { Topology = TopologyChoice.Watch(file, scheduler, rejected) });
        }

        using StandardOutput standard = new();
        var output = new TipOutput(standard, json);
        var board = new TipBoard();
        string[] waitedFor = [.. peers.Select(static peer => peer.ToString())];
        var tips = new TipWatch(plan, options);
        await using (tips.ConfigureAwait(false))
        {
            IObservable<FollowEvent> news = tips.Watch().TakeUntil(Observable.Create<long>(observer => stop.Register(() => observer.OnNext(0))));
            if ((time ?? (isWatch ? null : DefaultTime)) is { } limit)
            {
                news = news.TakeUntil(Observable.Timer(limit, scheduler));
            }

            await news
                .Do(one => Take(one))
                .TakeUntil(_ => !isWatch && file is null && board.IsSettled(waitedFor))
                .LastOrDefaultAsync()
                .ToTask(CancellationToken.None).ConfigureAwait(false);
        }

        if (!isWatch)
        {
            foreach (TipBoard.Row row in board.Rows)
            {
                output.Write(row, board.BehindOf(row));
            }
        }

        if (board.Rows.All(static row => row.Tip is null) && !stop.IsCancellationRequested)
        {
            throw board.Rows.Select(static row => row.Down).FirstOrDefault(static cause => cause is not null) switch
            {
                NetworkException cause => cause,
                _ => new IOException("no node told its tip in time"),
            };
        }

        return ExitCode.Done;

        void Take(FollowEvent one)
        {
            Tip? before = board.Rows.FirstOrDefault(row => one is FollowEvent.TipSeen(var peer, _) && row.Peer == peer)?.Tip;
            if (board.Add(one) is { } row && isWatch && (one is FollowEvent.PeerDown || (one is FollowEvent.TipSeen && row.Tip != before)))
            {
                output.Write(one is FollowEvent.PeerDown ? row with { Tip = null } : row, board.BehindOf(row));
            }
        }
    }
}
