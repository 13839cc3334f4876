using Reactive.Network.Load.Scenarios;

namespace Reactive.Network.Load;

/// <summary>Runs a scenario and prints what it found.</summary>
internal static class LoadProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        LoadOptions options;
        try
        {
            options = LoadOptions.Parse(args);
        }
        catch (FormatException error)
        {
            Console.Error.WriteLine($"{error.Message}\n\n{LoadOptions.Usage}");
            return 2;
        }

        var report = new Report(options.Json);
        Func<Task>? run = options.Scenario switch
        {
            "drain" => () => DrainScenario.RunAsync(options, report),
            "block-fetch" => () => BlockFetchScenario.RunAsync(options, report),
            "chain-sync" => () => ChainSyncScenario.RunAsync(options, report),
            "serve" => () => ServeScenario.RunAsync(options, report),
            "announce" => () => AnnounceScenario.RunAsync(options, report),
            "connections" => () => ConnectionsScenario.RunAsync(options, report),
            "fan-in" => () => FanInScenario.RunAsync(options, report),
            "slow-consumer" => () => SlowConsumerScenario.RunAsync(options, report),
            _ => null,
        };
        if (run is null)
        {
            Console.Error.WriteLine($"'{options.Scenario}' is no scenario.\n\n{LoadOptions.Usage}");
            return 2;
        }

        Usage.CountExceptions();
        try
        {
            await run();
            return 0;
        }
        catch (Exception error) when (error is NetworkException or IOException or System.Net.Sockets.SocketException or TimeoutException)
        {
            Console.Error.WriteLine($"failed: {error.Message}");
            return 1;
        }
    }
}
