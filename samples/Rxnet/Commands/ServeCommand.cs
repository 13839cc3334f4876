using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Reactive.Concurrency;
using Reactive.Network;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Storage;
using Rxnet.Output;

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
        Option<PeerAddress> listen = new("--listen")
        {
            Description = "Where to listen; port 0 picks a free one. Default: 127.0.0.1:3001.",
            HelpName = "HOST:PORT",
            DefaultValueFactory = static _ => DefaultListen,
            CustomParser = CommonOptions.Parser<PeerAddress>(PeerAddress.TryParse, "not HOST:PORT with a port from 0 to 65535"),
        };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("serve", "Serve the chain in a node's ImmutableDB directory, read-only and byte for byte.") { chain, network, listen, json };
        command.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(chain)!, parsed.GetValue(network)?.Magic, parsed.GetValue(listen), parsed.GetValue(json), stop));
        return command;
    }

    private static async Task<int> RunAsync(string directory, NetworkMagic? network, PeerAddress listen, bool json, CancellationToken stop)
    {
        using ImmutableDatabase chain = ImmutableDatabase.Open(
            directory, new ImmutableDatabaseOptions { SlotsPerChunk = SlotsPerChunk.Of(network ?? NetworkMagic.Mainnet) });
        if (chain.Defect is { } defect)
        {
            await Console.Error.WriteLineAsync($"rxnet: {defect}").ConfigureAwait(false);
        }

        var options = new NetworkOptions
        {
            Magic = network ?? chain.Magic ?? NetworkMagic.Mainnet,
            Scheduler = DefaultScheduler.Instance,
            Serve = chain,
        };
        using StandardOutput standard = new();
        var output = new ServeOutput(standard, json);
        TcpBearerListener socket = TcpBearerListener.Listen(await ResolveAsync(listen, stop).ConfigureAwait(false), options.Bearer);

        // Told before anybody can connect: it is the first line.
        output.Listening(socket.LocalEndPoint, options.Magic, chain);
        using PeerListener listener = PeerListener.Start(socket, options, output.Accepted);
        try
        {
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // How it ends: for those who are connected in order.
            await Task.WhenAll(listener.Connections.Select(static connection => connection.DisposeAsync().AsTask())).ConfigureAwait(false);
        }

        return ExitCode.Done;
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
