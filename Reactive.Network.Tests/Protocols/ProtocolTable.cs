using System.Globalization;
using System.Text;
using Reactive.Network.Protocols;
using Reactive.Network.Tests.Support;

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

    /// <summary>
    /// Diagram and table in the folder's README are those that the code gives. With <c>RXNET_ACCEPT_DOCS=1</c> they are written there.
    /// </summary>
    public static void ShouldBeDocumented<TProtocol, TState, TMessage>()
        where TProtocol : IMiniProtocol<TState, TMessage>
        where TState : struct, Enum
        where TMessage : struct, Enum
    {
        string folder = typeof(TProtocol).Namespace!.Split('.')[^1];
        string path = RepositoryFolder.At("Reactive.Network", "Protocols", folder, "README.md");
        string readme = File.ReadAllText(path);
        string begin = $"<!-- generated: {TProtocol.Name} -->\n";
        int start = readme.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        Assert.True(start >= begin.Length, $"{path} has no line {begin.Trim()}");
        int end = readme.IndexOf("<!-- end -->", start, StringComparison.Ordinal);
        string expected = Render(MiniProtocolTable.Of<TProtocol, TState, TMessage>());
        if (Environment.GetEnvironmentVariable("RXNET_ACCEPT_DOCS") == "1")
        {
            File.WriteAllText(path, readme[..start] + expected + readme[end..]);
            return;
        }

        Assert.Equal(expected, readme[start..end]);
    }

    /// <summary>A state diagram, the table, and the figures of the whole mini-protocol.</summary>
    private static string Render(MiniProtocolTable protocol)
    {
        var text = new StringBuilder("```mermaid\nstateDiagram-v2\n");
        text.Append(CultureInfo.InvariantCulture, $"    [*] --> {protocol.Initial}\n");
        foreach (MiniProtocolState state in protocol.States)
        {
            foreach (IGrouping<string, MiniProtocolTransition> arrow in state.Transitions.GroupBy(transition => transition.Next))
            {
                text.Append(CultureInfo.InvariantCulture, $"    {state.Name} --> {arrow.Key}: {string.Join(", ", arrow.Select(one => one.Message))}\n");
            }

            if (state.Transitions.Count == 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"    {state.Name} --> [*]\n");
            }
        }

        text.Append("```\n\n| state | agency | message | next | bytes | time |\n|---|---|---|---|---:|---|\n");
        foreach (MiniProtocolState state in protocol.States)
        {
            AppendRows(text, state);
        }

        string ingress = protocol.MaxIngressBytes.ToString("N0", CultureInfo.InvariantCulture);
        return text.Append(
            CultureInfo.InvariantCulture, $"\nIngress budget: {ingress} bytes. Mini-protocol {protocol.Id}. Versions: {Versions(protocol)}.\n").ToString();
    }

    private static void AppendRows(StringBuilder table, MiniProtocolState state)
    {
        string agency = state.Agency switch { Agency.Initiator => "client", Agency.Responder => "server", _ => "nobody" };
        string start = $"| {state.Name} | {agency} |";
        string end = state.Transitions.Count == 0 ? "| | |" : string.Create(CultureInfo.InvariantCulture, $"| {state.Limits.MaxBytes:N0} | {Time(state.Limits)} |");
        if (state.Transitions.Count == 0)
        {
            table.Append(CultureInfo.InvariantCulture, $"{start} | {end}\n");
        }

        foreach (MiniProtocolTransition transition in state.Transitions)
        {
            string since = transition.Since is { } version ? string.Create(CultureInfo.InvariantCulture, $" (from {version})") : "";
            table.Append(CultureInfo.InvariantCulture, $"{start} {transition.Message}{since} | {transition.Next} {end}\n");
            (start, end) = ("| | |", "| | |");
        }
    }

    private static string Versions(MiniProtocolTable protocol) => string.Join(", ", new[] { ProtocolBundle.NodeToNode, ProtocolBundle.NodeToClient }
        .Where(protocol.IsOf)
        .Select(bundle =>
        {
            bool isLocal = bundle == ProtocolBundle.NodeToClient;
            int[] versions = [.. protocol.Versions.Where(version => ((version & NodeToClient.VersionBit) != 0) == isLocal).Select(NodeToClient.NumberOf)];
            return string.Create(CultureInfo.InvariantCulture, $"{(isLocal ? "node-to-client" : "node-to-node")} {versions[0]} to {versions[^1]}");
        }));

    private static string Time(StateLimits limits) =>
        limits.MaxWait == Timeout.InfiniteTimeSpan ? "none"
        : limits.MaxWaitUpper is { } upper ? $"{Seconds(limits.MaxWait)} to {Seconds(upper)}, at random"
        : Seconds(limits.MaxWait);

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:N0} s");

    private static T Undefined<T>()
        where T : struct, Enum => (T)Enum.ToObject(typeof(T), 99);
}
