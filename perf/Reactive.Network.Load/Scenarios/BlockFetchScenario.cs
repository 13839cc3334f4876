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
            report.Add(await Comparison.RunAsync(
                "block-fetch",
                name + variant,
                options,
                server,
                time => new Work(0, PlainClient.Drain(server.Ports.Plain, PlainWish.Blocks, time)),
                loop.Run));
        }
    }
}
