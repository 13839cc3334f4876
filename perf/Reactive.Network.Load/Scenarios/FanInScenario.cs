using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;

namespace Reactive.Network.Load.Scenarios;

/// <summary>One new header, announced by N connections: how long until it has come from each, next to the same message over N bare sockets.</summary>
internal static class FanInScenario
{
    private static readonly IReadOnlyList<int> DefaultCounts = [50, 500, 2_000];

    private const int WarmUpMessages = 20_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(LoadOptions options, Report report)
    {
        foreach (int count in options.Counts.Count > 0 ? options.Counts : DefaultCounts)
        {
            await RunAsync(options, count, report);
        }
    }

    private static async Task RunAsync(LoadOptions options, int count, Report report)
    {
        using ServerProcess server = await ServerProcess.StartAsync("growing", Corpus.SmallestBlock, options.Real);
        using var arrivals = new Arrivals(count);
        using var nodes = new NodeFollowers(arrivals);
        await nodes.ConnectAsync(server, count);
        using var plainArrivals = new Arrivals(count);
        using var sockets = new PlainFollowers(plainArrivals, server.Ports.Plain, count);
        await Task.Delay(300);

        // Both processes compile what is hot again, better, some time after it was called often enough.
        int warmUps = Math.Clamp(WarmUpMessages / count, 10, Server.Announcements / 4);
        for (int i = 0; i < warmUps; i++)
        {
            await plainArrivals.AfterAsync(() => server.AnnounceAsync(plain: true));
            await arrivals.AfterAsync(() => server.AnnounceAsync(plain: false));
            await Task.Delay(i % (warmUps / 4) == 0 ? 300 : 0);
        }

        // Enough of them for a median within the time: an announcement takes some milliseconds.
        int perRound = (int)Math.Clamp(options.Seconds * 10 / options.Rounds, 3, (Server.Announcements - warmUps) / options.Rounds);
        var ratios50 = new List<double>();
        var ratios99 = new List<double>();
        var node50 = new List<double>();
        var node99 = new List<double>();
        var plain50 = new List<double>();
        var plain99 = new List<double>();
        for (int round = 0; round < options.Rounds; round++)
        {
            var node = new List<double>();
            var plain = new List<double>();
            for (int i = 0; i < perRound; i++)
            {
                plain.AddRange(await plainArrivals.AfterAsync(() => server.AnnounceAsync(plain: true)));
                node.AddRange(await arrivals.AfterAsync(() => server.AnnounceAsync(plain: false)));
            }

            node.Sort();
            plain.Sort();
            node50.Add(Comparison.Percentile(node, 0.5));
            node99.Add(Comparison.Percentile(node, 0.99));
            plain50.Add(Comparison.Percentile(plain, 0.5));
            plain99.Add(Comparison.Percentile(plain, 0.99));
            ratios50.Add(node50[^1] / plain50[^1]);
            ratios99.Add(node99[^1] / plain99[^1]);
        }

        report.Add(new JsonObject
        {
            ["scenario"] = "fan-in",
            ["case"] = count,
            ["rounds"] = options.Rounds,
            ["announcementsPerRound"] = perRound,
            ["p50Ratio"] = Report.Round(Comparison.Median(ratios50), 2),
            ["p50RatioMin"] = Report.Round(ratios50.Min(), 2),
            ["p50RatioMax"] = Report.Round(ratios50.Max(), 2),
            ["p99Ratio"] = Report.Round(Comparison.Median(ratios99), 2),
            ["p99RatioMin"] = Report.Round(ratios99.Min(), 2),
            ["p99RatioMax"] = Report.Round(ratios99.Max(), 2),
            ["p50Microseconds"] = Report.Round(Comparison.Median(node50), 0),
            ["p99Microseconds"] = Report.Round(Comparison.Median(node99), 0),
            ["plainP50Microseconds"] = Report.Round(Comparison.Median(plain50), 0),
            ["plainP99Microseconds"] = Report.Round(Comparison.Median(plain99), 0),
            ["p99MicrosecondsPerConnection"] = Report.Round(Comparison.Median(node99) / count, 2),
            ["plainP99MicrosecondsPerConnection"] = Report.Round(Comparison.Median(plain99) / count, 2),
        });
    }

    /// <summary>The arrivals of one announcement.</summary>
    private sealed class Arrivals(int count) : IDisposable
    {
        private readonly long[] _at = new long[count];
        private readonly SemaphoreSlim _all = new(0);
        private int _seen;

        public void Dispose() => _all.Dispose();

        public void Add(long timestamp)
        {
            int index = Interlocked.Increment(ref _seen) - 1;
            if (index < _at.Length)
            {
                _at[index] = timestamp;
            }

            if (index == _at.Length - 1)
            {
                _all.Release();
            }
        }

        /// <summary>Announces, waits for all.</summary>
        /// <returns>Microseconds from the announcement to each arrival.</returns>
        public async Task<double[]> AfterAsync(Func<Task<long>> announce)
        {
            _seen = 0;
            long start = await announce();
            if (!await _all.WaitAsync(Patience))
            {
                throw new TimeoutException($"{_seen} of {_at.Length} announcements came");
            }

            return [.. _at.Select(at => (at - start) * 1e6 / Stopwatch.Frequency)];
        }
    }

    private sealed class NodeFollowers(Arrivals arrivals) : IDisposable
    {
        private readonly List<PeerConnection> _connections = [];

        public async Task ConnectAsync(ServerProcess server, int count)
        {
            for (int i = 0; i < count; i++)
            {
                PeerConnection connection = await PeerConnection.ConnectAsync(server.Node, ClientOptions.For(new LoadOptions { Scenario = "fan-in" }));
                _connections.Add(connection);

                // From the tip: the first element says that it was found.
                var tip = new TaskCompletionSource<Point>();
                connection.ChainSync.FindTip().Subscribe(found => tip.SetResult(found.Point), error => tip.SetException(error));
                Point point = await tip.Task;
                connection.ChainSync.Follow(point).Recycle(
                    e =>
                    {
                        if (e.Kind == ChainEventKind.RollForward)
                        {
                            arrivals.Add(Stopwatch.GetTimestamp());
                        }
                    },
                    static _ => { });
            }
        }

        public void Dispose() => _connections.ForEach(static connection => connection.Dispose());
    }

    /// <summary>Sockets that receive by callback, as a bearer does.</summary>
    private sealed class PlainFollowers : IDisposable
    {
        private readonly List<Socket> _sockets = [];

        public PlainFollowers(Arrivals arrivals, int port, int count)
        {
            for (int i = 0; i < count; i++)
            {
                Socket socket = PlainClient.Connect(port, PlainWish.Announcements);
                _sockets.Add(socket);
                _ = ReceiveAsync(socket, arrivals);
            }
        }

        public void Dispose() => _sockets.ForEach(static socket => socket.Dispose());

        private static async Task ReceiveAsync(Socket socket, Arrivals arrivals)
        {
            byte[] buffer = new byte[4096];
            try
            {
                while (await socket.ReceiveAsync(buffer) > 0)
                {
                    arrivals.Add(Stopwatch.GetTimestamp());
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // Closed at the end.
            }
        }
    }
}
