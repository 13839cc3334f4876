using System.Globalization;

namespace Reactive.Network.Load;

/// <summary>What the command line says.</summary>
internal sealed record LoadOptions
{
    public const string Usage =
        """
        dotnet run -c Release --project perf/Reactive.Network.Load -- SCENARIO [N] [options]

          drain            a plain socket drain, alone: how steady the machine is
          block-fetch      blocks delivered to an observer that gives them back; --keep: that does not; --check: every block verified
          chain-sync       headers, pipelined, delivered to an observer; --points: the point (hash) of each is computed
          serve            block-fetch served from an ImmutableDB directory to a client that only counts bytes
          announce         from a header announced to the request of its block, over one connection
          connections N..  N idle duplex connections with keep-alive: memory and processor time of each (default 1 10 100 500 1000 2000)
          fan-in N..       N connections that announce the same header: how long until it has come from each (default 50 500 2000)
          slow-consumer    keep-alive while a block-fetch consumer never returns from OnNext

          machine COMMIT             the first line of a report: where and when it is made
          tables FILE [README]       the tables of a report; with a README, written into it, or only compared with it: --check
          plot FILE DIRECTORY        the pictures of a report

          --seconds S      measured time of each case, baseline included (default 10; of connections 60, all of it idle)
          --rounds R       interleaved rounds of baseline and scenario (default 5)
          --size BYTES     one block size instead of 2,048, 12,288 and 90,112
          --real DIR       the blocks of an ImmutableDB directory instead of generated ones
          --json           one JSON object a line
        """;

    public required string Scenario { get; init; }

    /// <summary>Each N that was given.</summary>
    public IReadOnlyList<int> Counts { get; init; } = [];

    /// <summary>What was given, or the default of most scenarios.</summary>
    public double Seconds => GivenSeconds ?? 10;

    public double? GivenSeconds { get; init; }

    public int Rounds { get; init; } = 5;

    public IReadOnlyList<int> Sizes { get; init; } = [2_048, 12_288, 90_112];

    public string? Real { get; init; }

    /// <summary>Whatever else was given, in order.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    public bool Json { get; init; }

    public bool Keep { get; init; }

    public bool Check { get; init; }

    public bool Points { get; init; }

    /// <summary>How long baseline and scenario each run in one round.</summary>
    public TimeSpan Turn => TimeSpan.FromSeconds(Seconds / (2 * Rounds));

    /// <exception cref="FormatException">It says nothing that can be done.</exception>
    public static LoadOptions Parse(string[] args)
    {
        if (args.Length == 0 || args[0].StartsWith('-'))
        {
            throw new FormatException("Which scenario?");
        }

        var options = new LoadOptions { Scenario = args[0] };
        var rest = new Queue<string>(args[1..]);
        while (rest.TryDequeue(out string? word))
        {
            options = word switch
            {
                "--seconds" => options with { GivenSeconds = Number(rest, word, 0.01) },
                "--rounds" => options with { Rounds = (int)Number(rest, word, 1) },
                "--size" => options with { Sizes = [(int)Number(rest, word, Corpus.SmallestBlock)] },
                "--real" => options with { Real = Value(rest, word) },
                "--json" => options with { Json = true },
                "--keep" => options with { Keep = true },
                "--check" => options with { Check = true },
                "--points" => options with { Points = true },
                _ when options.Scenario is not ("machine" or "plot" or "tables") && int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0 => options with { Counts = [.. options.Counts, count] },
                _ when !word.StartsWith('-') && options.Scenario is "machine" or "plot" or "tables" => options with { Words = [.. options.Words, word] },
                _ => throw new FormatException($"What is '{word}'?"),
            };
        }

        return options;
    }

    private static string Value(Queue<string> rest, string word) =>
        rest.TryDequeue(out string? value) ? value : throw new FormatException($"{word} needs a value.");

    private static double Number(Queue<string> rest, string word, double least) =>
        double.TryParse(Value(rest, word), CultureInfo.InvariantCulture, out double number) && number >= least
            ? number
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{word} needs a number, {least} or more."));
}
