using System.Diagnostics;
using System.Runtime;

namespace Reactive.Network.Load;

/// <summary>What was done in one turn.</summary>
/// <param name="Items">Blocks or headers.</param>
/// <param name="Bytes">Bytes of the stream.</param>
internal readonly record struct Work(long Items, long Bytes);

/// <summary>One turn: work, and what both processes used for it.</summary>
internal readonly record struct Turn(Work Work, Usage Client, Usage Server)
{
    public double Seconds => Client.Time / (double)Stopwatch.Frequency;

    public double BytesPerSecond => Work.Bytes / Seconds;
}

/// <summary>A scenario and its baseline, run by turns so that both meet the same machine.</summary>
internal sealed class Comparison
{
    private const int WarmUps = 8;

    /// <summary>Methods compiled in a round of warming up: fewer, and the rest does not matter.</summary>
    private const int Settled = 10;

    private readonly List<double> _ratios = [];
    private readonly List<double> _rates = [];
    private readonly List<double> _baselineRates = [];
    private Turn _total;
    private Turn _baselineTotal;

    /// <summary>System calls in a turn that was not timed, where they can be counted.</summary>
    public CountedTurn? Counted { get; private set; }

    /// <summary>The same of the baseline.</summary>
    public CountedTurn? BaselineCounted { get; private set; }

    private Comparison(string scenario, string name) => (Scenario, Name) = (scenario, name);

    public string Scenario { get; }

    /// <summary>Which blocks, which variant.</summary>
    public string Name { get; }

    /// <summary>Throughput over the baseline's in the same round, in ascending order.</summary>
    public IReadOnlyList<double> Ratios => _ratios;

    /// <summary>All turns of the scenario together.</summary>
    public Turn Total => _total;

    /// <summary>All turns of the baseline together.</summary>
    public Turn BaselineTotal => _baselineTotal;

    public double Ratio => Median(_ratios);

    public double BytesPerSecond => Median(_rates);

    public double BaselineBytesPerSecond => Median(_baselineRates);

    /// <param name="scenario">The scenario.</param>
    /// <param name="name">The case.</param>
    /// <param name="options">Rounds and time.</param>
    /// <param name="server">The other process.</param>
    /// <param name="baseline">Runs for a while.</param>
    /// <param name="subject">Runs for a while.</param>
    public static async Task<Comparison> RunAsync(
        string scenario, string name, LoadOptions options, ServerProcess server, Func<TimeSpan, Work> baseline, Func<TimeSpan, Work> subject)
    {
        var comparison = new Comparison(scenario, name);

        // Both processes compile what is hot again, better, after some thousand calls and a pause: not a matter of what is measured.
        // On a busy machine it takes its time: until what is allocated and compiled has settled, or some seconds at most.
        TimeSpan warmUp = TimeSpan.FromSeconds(Math.Clamp(options.Seconds / 10, 0.1, 1));
        baseline(warmUp / 2);
        for (int i = 0; i < WarmUps; i++)
        {
            long compiled = JitInfo.GetCompiledMethodCount();
            subject(warmUp);
            await Task.Delay(200);
            if (i > 1 && JitInfo.GetCompiledMethodCount() - compiled < Settled)
            {
                break;
            }
        }

        for (int round = 0; round < options.Rounds; round++)
        {
            // By turns the one and the other goes first.
            Turn plain = default;
            if (round % 2 == 0)
            {
                plain = await RunTurnAsync(server, baseline, options.Turn);
            }

            Turn run = await RunTurnAsync(server, subject, options.Turn);
            if (round % 2 != 0)
            {
                plain = await RunTurnAsync(server, baseline, options.Turn);
            }

            comparison.Add(run, plain);
        }

        comparison.BaselineCounted = await CountedTurn.RunAsync(server, baseline, options.Turn);
        comparison.Counted = await CountedTurn.RunAsync(server, subject, options.Turn);
        comparison._ratios.Sort();
        return comparison;
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    public static double Percentile(IReadOnlyList<double> sorted, double part) => sorted[(int)Math.Min(sorted.Count - 1, part * sorted.Count)];

    private static async Task<Turn> RunTurnAsync(ServerProcess server, Func<TimeSpan, Work> run, TimeSpan time)
    {
        Usage serverStart = await server.UsageAsync();
        Usage start = Usage.Now();
        Work work = run(time);
        Usage client = Usage.Now().Since(start);
        return new Turn(work, client, (await server.UsageAsync()).Since(serverStart));
    }

    private void Add(Turn run, Turn plain)
    {
        _ratios.Add(run.BytesPerSecond / plain.BytesPerSecond);
        _rates.Add(run.BytesPerSecond);
        _baselineRates.Add(plain.BytesPerSecond);
        _total = Sum(_total, run);
        _baselineTotal = Sum(_baselineTotal, plain);
    }

    private static Turn Sum(Turn a, Turn b) =>
        new(new Work(a.Work.Items + b.Work.Items, a.Work.Bytes + b.Work.Bytes), a.Client + b.Client, a.Server + b.Server);
}
