using System.CommandLine;
using System.Reactive.Concurrency;
using Reactive.Network.Bearers;
using Reactive.Network.Recording;
using Rxnet.Output;

namespace Rxnet.Commands;

/// <summary><c>rxnet replay</c>: a recording as text, or one end of it against a client or a server.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        Argument<string> file = CommonOptions.FileArgument("A recording that 'rxnet capture' made.");
        Option<CaptureSide?> side = new("--as")
        {
            Description = "Which end to play: 'client' (with --to) or 'server' (with --listen). Default: none, the recording is printed.",
            HelpName = "END",
            CustomParser = CommonOptions.Parser<CaptureSide?>(
                static (text, out value) =>
                {
                    value = text == "client" ? CaptureSide.Client : CaptureSide.Server;
                    return text is "client" or "server";
                },
                "neither 'client' nor 'server'"),
        };
        Option<Endpoint?> to = CommonOptions.EndpointOption("--to", "The server against which the client is played.");
        Option<Endpoint?> listen = CommonOptions.EndpointOption("--listen", "Where the server that is played waits for one client; port 0 picks a free one.");
        Option<int?> connection = CommonOptions.Whole("--connection", "Which connection of the recording. Default: the first.");
        Option<ReplayHandshake?> handshake = new("--handshake")
        {
            Description = "'recorded': as everything else; 'negotiated': a new one, for recordings of versions that are gone. Default: recorded.",
            HelpName = "HOW",
            CustomParser = CommonOptions.Parser<ReplayHandshake?>(
                static (text, out value) =>
                {
                    value = text == "recorded" ? ReplayHandshake.Recorded : ReplayHandshake.Negotiated;
                    return text is "recorded" or "negotiated";
                },
                "neither 'recorded' nor 'negotiated'"),
        };
        Option<NetworkChoice?> network = CommonOptions.Network("mainnet, preprod, preview", "For a handshake that is negotiated. Default: that of the recording.");
        Option<TimeSpan?> patience = CommonOptions.Seconds("How long to wait for the next message. Default: 10.");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("replay", "Print a recording, or play one end of it and find the first message of the other that means something else.")
        {
            file, side, to, listen, connection, handshake, network, patience, json,
        };
        command.SetAction((parsed, stop) =>
        {
            string path = parsed.GetValue(file)!;
            var standard = new StandardOutput();
            var options = new ReplayOptions
            {
                As = parsed.GetValue(side) ?? CaptureSide.Client,
                Connection = parsed.GetValue(connection),
                Handshake = parsed.GetValue(handshake) ?? ReplayHandshake.Recorded,
                Magic = parsed.GetValue(network)?.Magic,
                Patience = parsed.GetValue(patience) ?? TimeSpan.FromSeconds(10),
                Scheduler = DefaultScheduler.Instance,
            };
            Endpoint? server = parsed.GetValue(to);
            Endpoint? where = parsed.GetValue(listen);
            if (parsed.GetValue(side) is null)
            {
                return server is null && where is null
                    ? Task.FromResult(Print(path, options, new RecordingOutput(standard, parsed.GetValue(json)), stop))
                    : throw new UsageException("--as says which end to play");
            }

            if (options.As == CaptureSide.Client ? server is null || where is not null : where is null || server is not null)
            {
                throw new UsageException(options.As == CaptureSide.Client ? "--as client goes with --to" : "--as server goes with --listen");
            }

            return PlayAsync(path, server, where, options, new ReplayOutput(standard, parsed.GetValue(json)), stop);
        });
        return command;
    }

    private static CaptureReader Open(string path) => new(File.OpenRead(path));

    private static int Print(string path, ReplayOptions options, RecordingOutput output, CancellationToken stop)
    {
        using CaptureReader reader = Open(path);
        while (!stop.IsCancellationRequested && reader.TryRead(out CaptureRecord record))
        {
            if (options.Connection is not { } number || number == record.Connection)
            {
                output.Print(record);
            }
        }

        if (reader.IsCutOff)
        {
            output.CutOff();
        }

        return ExitCode.Done;
    }

    private static async Task<int> PlayAsync(string path, Endpoint? to, Endpoint? listen, ReplayOptions options, ReplayOutput output, CancellationToken stop)
    {
        CaptureReader reader = Open(path);
        IBearer bearer;
        try
        {
            bearer = listen is null ? await to!.ConnectAsync(stop).ConfigureAwait(false) : await AcceptAsync(listen, output, stop).ConfigureAwait(false);
        }
        catch
        {
            reader.Dispose();
            throw;
        }

        // From here on the reader is the replay's, which may still be reading when it is stopped.
        using ReplayPeer replay = ReplayPeer.Start(bearer, reader, options);
        ReplayReport report = await replay.Completion.WaitAsync(stop).ConfigureAwait(false);
        output.Report(report);
        return report.Difference is null ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<IBearer> AcceptAsync(Endpoint listen, ReplayOutput output, CancellationToken stop)
    {
        using IBearerListener listener = await listen.ListenAsync(stop).ConfigureAwait(false);
        output.Listening(listener.LocalName);
        while (true)
        {
            var accepted = new TaskCompletionSource<IBearer?>(TaskCreationOptions.RunContinuationsAsynchronously);

            // One that was gone before it was taken is none: the next.
            listener.AcceptNext((bearer, _) => accepted.TrySetResult(bearer));
            if (await accepted.Task.WaitAsync(stop).ConfigureAwait(false) is { } bearer)
            {
                return bearer;
            }
        }
    }
}
