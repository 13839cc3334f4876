using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Reactive.Network.Peers;
using Reactive.Network.Storage;

namespace Reactive.Network.Load.Scenarios;

/// <summary>What an idle duplex connection costs, beside what a bare socket costs: memory in each process, and processor time at one ping per 30 s.</summary>
internal static class ConnectionsScenario
{
    /// <summary>The first time, the compiler takes some megabytes of native memory, and keeps them.</summary>
    private const int WarmUps = 2;

    private const int LeastForNative = 500;

    private static readonly IReadOnlyList<int> DefaultCounts = [1, 10, 100, 500, 1_000, 2_000];

    /// <summary>Between the pings of a connection. The window is a multiple of it, so that every connection has as many pings in it as it should.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(LoadOptions options, Report report)
    {
        double idle = options.GivenSeconds ?? 2 * Interval.TotalSeconds;
        foreach (int count in options.Counts.Count > 0 ? options.Counts : DefaultCounts)
        {
            // A new one each time: what its pools keep from more connections before would be missing from the figures of these.
            using ServerProcess server = await ServerProcess.StartAsync("memory", Corpus.SmallestBlock, null);
            for (int i = 0; i < WarmUps; i++)
            {
                await MeasureAsync(server, 50, TimeSpan.Zero);
            }

            Costs plain = await MeasurePlainAsync(server, count);
            Costs node = await MeasureAsync(server, count, TimeSpan.FromSeconds(idle));
            report.Add(new JsonObject
            {
                ["scenario"] = "connections",
                ["case"] = count,
                ["clientManagedBytesEach"] = Each(node.Client.Managed, count),
                ["serverManagedBytesEach"] = Each(node.Server.Managed, count),
                ["clientNativeBytesEach"] = Native(node.ClientNative, count),
                ["serverNativeBytesEach"] = Native(node.ServerNative, count),
                ["plainClientManagedBytesEach"] = Each(plain.Client.Managed, count),
                ["plainServerManagedBytesEach"] = Each(plain.Server.Managed, count),
                ["clientWorkingSetBytesEach"] = Each(node.Client.WorkingSet, count),
                ["serverWorkingSetBytesEach"] = Each(node.Server.WorkingSet, count),
                ["plainClientWorkingSetBytesEach"] = Each(plain.Client.WorkingSet, count),
                ["plainServerWorkingSetBytesEach"] = Each(plain.Server.WorkingSet, count),
                ["clientPercentOfOneCore"] = Report.Round(100 * node.ClientLoad, 3),
                ["serverPercentOfOneCore"] = Report.Round(100 * node.ServerLoad, 3),
                ["clientAllocatedBytesPerPing"] = Report.Round(node.ClientAllocated / (count * Math.Max(1, idle / Interval.TotalSeconds)), 0),
                ["serverAllocatedBytesPerPing"] = Report.Round(node.ServerAllocated / (count * Math.Max(1, idle / Interval.TotalSeconds)), 0),
                ["secondsToOpen"] = Report.Round(node.SecondsToOpen, 2),
                ["idleSeconds"] = idle,
            });
        }
    }

    /// <summary>
    /// From half of the connections to all of them: what the runtime takes and gives back for itself, some megabytes, would otherwise count. Null, not to be told, for few.
    /// </summary>
    private static JsonNode? Native(double each, int count) => count < LeastForNative ? null : Report.Round(each, 0);

    private static double Each(long bytes, int count) => Report.Round(bytes / (double)count, 0);

    private static async Task<Costs> MeasureAsync(ServerProcess server, int count, TimeSpan idle)
    {
        // A chain to serve makes both sides offer both roles.
        NetworkOptions options = ClientOptions.For(new LoadOptions { Scenario = "connections" }) with
        {
            Serve = new InMemoryChain(),
            KeepAlive = new() { Interval = Interval },
        };
        Usage client = Usage.Now(collect: true);
        Usage remote = await server.UsageAsync(collect: true);
        var connections = new List<PeerConnection>(count);

        // The first pings go out at once, and what became hot meanwhile is compiled again: no part of an idle connection.
        TimeSpan settle = TimeSpan.FromMilliseconds(idle > TimeSpan.Zero ? 3_000 : 500);
        double opened = await ConnectAsync(connections, count / 2, server, options);
        await Task.Delay(settle);
        Usage half = Usage.Now(collect: true);
        Usage remoteHalf = await server.UsageAsync(collect: true);
        opened += await ConnectAsync(connections, count, server, options);
        await Task.Delay(settle);
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

        // Until the other process has seen the end of each.
        await Task.Delay(500);
        double seconds = Math.Max(0.001, idle.TotalSeconds);
        return new Costs(
            Difference(full, client),
            Difference(remoteFull, remote),
            (full.Native - half.Native) / (double)(count - (count / 2)),
            (remoteFull.Native - remoteHalf.Native) / (double)(count - (count / 2)),
            (later.CpuSeconds - full.CpuSeconds) / seconds,
            (remoteLater.CpuSeconds - remoteFull.CpuSeconds) / seconds,
            later.Allocated - full.Allocated,
            remoteLater.Allocated - remoteFull.Allocated,
            opened);
    }

    /// <summary>Opens connections until there are <paramref name="count"/>.</summary>
    /// <returns>The seconds it took.</returns>
    private static async Task<double> ConnectAsync(List<PeerConnection> connections, int count, ServerProcess server, NetworkOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        while (connections.Count < count)
        {
            connections.Add(await PeerConnection.ConnectAsync(server.Node, options));
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
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
        await server.ForgetPlainAsync();
        return new Costs(Difference(full, client), Difference(remoteFull, remote), 0, 0, 0, 0, 0, 0, 0);
    }

    private static Usage Difference(Usage now, Usage before) => now with
    {
        Managed = now.Managed - before.Managed,
        WorkingSet = now.WorkingSet - before.WorkingSet,
    };

    private sealed record Costs(
        Usage Client,
        Usage Server,
        double ClientNative,
        double ServerNative,
        double ClientLoad,
        double ServerLoad,
        double ClientAllocated,
        double ServerAllocated,
        double SecondsToOpen);
}
