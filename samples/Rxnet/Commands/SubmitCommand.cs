using System.CommandLine;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Protocols.LocalTxSubmission;
using Rxnet.Local;
using Rxnet.Output;

namespace Rxnet.Commands;

/// <summary><c>rxnet submit</c>: a transaction to a local node, and what becomes of it.</summary>
internal static class SubmitCommand
{
    public static Command Create()
    {
        Argument<string> file = CommonOptions.FileArgument(
            "The signed transaction: CBOR bytes, hexadecimal digits, or a text envelope of cardano-cli. -: standard input.");
        Option<string?> socket = CommonOptions.Socket("The Unix socket of the node.", isRequired: true);
        Option<NetworkChoice?> network = CommonOptions.Network("mainnet, preprod, preview", "Default: mainnet.");
        Option<Era?> era = EraNames.Option("The era of the transaction. Default: what its envelope says, else the era the node's ledger is in.");
        Option<int?> watch = CommonOptions.Whole("--watch", "Go on until the transaction is in a block with N others on top, and tell each step.");
        Option<TimeSpan?> seconds = CommonOptions.Seconds("Fail after S seconds. Default: no limit.");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("submit", "Submit a transaction to a local node: accepted, or rejected with the ledger's reason.")
        {
            file, socket, network, era, watch, seconds, json,
        };
        command.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(file)!,
            new LocalNode(parsed.GetValue(socket)!, (parsed.GetValue(network) ?? NetworkChoice.Mainnet).Magic),
            parsed.GetValue(era),
            parsed.GetValue(watch),
            parsed.GetValue(seconds),
            parsed.GetValue(json),
            stop));
        return command;
    }

    private static async Task<int> RunAsync(string path, LocalNode node, Era? era, int? watch, TimeSpan? time, bool json, CancellationToken stop)
    {
        TransactionFile file = await TransactionFile.ReadAsync(path, stop).ConfigureAwait(false);
        using StandardOutput standard = new();
        var output = new SubmitOutput(standard, json);
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
                Era known = era ?? file.Era ?? await connection.StateQuery.Query(LedgerQuery.CurrentEra).ToTask(limited.Token).ConfigureAwait(false);
                var transaction = new Transaction(known, file.Bytes);
                try
                {
                    await Submit(connection, transaction, watch, output).ToTask(limited.Token).ConfigureAwait(false);
                }
                catch (TransactionRejectedException rejected)
                {
                    output.Rejected(transaction, rejected.Rejection);
                    throw;
                }
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new IOException(watch is null ? "the node did not decide in time" : "the transaction did not come so far in time");
        }

        return ExitCode.Done;
    }

    /// <summary>One element where it is done.</summary>
    private static IObservable<TransactionStage> Submit(LocalConnection connection, Transaction transaction, int? watch, SubmitOutput output)
    {
        // Of a Byron payload that is no transaction there is no id to follow it by.
        return watch is { } depth && transaction.TryGetId(out _)
            ? connection.SubmitAndTrack(transaction, depth, DefaultScheduler.Instance).Do(output.Progress).Select(static one => one.Stage).LastAsync()
            : connection.TxSubmission.Submit(transaction).Do(_ => output.Accepted(transaction)).Select(static _ => TransactionStage.Submitted);
    }
}
