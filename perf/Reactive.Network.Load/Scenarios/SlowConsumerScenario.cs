using System.Text.Json.Nodes;
using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Reactive.Network.Load.Scenarios;

/// <summary>Keep-alive on a connection whose block-fetch consumer never returns from <c>OnNext</c>, next to the same connection before.</summary>
internal static class SlowConsumerScenario
{
    public static async Task RunAsync(LoadOptions options, Report report)
    {
        int size = options.Sizes[^1];
        Corpus corpus = Corpus.Of(size, options.Real);
        using ServerProcess server = await ServerProcess.StartAsync("memory", size, options.Real);
        TimeSpan half = options.Turn;
        var before = new List<double>();
        var after = new List<double>();
        var ratios = new List<double>();
        var growth = new List<double>();
        for (int round = -1; round < options.Rounds; round++)
        {
            await using PeerConnection connection = await PeerConnection.ConnectAsync(
                server.Node, ClientOptions.For(options) with { KeepAlive = new() { Interval = TimeSpan.FromMilliseconds(2) } });
            double idle = await RoundTripAsync(connection, half);
            using var stuck = new StuckObserver();
            using (connection.BlockFetch.Fetch(corpus.Requests).Subscribe(stuck))
            {
                stuck.Reached.Wait(TimeSpan.FromSeconds(10));
                await Task.Delay(100);
                Usage start = Usage.Now(collect: true);
                double blocked = await RoundTripAsync(connection, half);
                Usage end = Usage.Now(collect: true);
                stuck.Release.Set();
                if (round >= 0)
                {
                    before.Add(idle);
                    after.Add(blocked);
                    ratios.Add(blocked / idle);
                    growth.Add(end.Managed - start.Managed);
                }
            }
        }

        report.Add(new JsonObject
        {
            ["scenario"] = "slow-consumer",
            ["case"] = options.Real is null ? $"{size} B" : Path.GetFileName(options.Real),
            ["rounds"] = options.Rounds,
            ["ratio"] = Report.Round(Comparison.Median(ratios), 2),
            ["ratioMin"] = Report.Round(ratios.Min(), 2),
            ["ratioMax"] = Report.Round(ratios.Max(), 2),
            ["roundTripMicrosecondsBefore"] = Report.Round(Comparison.Median(before), 0),
            ["roundTripMicrosecondsBlocked"] = Report.Round(Comparison.Median(after), 0),
            ["managedBytesGrown"] = Report.Round(Comparison.Median(growth), 0),
        });
    }

    /// <summary>The median round trip of the pings of a while, in microseconds.</summary>
    private static async Task<double> RoundTripAsync(PeerConnection connection, TimeSpan time)
    {
        var trips = new List<double>();
        using (connection.KeepAlive.RoundTrips.Subscribe(trip =>
        {
            lock (trips)
            {
                trips.Add(trip.TotalMicroseconds);
            }
        }))
        {
            await Task.Delay(time);
        }

        lock (trips)
        {
            return trips.Count > 0 ? Comparison.Median(trips) : throw new IOException("no ping was answered");
        }
    }

    private sealed class StuckObserver : IObserver<Block>, IDisposable
    {
        public ManualResetEventSlim Reached { get; } = new();

        public ManualResetEventSlim Release { get; } = new();

        public void OnNext(Block value)
        {
            Reached.Set();
            Release.Wait();
        }

        public void OnError(Exception error)
        {
        }

        public void OnCompleted()
        {
        }

        public void Dispose() => Release.Set();
    }
}
