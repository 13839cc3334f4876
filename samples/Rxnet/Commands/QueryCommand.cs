using System.CommandLine;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.LocalStateQuery;
using Rxnet.Local;
using Rxnet.Output;
using Rxnet.Querying;

namespace Rxnet.Commands;

/// <summary><c>rxnet query</c>: one question to a local node's ledger.</summary>
internal static class QueryCommand
{
    public static Command Create()
    {
        Argument<string[]> words = new("NAME")
        {
            Description = "Which query, and its arguments. --list tells all. Any query of an era goes by its name in the specification too: GetGovState.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string?> socket = CommonOptions.Socket("The Unix socket of the node.");
        Option<NetworkChoice?> network = CommonOptions.Network("mainnet, preprod, preview", "Default: mainnet.");
        Option<LedgerTarget> at = new("--at")
        {
            Description = "Which state: that of the newest block, of the newest that cannot be rolled back, or of a block. Default: tip.",
            HelpName = "tip|immutable|SLOT.HASH",
            CustomParser = CommonOptions.Parser<LedgerTarget>(TryReadTarget, "neither tip, immutable, nor SLOT.HASH with a hash of 64 hexadecimal digits"),
        };
        Option<Era?> era = EraNames.Option("Whose query it is, where eras have their own. Default: the era the ledger is in.");
        Option<bool> list = new("--list") { Description = "List the queries and end." };
        Option<TimeSpan?> seconds = CommonOptions.Seconds("Fail after S seconds. Default: no limit.");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("query", "Ask a local node's ledger.") { words, socket, network, at, era, list, seconds, json };
        command.SetAction((parsed, stop) =>
        {
            if (parsed.GetValue(list))
            {
                using StandardOutput standard = new();
                QueryOutput.List(standard);
                return Task.FromResult(ExitCode.Done);
            }

            string[] all = parsed.GetValue(words)!;
            NamedQuery query = Find(all, out string[] arguments);
            string path = parsed.GetValue(socket) ?? throw new UsageException("--socket is needed: the Unix socket of the node");
            return RunAsync(
                new LocalNode(path, (parsed.GetValue(network) ?? NetworkChoice.Mainnet).Magic),
                query,
                arguments,
                parsed.GetValue(at),
                parsed.GetValue(era),
                parsed.GetValue(seconds),
                parsed.GetValue(json),
                stop);
        });
        return command;
    }

    private static NamedQuery Find(string[] words, out string[] arguments)
    {
        if (words.Length == 0 || words[0].Length == 0)
        {
            throw new UsageException("which query? --list tells all");
        }

        if (!NamedQuery.TryFind(words[0], out NamedQuery query))
        {
            throw new UsageException($"there is no query {words[0]}: --list tells all");
        }

        arguments = words[1..];
        if (arguments.Length < query.Min || arguments.Length > query.Max)
        {
            throw new UsageException($"query {query.Name} takes {(query.Arguments.Length == 0 ? "no arguments" : query.Arguments)}");
        }

        // What is wrong with the arguments is told before anybody is asked.
        query.Make(query.Name == nameof(EraQueryKind.GetUpdateInterfaceState) ? Era.Byron : Era.Conway, arguments);
        return query;
    }

    private static async Task<int> RunAsync(
        LocalNode node, NamedQuery query, string[] arguments, LedgerTarget at, Era? era, TimeSpan? time, bool json, CancellationToken stop)
    {
        using StandardOutput standard = new();
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
                // The era and the query are asked about one state.
                Answer answer = await connection.StateQuery.Acquire(at)
                    .SelectMany(view => Observable.FromAsync(() => AskAsync(view, query, arguments, era)))
                    .Take(1)
                    .ToTask(limited.Token).ConfigureAwait(false);
                new QueryOutput(standard, json).Write(query.Name, answer);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new IOException("the node did not answer in time");
        }
        catch (Exception error) when (error is ConnectionClosedException or BearerException { Kind: BearerFailure.EndOfStream or BearerFailure.Reset })
        {
            throw new IOException($"the node ended the connection instead of answering {query.Name}: it does not know that query, or cannot answer it", error);
        }

        return ExitCode.Done;
    }

    private static async Task<Answer> AskAsync(LedgerView view, NamedQuery query, string[] arguments, Era? era)
    {
        Era asked = era ?? (query.IsOfEra ? await view.Query(LedgerQuery.CurrentEra).ToTask().ConfigureAwait(false) : Era.Conway);
        return await view.Query(query.Make(asked, arguments)).ToTask().ConfigureAwait(false);
    }

    private static bool TryReadTarget(string text, out LedgerTarget target)
    {
        bool isPoint = Point.TryParse(text, out Point point);
        target = text == "immutable" ? LedgerTarget.ImmutableTip : isPoint ? LedgerTarget.At(point) : LedgerTarget.VolatileTip;
        return isPoint || text is "tip" or "immutable";
    }
}
