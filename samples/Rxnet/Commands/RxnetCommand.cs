using System.CommandLine;
using Reactive.Network;
using Rxnet.Output;

namespace Rxnet.Commands;

/// <summary>The whole command line: what there is, and how it ends.</summary>
internal static class RxnetCommand
{
    private static readonly string[] OfTheRoot = ["-h", "-?", "--help", "--version"];

    /// <summary>Runs the tool as the shell does.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        using var interruption = new Interruption();
        return await RunAsync(args, Console.Error, interruption.Token).ConfigureAwait(false);
    }

    /// <summary>Runs the tool until it is done or <paramref name="stop"/> is cancelled, which ends it cleanly.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter error, CancellationToken stop)
    {
        ParseResult parsed = Parse(args);
        if (parsed.Errors.Count > 0)
        {
            // Without a command nothing else fits either: the word that is none is what went wrong.
            string problem = parsed.CommandResult.Command is RootCommand && parsed.UnmatchedTokens is [var word, ..]
                ? $"unknown command '{word}'"
                : parsed.Errors[0].Message;
            return await WrongUsageAsync(parsed, problem, error).ConfigureAwait(false);
        }

        try
        {
            // Signals are ours: the first ends the command cleanly.
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(configuration, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
        catch (UsageException wrong)
        {
            return await WrongUsageAsync(parsed, wrong.Message, error).ConfigureAwait(false);
        }
        catch (OutputClosedException)
        {
            // Who read it has seen enough.
            return ExitCode.Done;
        }
        catch (Exception failure) when (failure is NetworkException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"rxnet: {OneLine(failure.Message)}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    /// <summary>Reads the arguments. Without a command they are those of <c>follow</c>.</summary>
    public static ParseResult Parse(IReadOnlyList<string> args)
    {
        bool isFollow = args.Count == 0 || (args[0].StartsWith('-') && !OfTheRoot.Contains(args[0]));
        return Create().Parse(isFollow ? ["follow", .. args] : args);
    }

    private static RootCommand Create() =>
        new("""
            Follows, serves, relays, pings, compares, crawls and fetches from nodes that speak Cardano's node-to-node protocols; asks, watches and submits to a
            local node on its socket.
            Without a command it follows: without any argument, a network of its own on this machine, for 30 seconds.
            """)
        {
            FollowCommand.Create(),
            ServeCommand.Create(),
            RelayCommand.Create(),
            PingCommand.Create(),
            FetchCommand.Create(),
            TipCommand.Create(),
            CrawlCommand.Create(),
            CaptureCommand.Create(),
            ReplayCommand.Create(),
            QueryCommand.Create(),
            SubmitCommand.Create(),
            MempoolCommand.Create(),
        };

    private static async Task<int> WrongUsageAsync(ParseResult parsed, string problem, TextWriter error)
    {
        Command command = parsed.CommandResult.Command;
        string name = command is RootCommand ? "rxnet" : $"rxnet {command.Name}";
        await error.WriteLineAsync($"rxnet: {OneLine(problem).TrimEnd('.')} ('{name} --help' tells more)").ConfigureAwait(false);
        return ExitCode.WrongUsage;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
