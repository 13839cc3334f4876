using Reactive.Network.Peers;

namespace Reactive.Network.Load.Scenarios;

/// <summary>Headers of a chain without an end to an observer that gives them back, next to a plain drain of the same bytes.</summary>
internal static class ChainSyncScenario
{
    public static async Task RunAsync(LoadOptions options, Report report)
    {
        string variant = options.Points ? ", with points" : ", no hash";

        // The size of the blocks does not matter: their headers are as long.
        foreach ((string name, int size, string? directory) in ClientOptions.Cases(options).Take(1))
        {
            using ServerProcess server = await ServerProcess.StartAsync("loop", size, directory);
            await using PeerConnection connection = await PeerConnection.ConnectAsync(server.Node, ClientOptions.For(options));
            var loop = new FollowLoop(connection, options.Points);
            report.Add(await Comparison.RunAsync(
                "chain-sync",
                (directory is null ? "generated headers" : name) + variant,
                options,
                server,
                time => new Work(0, PlainClient.Drain(server.Ports.Plain, PlainWish.Headers, time)),
                loop.Run));
        }
    }
}
