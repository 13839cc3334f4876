using System.CommandLine;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Rxnet.Output;

namespace Rxnet.Commands;

/// <summary><c>rxnet fetch</c>: a range of blocks into files, as they are on the wire.</summary>
internal static class FetchCommand
{
    public static Command Create()
    {
        Option<PeerAddress> peer = CommonOptions.Peer("The node that has the blocks.");
        Option<Point> first = CommonOptions.BlockPoint("--from", "The first block.");
        Option<Point> last = CommonOptions.BlockPoint("--to", "The last block.");
        Option<NetworkChoice?> network = CommonOptions.Network("mainnet, preprod, preview", "Default: mainnet.");
        Option<string> directory = new("--out")
        {
            Description = "Where the files SLOT.HASH.cbor go; made if it is not there. Default: the current directory.",
            HelpName = "DIR",
            DefaultValueFactory = static _ => ".",
        };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("fetch", "Fetch a range of blocks, check them and write each to a file as the bytes [blockTag, block].")
        {
            peer, first, last, network, directory, json,
        };
        command.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(peer),
            parsed.GetValue(first),
            parsed.GetValue(last),
            (parsed.GetValue(network) ?? NetworkChoice.Mainnet).Magic,
            parsed.GetValue(directory)!,
            parsed.GetValue(json),
            stop));
        return command;
    }

    private static async Task<int> RunAsync(
        PeerAddress peer, Point first, Point last, NetworkMagic network, string directory, bool json, CancellationToken stop)
    {
        if (first.Slot > last.Slot)
        {
            throw new UsageException("--to is before --from");
        }

        IScheduler scheduler = DefaultScheduler.Instance;
        using StandardOutput standard = new();
        var output = new FetchOutput(standard, json);
        var files = new BlockFiles(directory);
        var options = new NetworkOptions { Magic = network, Scheduler = scheduler };
        PeerConnection connection = await PeerConnection.ConnectAsync(peer, options, stop).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await connection.ChainSync.FetchRange(connection.BlockFetch, first, last, scheduler)
                .Select(files.Write)
                .Do(output.Block)
                .TakeUntil(block => block.Point == last)
                .LastOrDefaultAsync()
                .ToTask(stop).ConfigureAwait(false);
        }

        return ExitCode.Done;
    }
}
