using System.Collections.Concurrent;
using System.Globalization;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios.Simulation;

/// <summary>
/// For any set of peers of which any subset misbehaves, as long as one is honest and nobody shows a longer chain that would pass: folding the events gives
/// the honest chain. Ten thousand scenarios in all. Set RXNET_SIM_SEED to the seed that a failure names to play it alone, RXNET_SIM_COUNT to play so many scenarios in each test.
/// </summary>
[Collection(Alone.Name)]
public class ChainPropertyTests
{
    private const string SeedVariable = "RXNET_SIM_SEED";
    private const string CountVariable = "RXNET_SIM_COUNT";

    [Fact]
    public void FoldsToTheHonestChain_WhenAnySubsetMisbehaves() => Check(Order.Fifo, first: 1, count: 4_400, kills: false);

    [Fact]
    public void FoldsToTheHonestChain_WhenAnySubsetMisbehavesAndStrandsRunInAnyOrder() => Check(Order.Any, first: 5_001, count: 4_400, kills: false);

    [Fact]
    public void NothingIsLostOrRepeated_WhenTheQueryIsKilledAndResumed() => Check(Order.Fifo, first: 20_001, count: 600, kills: true);

    [Fact]
    public void NothingIsLostOrRepeated_WhenTheQueryIsKilledAndStrandsRunInAnyOrder() => Check(Order.Any, first: 30_001, count: 600, kills: true);

    [Fact]
    public void TraceIsTheSame_WhenTheSeedIs()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            Order order = seed % 2 == 0 ? Order.Fifo : Order.Any;
            List<string> first = [];
            List<string> second = [];

            string? one = ScenarioRun.Execute(ScenarioDraw.Draw(seed, kills: seed % 3 == 0), order, first);
            string? two = ScenarioRun.Execute(ScenarioDraw.Draw(seed, kills: seed % 3 == 0), order, second);

            Assert.Null(one ?? two);
            Assert.NotEmpty(first);
            Assert.Equal(first, second);
        }
    }

    [Fact]
    public void ScenarioIsShrunkToItsCause_WhenItFails()
    {
        Scenario large = ScenarioDraw.Draw(11) with { Peers = [.. Enumerable.Range(0, 5).Select(static i => new PeerPlan { LagMs = i }), new PeerPlan { Lie = Lie.NoBlocks, LatencyMs = 5 }] };

        Scenario small = ScenarioShrinker.Shrink(large, static one => one.Peers.Any(static peer => peer.Lie == Lie.NoBlocks));

        Assert.Equal(2, small.Peers.Length);
        Assert.Equal(0, small.Peers[1].LatencyMs);
        Assert.Single(small.Honest);
    }

    private static void Check(Order order, int first, int count, bool kills)
    {
        if (Environment.GetEnvironmentVariable(CountVariable) is { Length: > 0 } many)
        {
            count = int.Parse(many, CultureInfo.InvariantCulture);
        }

        if (Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } chosen)
        {
            (first, count) = (int.Parse(chosen, CultureInfo.InvariantCulture), 1);
        }

        var failed = new ConcurrentBag<int>();
        Parallel.For(first, first + count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, (seed, loop) =>
        {
            if (ScenarioRun.Execute(ScenarioDraw.Draw(seed, kills), order) is not null)
            {
                failed.Add(seed);
                if (failed.Count > 4)
                {
                    loop.Stop();
                }
            }
        });
        if (failed.IsEmpty)
        {
            return;
        }

        int worst = failed.Min();
        Scenario small = ScenarioShrinker.Shrink(ScenarioDraw.Draw(worst, kills), one => ScenarioRun.Execute(one, order) is not null);
        Assert.Fail($"{order}: seeds {string.Join(", ", failed.Order())} fail (replay: {SeedVariable}={worst}). Shrunk to\n{small}\n{ScenarioRun.Execute(small, order)}");
    }
}
