using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Reactive.Network.Peers;

namespace Rxnet.Commands;

/// <summary><c>rxnet serve</c>: a node's ImmutableDB directory to whoever connects, until it is interrupted.</summary>
internal static class ServeCommand
{
    private static readonly PeerAddress DefaultListen = new("127.0.0.1", 3001);

    public static Command Create()
    {
        Option<string> chain = new("--chain")
        {
            Description = "The 'immutable' directory of a node's database, or its parent.",
            HelpName = "DIR",
            Required = true,
        };
        Option<NetworkChoice?> network = CommonOptions.Network(
            "mainnet, preprod, preview, sanchonet", "Default: what the protocolMagicId file beside the directory says, else mainnet.");
        Option<PeerAddress?> listen = new("--listen")
        {
            Description = "Where to listen for nodes; port 0 picks a free one. Default: 127.0.0.1:3001; nowhere where --socket is given.",
            HelpName = "HOST:PORT",
            CustomParser = CommonOptions.Parser<PeerAddress?>(
                static (text, out value) =>
                {
                    bool isRead = PeerAddress.TryParse(text, out PeerAddress address);
                    value = address;
                    return isRead;
                },
                "not HOST:PORT with a port from 0 to 65535"),
        };
        Option<string?> socket = CommonOptions.Socket(
            "A Unix socket for local clients: blocks, what can be asked without a ledger, a mempool to submit to and to look into.");
        Option<int?> start = CommonOptions.Whole("--start", "Begin with the first N blocks, and add the others one by one, as if they were new.");
        Option<TimeSpan?> every = CommonOptions.Seconds("With --start: add a block every S seconds. Default: 1.", "--every");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("serve", "Serve the chain in a node's ImmutableDB directory, read-only and byte for byte: to nodes, to local clients, or to both.")
        {
            chain, network, listen, socket, start, every, json,
        };
        command.SetAction((parsed, stop) =>
        {
            string? path = parsed.GetValue(socket);
            if (parsed.GetValue(every) is not null && parsed.GetValue(start) is null)
            {
                throw new UsageException("--every needs --start");
            }

            return new ServeRun
            {
                Directory = parsed.GetValue(chain)!,
                Magic = parsed.GetValue(network)?.Magic,
                Listen = parsed.GetValue(listen) ?? (path is null ? DefaultListen : null),
                Socket = path,
                Start = parsed.GetValue(start),
                Every = parsed.GetValue(every) ?? TimeSpan.FromSeconds(1),
                Json = parsed.GetValue(json),
            }.RunAsync(stop);
        });
        return command;
    }

    /// <summary>Where to listen, with a name looked up.</summary>
    internal static async Task<IPEndPoint> ResolveAsync(PeerAddress listen, CancellationToken stop)
    {
        if (IPAddress.TryParse(listen.Host, out IPAddress? address))
        {
            return new IPEndPoint(address, listen.Port);
        }

        try
        {
            IPAddress[] found = await Dns.GetHostAddressesAsync(listen.Host, stop).ConfigureAwait(false);
            address = found.FirstOrDefault(static one => one.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
            return new IPEndPoint(address, listen.Port);
        }
        catch (SocketException error)
        {
            throw new IOException($"cannot listen on {listen}: {error.Message}", error);
        }
    }
}
