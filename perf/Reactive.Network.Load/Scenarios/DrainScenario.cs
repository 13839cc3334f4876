namespace Reactive.Network.Load.Scenarios;

/// <summary>The baseline against itself: a ratio away from 1, or a wide spread, says how little the machine can be trusted just now.</summary>
internal static class DrainScenario
{
    public static async Task RunAsync(LoadOptions options, Report report)
    {
        foreach ((string name, int size, string? directory) in ClientOptions.Cases(options))
        {
            using ServerProcess server = await ServerProcess.StartAsync("memory", size, directory);
            Work Drain(TimeSpan time) => new(0, PlainClient.Drain(server.Ports.Plain, PlainWish.Blocks, time));
            report.Add(await Comparison.RunAsync("drain", name, options, server, Drain, Drain));
        }
    }
}
