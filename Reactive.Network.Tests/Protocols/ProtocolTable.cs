using System.Globalization;
using System.Text;
using Reactive.Network.Protocols;

namespace Reactive.Network.Tests.Protocols;

/// <summary>What every table of a mini-protocol is held to: the transitions written out in its test, and the table in its README.</summary>
internal static class ProtocolTable
{
    /// <summary>Tries every message in every state, and values that no enum member has.</summary>
    public static void ShouldBe<TProtocol, TState, TMessage>(params (TState From, TMessage Message, TState To)[] expected)
        where TProtocol : IMiniProtocol<TState, TMessage>
        where TState : struct, Enum
        where TMessage : struct, Enum
    {
        Dictionary<(TState, TMessage), TState> legal = expected.ToDictionary(row => (row.From, row.Message), row => row.To);
        foreach (TState state in Enum.GetValues<TState>().Append(Undefined<TState>()))
        {
            foreach (TMessage message in Enum.GetValues<TMessage>().Append(Undefined<TMessage>()))
            {
                TState? next = legal.TryGetValue((state, message), out TState to) ? to : null;
                Assert.True(
                    Equals(next, TProtocol.Advance(state, message)),
                    $"{message} in {state}: expected {next?.ToString() ?? "nothing"}, got {TProtocol.Advance(state, message)?.ToString() ?? "nothing"}");
            }

            bool isOver = !expected.Any(row => Equals(row.From, state));
            Assert.Equal(isOver, TProtocol.AgencyIn(state) == Agency.Nobody);
            Assert.Equal(isOver, TProtocol.LimitsIn(state).MaxBytes == 0);
        }
    }

    /// <summary>The table in the folder's README is the one that the code gives.</summary>
    public static void ShouldBeDocumented<TProtocol, TState, TMessage>()
        where TProtocol : IMiniProtocol<TState, TMessage>
        where TState : struct, Enum
        where TMessage : struct, Enum
    {
        string folder = typeof(TProtocol).Namespace!.Split('.')[^1];
        string readme = File.ReadAllText(SolutionFile("Reactive.Network", "Protocols", folder, "README.md"));

        Assert.Contains(Render<TProtocol, TState, TMessage>(), readme, StringComparison.Ordinal);
    }

    private static string Render<TProtocol, TState, TMessage>()
        where TProtocol : IMiniProtocol<TState, TMessage>
        where TState : struct, Enum
        where TMessage : struct, Enum
    {
        var table = new StringBuilder("| state | agency | message | next | bytes | time |\n|---|---|---|---|---:|---|\n");
        foreach (TState state in Enum.GetValues<TState>())
        {
            StateLimits limits = TProtocol.LimitsIn(state);
            string agency = TProtocol.AgencyIn(state) switch { Agency.Initiator => "client", Agency.Responder => "server", _ => "nobody" };
            string bytes = limits.MaxBytes == 0 ? "" : limits.MaxBytes.ToString("N0", CultureInfo.InvariantCulture);
            string start = $"| {state} | {agency} |";
            string end = limits.MaxBytes == 0 ? "| | |" : $"| {bytes} | {Time(limits)} |";
            if (limits.MaxBytes == 0)
            {
                table.Append(CultureInfo.InvariantCulture, $"{start} | {end}\n");
                continue;
            }

            foreach (TMessage message in Enum.GetValues<TMessage>())
            {
                if (TProtocol.Advance(state, message) is { } next)
                {
                    table.Append(CultureInfo.InvariantCulture, $"{start} {message} | {next} {end}\n");
                    (start, end) = ("| | |", "| | |");
                }
            }
        }

        string ingress = TProtocol.MaxIngressBytes.ToString("N0", CultureInfo.InvariantCulture);
        return table.Append(CultureInfo.InvariantCulture, $"\nIngress budget: {ingress} bytes. Mini-protocol {TProtocol.Id}.\n").ToString();
    }

    private static string Time(StateLimits limits) =>
        limits.MaxWait == Timeout.InfiniteTimeSpan ? "none"
        : limits.MaxWaitUpper is { } upper ? $"{Seconds(limits.MaxWait)} to {Seconds(upper)}, at random"
        : Seconds(limits.MaxWait);

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:N0} s");

    private static T Undefined<T>()
        where T : struct, Enum => (T)Enum.ToObject(typeof(T), 99);

    private static string SolutionFile(params string[] parts)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Reactive.Network.sln")))
            {
                return Path.Combine([folder.FullName, .. parts]);
            }
        }

        throw new FileNotFoundException("The tests run outside the solution.");
    }
}
