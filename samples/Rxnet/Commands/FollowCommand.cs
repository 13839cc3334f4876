using System.CommandLine;
using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Rxnet.Commands;

/// <summary><c>rxnet follow</c>: its options, and what they may say together.</summary>
internal static class FollowCommand
{
    /// <summary>How long the embedded network is followed where nothing is said.</summary>
    private static readonly TimeSpan EmbeddedTime = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        Option<NetworkChoice?> network = CommonOptions.Network(
            "mainnet, preprod, preview (without --peer: its public access points)", "mainnet where --peer is given.");
        Option<PeerAddress[]> peers = CommonOptions.Peers("A node to follow. Several: all at once, the best chain of all.");
        Option<string?> topology = CommonOptions.Topology();
        Option<string?> socket = CommonOptions.Socket("The Unix socket of a local node: its blocks, in place of those of peers.");
        Option<StartPoint?> from = From();
        Option<int?> count = CommonOptions.Count("End after N blocks (roll forwards).");
        Option<TimeSpan?> seconds = CommonOptions.Seconds("End after S seconds. 30 for the embedded network, else no end.");
        Option<bool> headersOnly = new("--headers-only") { Description = "Follow the headers and leave the bodies." };
        Option<bool> json = CommonOptions.Json();
        var command = new Command(
            "follow",
            "Follow a chain: every block checked, nothing lost or repeated over reconnects and roll backs. " +
            "Without --peer, --topology, --socket and --network: that of an embedded network of nodes on this machine, from origin.")
        {
            network, peers, topology, socket, from, count, seconds, headersOnly, json,
        };
        command.SetAction((parsed, stop) =>
        {
            NetworkChoice? choice = parsed.GetValue(network);
            PeerAddress[] given = parsed.GetValue(peers)!;
            string? file = parsed.GetValue(topology);
            string? local = parsed.GetValue(socket);
            bool hasPeers = given.Length > 0 || file is not null;
            if (local is not null && (hasPeers || parsed.GetValue(headersOnly)))
            {
                throw new UsageException("--socket goes with neither --peer, --topology nor --headers-only");
            }

            Check(choice, hasPeers || local is not null);
            bool isEmbedded = choice is null && !hasPeers && local is null;
            NetworkMagic magic = (choice ?? NetworkChoice.Mainnet).Magic;
            return new FollowRun
            {
                IsEmbedded = isEmbedded,
                Magic = magic,
                Socket = local,
                TopologyFile = file,
                Peers = hasPeers || local is not null ? given : PublicAccessPoints.Of(magic),
                From = parsed.GetValue(from) is { } start ? start.Point : isEmbedded ? Point.Origin : null,
                Count = parsed.GetValue(count),
                Time = parsed.GetValue(seconds) ?? (isEmbedded ? EmbeddedTime : null),
                HeadersOnly = parsed.GetValue(headersOnly),
                Json = parsed.GetValue(json),
            }.RunAsync(stop);
        });
        return command;
    }

    private static void Check(NetworkChoice? network, bool hasPeers)
    {
        if (network is null || hasPeers)
        {
            return;
        }

        if (!network.IsName)
        {
            throw new UsageException("--network with a number needs a --peer: access points are known by name only");
        }

        if (PublicAccessPoints.Of(network.Magic).Count == 0)
        {
            throw new UsageException($"--network {network.Magic} needs a --peer: no public access points are known");
        }
    }

    private static Option<StartPoint?> From() => new("--from")
    {
        Description = "Where to begin: origin, tip, or a block, to get what comes after it. Default: tip; origin for the embedded network.",
        HelpName = "origin|tip|SLOT.HASH",
        CustomParser = CommonOptions.Parser<StartPoint?>(
            static (text, out value) =>
            {
                bool isPoint = Point.TryParse(text, out Point point);
                value = new StartPoint(isPoint ? point : null);
                return isPoint || text == "tip";
            },
            "neither origin, tip, nor SLOT.HASH with a hash of 64 hexadecimal digits"),
    };

    /// <summary>What <c>--from</c> says; no point is the tip.</summary>
    private sealed record StartPoint(Point? Point);
}
