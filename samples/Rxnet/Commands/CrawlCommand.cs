using System.CommandLine;
using Reactive.Network;
using Reactive.Network.Peers;
using Rxnet.Crawling;
using Rxnet.Output;

namespace Rxnet.Commands;

/// <summary><c>rxnet crawl</c>: who is there, from a seed on.</summary>
internal static class CrawlCommand
{
    private const int DefaultMax = 100;

    public static Command Create()
    {
        Argument<PeerAddress[]> seeds = CommonOptions.PeerArguments("Where to begin: one node or more.");
        Option<NetworkChoice?> network = CommonOptions.Network("mainnet, preprod, preview", "Default: mainnet.");
        Option<int?> max = CommonOptions.Whole("--max", $"Hear of N nodes at most. Default: {DefaultMax}.");
        Option<TimeSpan?> seconds = CommonOptions.Seconds("Stop after S seconds, and tell what is known by then.");
        Option<bool> json = CommonOptions.Json();
        var command = new Command(
            "crawl", "Walk a network breadth first: ask each node for its versions and, where it shares them, for its peers. Prints the graph of who told of whom.")
        {
            seeds, network, max, seconds, json,
        };
        command.SetAction((parsed, stop) => RunAsync(
            new CrawlPlan { Seeds = [.. parsed.GetValue(seeds)!.Distinct()], MaxNodes = parsed.GetValue(max) ?? DefaultMax },
            new NetworkOptions { Magic = (parsed.GetValue(network) ?? NetworkChoice.Mainnet).Magic },
            parsed.GetValue(seconds),
            parsed.GetValue(json),
            stop));
        return command;
    }

    private static async Task<int> RunAsync(CrawlPlan plan, NetworkOptions options, TimeSpan? time, bool json, CancellationToken stop)
    {
        using StandardOutput standard = new();
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (time is { } limit)
        {
            limited.CancelAfter(limit);
        }

        CrawlGraph graph = await new Crawler(plan, options).CrawlAsync(limited.Token).ConfigureAwait(false);
        new CrawlOutput(standard, json).Write(graph);
        if (!stop.IsCancellationRequested && graph.Nodes.All(static node => node.Versions is null))
        {
            throw new IOException($"no node answered: {graph.Nodes[0].Peer}: {graph.Nodes[0].Error}");
        }

        return ExitCode.Done;
    }
}
