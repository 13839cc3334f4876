using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Reactive.Network.Load.Scenarios;

/// <summary>
/// From a header announced to the request of its block on the wire, over one connection, next to as many bytes answered by as many over bare sockets. The announcing side is
/// the same blocking socket in all three; what differs is who answers.
/// </summary>
internal static class AnnounceScenario
{
    private const int BlockBytes = 2_048;
    private const int WarmUps = 2_000;

    public static async Task RunAsync(LoadOptions options, Report report)
    {
        Corpus corpus = Corpus.Of(BlockBytes, options.Real);
        (int announcement, int request) = Announcer.BytesFor(corpus.Blocks[^1]);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        int[] numbers = [port, announcement, request];
        using var follower = new ChildProcess([Follower.ChildArgument, .. numbers.Select(static number => number.ToString(CultureInfo.InvariantCulture))]);
        using var announcer = new Announcer(await AcceptAsync(listener));
        announcer.Begin();
        using Socket awaiting = await AcceptAsync(listener);
        using Socket blocking = await AcceptAsync(listener);

        byte[] ping = new byte[announcement];
        byte[] pong = new byte[request];
        int next = 0;
        int warmUps = Math.Min(WarmUps, corpus.Blocks.Count / 3);
        for (int i = 0; i < warmUps; i++)
        {
            announcer.Announce(corpus.Blocks[next++]);
            PingPong(awaiting, ping, pong);
            PingPong(blocking, ping, pong);
        }

        // Methods that are hot are compiled again, better, some time after they were called often enough.
        await Task.Delay(500);
        var rounds = new List<Round>();
        for (int round = 0; round < options.Rounds; round++)
        {
            var found = new Round([], [], []);
            int until = corpus.Blocks.Count - ((options.Rounds - round - 1) * (corpus.Blocks.Count - warmUps) / options.Rounds);
            for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < 2 * options.Turn && next < until;)
            {
                found.Node.Add(Microseconds(announcer.Announce(corpus.Blocks[next++])));
                Thread.Sleep(1);
                found.Awaiting.Add(Microseconds(PingPong(awaiting, ping, pong)));
                Thread.Sleep(1);
                found.Blocking.Add(Microseconds(PingPong(blocking, ping, pong)));
                Thread.Sleep(1);
            }

            found.Sort();
            rounds.Add(found);
        }

        report.Add(Figures(options, rounds, announcer.Bytes));
    }

    private static JsonObject Figures(LoadOptions options, List<Round> rounds, (int Announcement, int Request) bytes)
    {
        var figures = new JsonObject
        {
            ["scenario"] = "announce",
            ["case"] = options.Real is null ? "generated headers" : Path.GetFileName(Path.TrimEndingDirectorySeparator(options.Real)),
            ["rounds"] = rounds.Count,
            ["announcementsPerRound"] = (int)rounds.Average(static round => round.Node.Count),
            ["announcementBytes"] = bytes.Announcement,
            ["requestBytes"] = bytes.Request,
        };
        foreach ((string name, double part) in new[] { ("p50", 0.5), ("p99", 0.99) })
        {
            double[] ratios = [.. rounds.Select(round => At(round.Node, part) / At(round.Awaiting, part))];
            double[] blocking = [.. rounds.Select(round => At(round.Node, part) / At(round.Blocking, part))];
            figures[name + "Ratio"] = Report.Round(Comparison.Median(ratios), 2);
            figures[name + "RatioMin"] = Report.Round(ratios.Min(), 2);
            figures[name + "RatioMax"] = Report.Round(ratios.Max(), 2);
            figures[name + "RatioToBlocking"] = Report.Round(Comparison.Median(blocking), 2);
            figures[name + "Microseconds"] = Report.Round(Comparison.Median(rounds.Select(round => At(round.Node, part))), 1);
            figures[name + "PlainMicroseconds"] = Report.Round(Comparison.Median(rounds.Select(round => At(round.Awaiting, part))), 1);
            figures[name + "BlockingMicroseconds"] = Report.Round(Comparison.Median(rounds.Select(round => At(round.Blocking, part))), 1);
        }

        return figures;
    }

    private static double At(List<double> sorted, double part) => Comparison.Percentile(sorted, part);

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;

    private static long PingPong(Socket socket, byte[] ping, byte[] pong)
    {
        long start = Stopwatch.GetTimestamp();
        socket.Send(ping);
        socket.ReceiveExactly(pong);
        return Stopwatch.GetTimestamp() - start;
    }

    private static async Task<Socket> AcceptAsync(Socket listener)
    {
        Socket socket = await listener.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(20));
        socket.NoDelay = true;
        socket.ReceiveTimeout = 20_000;
        return socket;
    }

    /// <summary>Microseconds of each exchange.</summary>
    private sealed record Round(List<double> Node, List<double> Awaiting, List<double> Blocking)
    {
        public void Sort()
        {
            Node.Sort();
            Awaiting.Sort();
            Blocking.Sort();
        }
    }
}
