using System.CommandLine;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Protocols.KeepAlive;
using Rxnet.Output;

namespace Rxnet.Commands;

/// <summary><c>rxnet ping</c>: what a node agrees on, where its chain is, and how far away it is.</summary>
internal static class PingCommand
{
    private const int DefaultCount = 4;

    public static Command Create()
    {
        Argument<PeerAddress> peer = CommonOptions.PeerArgument("The node.");
        Option<NetworkChoice?> network = CommonOptions.Network("mainnet, preprod, preview", "Default: mainnet.");
        Option<int?> count = CommonOptions.Count($"Pings to send, one a second. Default: {DefaultCount}.");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("ping", "Shake hands with a node, ask for its tip and measure the round trip.") { peer, network, count, json };
        command.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(peer),
            (parsed.GetValue(network) ?? NetworkChoice.Mainnet).Magic,
            parsed.GetValue(count) ?? DefaultCount,
            parsed.GetValue(json),
            stop));
        return command;
    }

    private static async Task<int> RunAsync(PeerAddress peer, NetworkMagic network, int count, bool json, CancellationToken stop)
    {
        var options = new NetworkOptions
        {
            Magic = network,
            Scheduler = DefaultScheduler.Instance,
            KeepAlive = new KeepAliveOptions { Interval = TimeSpan.FromSeconds(1) },
        };
        using StandardOutput standard = new();
        var output = new PingOutput(standard, json);
        PeerConnection connection = await PeerConnection.ConnectAsync(peer, options, stop).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            NegotiatedVersion version = await connection.WaitForHandshakeAsync(stop).ConfigureAwait(false);
            output.Handshake(version);
            output.Tip(await connection.ChainSync.FindTip().ToTask(stop).ConfigureAwait(false));
            await connection.KeepAlive.RoundTrips.Take(count).Do(output.Pong).ToTask(stop).ConfigureAwait(false);
        }

        return ExitCode.Done;
    }
}
