using System.CommandLine;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.LocalTxMonitor;
using Rxnet.Local;
using Rxnet.Output;

namespace Rxnet.Commands;

/// <summary><c>rxnet mempool</c>: what is in a local node's mempool, once or as it changes.</summary>
internal static class MempoolCommand
{
    public static Command Create()
    {
        Option<string?> socket = CommonOptions.Socket("The Unix socket of the node.", isRequired: true);
        Option<NetworkChoice?> network = CommonOptions.Network("mainnet, preprod, preview", "Default: mainnet.");
        Option<bool> watch = new("--watch") { Description = "Go on, and tell what comes and goes." };
        Option<int?> count = CommonOptions.Count("With --watch: end after N transactions that came.");
        Option<TimeSpan?> seconds = CommonOptions.Seconds("With --watch: end after S seconds. Default: no end.");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("mempool", "List the transactions in a local node's mempool, and how full that is.") { socket, network, watch, count, seconds, json };
        command.SetAction((parsed, stop) =>
        {
            var node = new LocalNode(parsed.GetValue(socket)!, (parsed.GetValue(network) ?? NetworkChoice.Mainnet).Magic);
            if (parsed.GetValue(watch))
            {
                return WatchAsync(node, parsed.GetValue(count), parsed.GetValue(seconds), parsed.GetValue(json), stop);
            }

            return parsed.GetValue(count) is null && parsed.GetValue(seconds) is null
                ? ListAsync(node, parsed.GetValue(json), stop)
                : throw new UsageException("--count and --seconds need --watch");
        });
        return command;
    }

    private static async Task<int> ListAsync(LocalNode node, bool json, CancellationToken stop)
    {
        using StandardOutput standard = new();
        var output = new MempoolOutput(standard, json);
        LocalConnection connection = await node.ConnectAsync(stop).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            bool hasMeasures = NodeToClient.NumberOf(connection.Version!.Value.Version) >= LocalTxMonitorClient.MeasuresSince;

            // All of it about one snapshot, which is released at the end.
            await connection.TxMonitor.Acquire()
                .SelectMany(snapshot => Observable.FromAsync(() => ListAsync(snapshot, hasMeasures, output)))
                .Take(1)
                .ToTask(stop).ConfigureAwait(false);
        }

        return ExitCode.Done;
    }

    private static async Task ListAsync(MempoolSnapshot snapshot, bool hasMeasures, MempoolOutput output)
    {
        MempoolSizes sizes = await snapshot.Sizes().ToTask().ConfigureAwait(false);
        MempoolMeasures? measures = hasMeasures ? await snapshot.Measures().ToTask().ConfigureAwait(false) : null;
        output.Sizes(snapshot.Slot, sizes, measures);
        while (await snapshot.NextTransaction().ToTask().ConfigureAwait(false) is { } transaction)
        {
            output.Transaction(transaction);
        }
    }

    private static async Task<int> WatchAsync(LocalNode node, int? count, TimeSpan? time, bool json, CancellationToken stop)
    {
        using StandardOutput standard = new();
        var output = new MempoolOutput(standard, json);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (time is { } limit)
        {
            limited.CancelAfter(limit);
        }

        try
        {
            LocalConnection connection = await node.ConnectAsync(limited.Token).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                int came = 0;
                await connection.TxMonitor.Watch()
                    .Do(output.Difference)
                    .TakeUntil(difference => count is { } enough && (came += difference.Added.Count) >= enough)
                    .LastAsync()
                    .ToTask(limited.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // Time is up, be it that the node has not answered at all.
        }

        return ExitCode.Done;
    }
}
