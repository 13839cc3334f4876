using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Reactive.Network.Peers;
using Reactive.Network.Storage;

namespace Reactive.Network.Load.Scenarios;

/// <summary>What an idle duplex connection costs, beside what its socket costs: memory in each process, and processor time at one ping per 30 s.</summary>
internal static class ConnectionsScenario
{
    public static async Task RunAsync(LoadOptions options, Report report)
    {
        using ServerProcess server = await ServerProcess.StartAsync("memory", Corpus.SmallestBlock, null);
        await MeasureAsync(server, 50, "warm-up");

        var plain = await MeasurePlainAsync(server, options.Count);
        Costs node = await MeasureAsync(server, options.Count, null, TimeSpan.FromSeconds(options.Seconds));
        report.Add(new JsonObject
        {
            ["scenario"] = "connections",
            ["case"] = options.Count,
            ["clientManagedBytesEach"] = Report.Round(node.Client.Managed / (double)options.Count, 0),
            ["serverManagedBytesEach"] = Report.Round(node.Server.Managed / (double)options.Count, 0),
            ["clientWorkingSetBytesEach"] = Report.Round(node.Client.WorkingSet / (double)options.Count, 0),
            ["serverWorkingSetBytesEach"] = Report.Round(node.Server.WorkingSet / (double)options.Count, 0),
            ["plainClientWorkingSetBytesEach"] = Report.Round(plain.Client.WorkingSet / (double)options.Count, 0),
            ["plainServerWorkingSetBytesEach"] = Report.Round(plain.Server.WorkingSet / (double)options.Count, 0),
            ["clientPercentOfOneCore"] = Report.Round(100 * node.ClientLoad, 2),
            ["serverPercentOfOneCore"] = Report.Round(100 * node.ServerLoad, 2),
            ["secondsToOpen"] = Report.Round(node.SecondsToOpen, 2),
            ["idleSeconds"] = options.Seconds,
        });
    }

    private static async Task<Costs> MeasureAsync(ServerProcess server, int count, string? warmUp, TimeSpan idle = default)
    {
        // A chain to serve makes both sides offer both roles.
        NetworkOptions options = ClientOptions.For(new LoadOptions { Scenario = "connections" }) with
        {
            Serve = new InMemoryChain(),
            KeepAlive = new() { Interval = TimeSpan.FromSeconds(30) },
        };
        Usage client = Usage.Now(collect: true);
        Usage remote = await server.UsageAsync(collect: true);
        var connections = new List<PeerConnection>(count);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            connections.Add(await PeerConnection.ConnectAsync(server.Node, options));
        }

        double opened = Stopwatch.GetElapsedTime(start).TotalSeconds;

        // The first pings go out at once, and are no part of an idle connection.
        await Task.Delay(warmUp is null ? 1_000 : 100);
        Usage full = Usage.Now(collect: true);
        Usage remoteFull = await server.UsageAsync(collect: true);
        await Task.Delay(idle);
        Usage later = Usage.Now();
        Usage remoteLater = await server.UsageAsync();
        foreach (PeerConnection connection in connections)
        {
            if (connection.Completion.IsCompleted)
            {
                throw new IOException($"a connection was lost: {await connection.Completion}");
            }

            connection.Dispose();
        }

        double seconds = Math.Max(0.001, idle.TotalSeconds);
        return new Costs(
            Difference(full, client),
            Difference(remoteFull, remote),
            (later.CpuSeconds - full.CpuSeconds) / seconds,
            (remoteLater.CpuSeconds - remoteFull.CpuSeconds) / seconds,
            opened);
    }

    private static async Task<Costs> MeasurePlainAsync(ServerProcess server, int count)
    {
        Usage client = Usage.Now(collect: true);
        Usage remote = await server.UsageAsync(collect: true);
        var sockets = new List<Socket>(count);
        for (int i = 0; i < count; i++)
        {
            Socket socket = PlainClient.Connect(server.Ports.Plain, PlainWish.Announcements);
            _ = socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).AsTask().ContinueWith(
                static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            sockets.Add(socket);
        }

        await Task.Delay(200);
        Usage full = Usage.Now(collect: true);
        Usage remoteFull = await server.UsageAsync(collect: true);
        sockets.ForEach(static socket => socket.Dispose());
        return new Costs(Difference(full, client), Difference(remoteFull, remote), 0, 0, 0);
    }

    private static Usage Difference(Usage now, Usage before) => now with
    {
        Managed = now.Managed - before.Managed,
        WorkingSet = now.WorkingSet - before.WorkingSet,
    };

    private sealed record Costs(Usage Client, Usage Server, double ClientLoad, double ServerLoad, double SecondsToOpen);
}
