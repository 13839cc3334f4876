using Reactive.Network.Load.Plots;
using Reactive.Network.Load.Results;
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

        if (options.Scenario is "machine" or "plot" or "tables")
        {
            return AboutResults(options);
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

    private static int AboutResults(LoadOptions options)
    {
        try
        {
            switch (options.Scenario, options.Words)
            {
                case ("machine", [string commit]):
                    new Report(json: true).Add(Machine.Describe(commit));
                    return 0;
                case ("plot", [string results, string directory]):
                    PlotCommand.Run(ResultFile.Read(results), directory);
                    return 0;
                case ("tables", [string results]):
                    Console.Write(ResultTables.Render(ResultFile.Read(results)));
                    return 0;
                case ("tables", [string results, string readme]):
                    return WriteTables(results, readme, options.Check);
                default:
                    Console.Error.WriteLine($"'{options.Scenario}' needs other arguments.\n\n{LoadOptions.Usage}");
                    return 2;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"failed: {error.Message}");
            return 1;
        }
    }

    private static int WriteTables(string results, string readme, bool onlyCheck)
    {
        string before = File.ReadAllText(readme);
        string after = ReadmeSection.Replace(before, ResultTables.Render(ResultFile.Read(results)));
        if (!onlyCheck)
        {
            File.WriteAllText(readme, after);
        }
        else if (before != after)
        {
            Console.Error.WriteLine($"the tables of {readme} are not those of {results}");
            return 1;
        }

        return 0;
    }
}
