using System.CommandLine;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Recording;
using Rxnet.Output;

namespace Rxnet.Commands;

/// <summary><c>rxnet capture</c>: what goes over a connection, into a file: as a proxy between two ends, as a client that follows, or from byte streams captured elsewhere.</summary>
internal static class CaptureCommand
{
    private const int BufferBytes = 64 * 1024;

    public static Command Create()
    {
        Argument<string> file = CommonOptions.FileArgument("Where the recording goes; a file that is there is replaced.");
        Option<Endpoint?> listen = CommonOptions.EndpointOption("--listen", "Where clients connect; port 0 picks a free one. With --to.");
        Option<Endpoint?> to = CommonOptions.EndpointOption("--to", "The server that they are connected to.");
        Option<PeerAddress?> peer = new("--peer")
        {
            Description = "Instead of a proxy: follow this node's chain, blocks and all, and record that.",
            HelpName = "HOST:PORT",
            CustomParser = CommonOptions.Parser<PeerAddress?>(
                static (text, out value) =>
                {
                    bool isRead = PeerAddress.TryParse(text, out PeerAddress address) && address.Port > 0;
                    value = address;
                    return isRead;
                },
                "not HOST:PORT with a port from 1 to 65535"),
        };
        Option<NetworkChoice?> network = CommonOptions.Network("mainnet, preprod, preview", "With --peer. Default: mainnet.");
        Option<Point?> from = new("--from")
        {
            Description = "With --peer: where to begin, 'origin' or SLOT.HASH. Default: the tip.",
            HelpName = "POINT",
            CustomParser = CommonOptions.Parser<Point?>(
                static (text, out value) =>
                {
                    Point point = default;
                    bool isRead = text == "origin" || Point.TryParse(text, out point);
                    value = point;
                    return isRead;
                },
                "neither 'origin' nor SLOT.HASH with a hash of 64 hexadecimal digits"),
        };
        Option<int?> count = CommonOptions.Count("With --peer: blocks to follow. With --listen: connections to record. Default: until Ctrl-C.");
        Option<string?> client = CommonOptions.FileOption("--client-bytes", "Instead of a connection: what a client sent, as it was on the socket, SDU behind SDU.");
        Option<string?> server = CommonOptions.FileOption("--server-bytes", "The same of the server.");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("capture", "Record every SDU of a connection, both ways, with its time: between any client and server, or of a client that follows.")
        {
            file, listen, to, peer, network, from, count, client, server, json,
        };
        command.SetAction((parsed, stop) =>
        {
            string path = parsed.GetValue(file)!;
            var output = new CaptureOutput(new StandardOutput(), parsed.GetValue(json));
            bool isProxy = parsed.GetValue(listen) is not null || parsed.GetValue(to) is not null;
            bool isImport = parsed.GetValue(client) is not null || parsed.GetValue(server) is not null;
            PeerAddress? followed = parsed.GetValue(peer);
            if ((isProxy ? 1 : 0) + (isImport ? 1 : 0) + (followed is not null ? 1 : 0) != 1)
            {
                throw new UsageException("one of --listen with --to, --peer, or --client-bytes and --server-bytes says what to record");
            }

            if (isProxy && (parsed.GetValue(listen) is null || parsed.GetValue(to) is null))
            {
                throw new UsageException("--listen and --to go together");
            }

            return isProxy ? ProxyAsync(path, parsed.GetValue(listen)!, parsed.GetValue(to)!, parsed.GetValue(count), output, stop)
                : isImport ? Task.FromResult(Import(path, parsed.GetValue(client), parsed.GetValue(server), output))
                : FollowAsync(
                    path, followed!.Value, (parsed.GetValue(network) ?? NetworkChoice.Mainnet).Magic, parsed.GetValue(from), parsed.GetValue(count), output, stop);
        });
        return command;
    }

    private static CaptureWriter Open(string path) => new(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, BufferBytes));

    private static async Task<int> ProxyAsync(string path, Endpoint listen, Endpoint to, int? count, CaptureOutput output, CancellationToken stop)
    {
        using IBearerListener listener = await listen.ListenAsync(stop).ConfigureAwait(false);
        using CaptureWriter capture = Open(path);
        output.Listening(listener.LocalName, to.ToString());
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int left = count ?? 0;
        CaptureException? failure = null;
        using CaptureProxy proxy = CaptureProxy.Start(
            listener,
            to.Connect,
            capture,
            new NetworkOptions { Scheduler = DefaultScheduler.Instance },
            connection => connection.Completion.ContinueWith(
                completion =>
                {
                    try
                    {
                        output.Recorded(connection.Number, connection.ClientName, connection.Sdus, completion.Result);
                        if (completion.Result is CaptureException failed)
                        {
                            Interlocked.CompareExchange(ref failure, failed, null);
                        }

                        if (Volatile.Read(ref failure) is not null || (count is not null && Interlocked.Decrement(ref left) == 0))
                        {
                            ended.TrySetResult();
                        }
                    }
#pragma warning disable CA1031 // nobody looks at this continuation: whatever it was ends the command
                    catch (Exception error)
#pragma warning restore CA1031
                    {
                        ended.TrySetException(error);
                    }
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default));
        try
        {
            await ended.Task.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // How it ends: what is open is recorded up to here.
            CaptureConnection[] open = [.. proxy.Connections];
            proxy.Dispose();
            await Task.WhenAll(open.Select(static connection => connection.Completion)).ConfigureAwait(false);
        }

        return failure is null ? ExitCode.Done : throw failure;
    }

    private static async Task<int> FollowAsync(
        string path, PeerAddress peer, NetworkMagic network, Point? from, int? count, CaptureOutput output, CancellationToken stop)
    {
        IScheduler scheduler = DefaultScheduler.Instance;
        IBearer bearer = await TcpBearer.ConnectAsync(peer.Host, peer.Port, null, stop).ConfigureAwait(false);
        using CaptureWriter capture = Open(path);
        var options = new NetworkOptions { Magic = network, Scheduler = scheduler };
        PeerConnection connection = PeerConnection.Connect(RecordingBearer.Record(bearer, CaptureSide.Server, capture, scheduler), options);
        await using (connection.ConfigureAwait(false))
        {
            IObservable<ChainEvent<Header>> headers = from is { } point
                ? connection.ChainSync.FollowHeaders(point)
                : connection.ChainSync.FollowHeadersFromTip();
            IObservable<ChainEvent<Block>> blocks = headers.FetchBlocks(connection.BlockFetch, scheduler).Do(output.Followed);
            IObservable<ChainEvent<Block>> wanted = count is { } many ? blocks.Where(static e => e.IsRollForward).Take(many) : blocks;
            try
            {
                await wanted.LastOrDefaultAsync().ToTask(stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // As good an end as any other: what was recorded is in the file.
            }
        }

        output.Written(path, capture.Bytes);
        return ExitCode.Done;
    }

    private static int Import(string path, string? client, string? server, CaptureOutput output)
    {
        using FileStream? fromClient = client is null ? null : File.OpenRead(client);
        using FileStream? fromServer = server is null ? null : File.OpenRead(server);
        using CaptureWriter capture = Open(path);
        CaptureImport.Join(capture, $"{client ?? "nobody"} to {server ?? "nobody"}", fromClient, fromServer);
        output.Written(path, capture.Bytes);
        return ExitCode.Done;
    }
}
