using System.CommandLine;
using System.Globalization;
using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Rxnet.Commands;

/// <summary><c>rxnet relay</c>: its options, and what they may say together.</summary>
internal static class RelayCommand
{
    /// <summary>The security parameter of mainnet: no roll back goes deeper.</summary>
    private const int DefaultKeep = 2_160;

    private static readonly PeerAddress DefaultListen = new("127.0.0.1", 3001);

    public static Command Create()
    {
        Option<NetworkChoice?> network = CommonOptions.Network(
            "mainnet, preprod, preview, sanchonet", "Default: what the protocolMagicId file beside --chain says, else mainnet.");
        Option<PeerAddress[]> peers = CommonOptions.Peers("A node to follow. Several: all of them, the best chain is relayed.");
        Option<string?> topology = new("--topology")
        {
            Description = "A topology.json of cardano-node (P2P): whom to follow, beside every --peer.",
            HelpName = "FILE",
        };
        Option<string?> chain = new("--chain")
        {
            Description = "The 'immutable' directory of a node's database, or its parent: served too, and followed on from its end.",
            HelpName = "DIR",
        };
        Option<PeerAddress> listen = new("--listen")
        {
            Description = "Where to listen; port 0 picks a free one. Default: 127.0.0.1:3001.",
            HelpName = "HOST:PORT",
            DefaultValueFactory = static _ => DefaultListen,
            CustomParser = CommonOptions.Parser<PeerAddress>(PeerAddress.TryParse, "not HOST:PORT with a port from 0 to 65535"),
        };
        Option<int> keep = new("--keep")
        {
            Description = $"The newest blocks to keep in memory, and the deepest roll back that is followed. Default: {DefaultKeep}.",
            HelpName = "N",
            DefaultValueFactory = static _ => DefaultKeep,
            CustomParser = CommonOptions.Parser<int>(
                static (text, out value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0,
                "not a whole number of 1 or more"),
        };
        Option<Start?> from = new("--from")
        {
            Description = "Without --chain: where to begin, origin, tip, or a block, to relay what comes after it. Default: tip.",
            HelpName = "origin|tip|SLOT.HASH",
            CustomParser = CommonOptions.Parser<Start?>(
                static (text, out value) =>
                {
                    bool isPoint = Point.TryParse(text, out Point point);
                    value = new Start(isPoint ? point : null);
                    return isPoint || text == "tip";
                },
                "neither origin, tip, nor SLOT.HASH with a hash of 64 hexadecimal digits"),
        };
        Option<TimeSpan?> seconds = CommonOptions.Seconds("End after S seconds. Default: no end.");
        Option<bool> json = CommonOptions.Json();
        var command = new Command(
            "relay", "Follow peers and serve what they have at once: every block checked, the newest ones in memory, on top of a node's ImmutableDB.")
        {
            network, peers, topology, chain, listen, keep, from, seconds, json,
        };
        command.SetAction((parsed, stop) =>
        {
            PeerAddress[] given = parsed.GetValue(peers)!;
            string? file = parsed.GetValue(topology);
            string? directory = parsed.GetValue(chain);
            Start? start = parsed.GetValue(from);
            if (given.Length == 0 && file is null)
            {
                throw new UsageException("nobody to follow: --peer or --topology is needed");
            }

            if (directory is not null && start is not null)
            {
                throw new UsageException("--from does not go with --chain: what is followed begins where that ends");
            }

            return new RelayRun
            {
                Magic = parsed.GetValue(network)?.Magic,
                Peers = given,
                Topology = file,
                Directory = directory,
                Listen = parsed.GetValue(listen),
                Keep = parsed.GetValue(keep),
                Start = start?.Point,
                Time = parsed.GetValue(seconds),
                Json = parsed.GetValue(json),
            }.RunAsync(stop);
        });
        return command;
    }

    /// <summary>What <c>--from</c> says; no point is the tip.</summary>
    private sealed record Start(Point? Point);
}
