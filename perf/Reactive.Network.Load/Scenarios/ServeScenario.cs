namespace Reactive.Network.Load.Scenarios;

/// <summary>Block-fetch served from an ImmutableDB directory to a client that only counts bytes, next to the same bytes sent from memory.</summary>
internal static class ServeScenario
{
    public static async Task RunAsync(LoadOptions options, Report report)
    {
        foreach ((string name, int size, string? directory) in ClientOptions.Cases(options))
        {
            Corpus corpus = Corpus.Of(size, directory);
            using GeneratedDirectory? generated = directory is null ? new GeneratedDirectory(corpus) : null;
            using ServerProcess server = await ServerProcess.StartAsync("directory", size, directory ?? generated!.Path);
            report.Add(await Comparison.RunAsync(
                "serve",
                name,
                options,
                server,
                time => new Work(0, PlainClient.Drain(server.Ports.Plain, PlainWish.Blocks, time)),
                time => RawFetcher.Run(server.Ports.Node, corpus, time)));
        }
    }
}
