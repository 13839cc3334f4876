using System.Diagnostics;
using System.Text.Json.Nodes;
using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Reactive.Network.Load.Scenarios;

/// <summary>Blocks from a chain in memory to an observer, next to a plain drain of the same bytes.</summary>
internal static class BlockFetchScenario
{
    public static async Task RunAsync(LoadOptions options, Report report)
    {
        string variant = (options.Keep ? ", nothing given back" : ", recycled") + (options.Check ? ", checked" : ", unchecked");
        foreach ((string name, int size, string? directory) in ClientOptions.Cases(options))
        {
            Corpus corpus = Corpus.Of(size, directory);
            using ServerProcess server = await ServerProcess.StartAsync("memory", size, directory);
            await using PeerConnection connection = await PeerConnection.ConnectAsync(server.Node, ClientOptions.For(options));
            using var loop = new FetchLoop(connection, corpus, recycle: !options.Keep);
            Comparison found = await Comparison.RunAsync(
                "block-fetch",
                name + variant,
                options,
                server,
                time => new Work(0, PlainClient.Drain(server.Ports.Plain, PlainWish.Blocks, time)),
                loop.Run);
            JsonObject figures = Report.Figures(found);
            if (options.Check)
            {
                double hash = HashBytesPerSecond(corpus, options);
                figures["hashMegabytesPerSecond"] = Report.Round(hash / 1e6, 1);
                figures["ratioToHashOrDrain"] = Report.Round(found.BytesPerSecond / Math.Min(hash, found.BaselineBytesPerSecond), 3);
            }

            report.Add(figures);
        }
    }

    /// <summary>What one core hashes of the same blocks with nothing else to do: the median of as many turns.</summary>
    private static double HashBytesPerSecond(Corpus corpus, LoadOptions options)
    {
        var rates = new List<double>();
        for (int round = 0; round < options.Rounds; round++)
        {
            long bytes = 0;
            long start = Stopwatch.GetTimestamp();
            for (int next = 0; Stopwatch.GetElapsedTime(start) < options.Turn; next = (next + 1) % corpus.Blocks.Count)
            {
                Blake2b256.Hash(corpus.Blocks[next].Span);
                bytes += corpus.Blocks[next].Size;
            }

            rates.Add(bytes / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return Comparison.Median(rates);
    }
}
