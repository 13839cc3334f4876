using System.Reflection;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;

namespace Reactive.Network.Tests.Protocols;

/// <summary>The tables as values: all of them, and each whole.</summary>
public class MiniProtocolTableTests
{
    [Fact]
    public void HasEveryMiniProtocol_WhenTheLibraryIsSearched()
    {
        string[] declared =
        [
            .. typeof(MiniProtocolTable).Assembly.GetTypes()
                .Where(type => type.GetInterfaces().Any(one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IMiniProtocol<,>)))
                .Select(type => (string)type.GetProperty("Name", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!)
                .Order(StringComparer.Ordinal),
        ];

        Assert.Equal(10, declared.Length);
        Assert.Equal(declared, MiniProtocolTable.All.Select(table => table.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void IsAConnectedMachine_WhenATableIsWalked()
    {
        foreach (MiniProtocolTable table in MiniProtocolTable.All)
        {
            HashSet<string> reached = [table.Initial];
            for (int before = 0; before != reached.Count;)
            {
                before = reached.Count;
                reached.UnionWith([.. reached.SelectMany(name => table.State(name).Transitions).Select(transition => transition.Next)]);
            }

            Assert.Equal(table.States.Select(state => state.Name).Order(), reached.Order());
            Assert.Single(table.States, state => state.Agency == Agency.Nobody);
            Assert.All(table.States, state => Assert.Equal(state.Agency == Agency.Nobody, state.Transitions.Count == 0));
        }
    }

    [Theory]
    [InlineData(ProtocolBundle.NodeToNode, 0, "handshake")]
    [InlineData(ProtocolBundle.NodeToClient, 0, "handshake")]
    [InlineData(ProtocolBundle.NodeToNode, 2, "chain-sync")]
    [InlineData(ProtocolBundle.NodeToNode, 5, null)]
    [InlineData(ProtocolBundle.NodeToClient, 5, "local-chain-sync")]
    [InlineData(ProtocolBundle.NodeToClient, 2, null)]
    [InlineData(ProtocolBundle.NodeToNode, 10, "peer-sharing")]
    [InlineData(ProtocolBundle.NodeToClient, 9, "local-tx-monitor")]
    [InlineData(ProtocolBundle.NodeToNode, 16, null)]
    public void FindsTheOneOfTheBundle_WhenAskedByNumber(ProtocolBundle bundle, int id, string? name) =>
        Assert.Equal(name, MiniProtocolTable.Find(bundle, new MiniProtocolId((ushort)id))?.Name);

    [Fact]
    public void SaysSinceWhen_WhenAMessageIsNewerThanItsProtocol()
    {
        var newer =
            from table in MiniProtocolTable.All
            from state in table.States
            from transition in state.Transitions
            where transition.Since is not null
            select (table.Name, transition.Message, transition.Since);

        Assert.Equal([("local-tx-monitor", "GetMeasures", 20), ("local-tx-monitor", "ReplyGetMeasures", 20)], newer);
    }

    [Fact]
    public void Throws_WhenAStateIsAskedForThatIsNotThere() => Assert.Throws<ArgumentException>(() => MiniProtocolTable.All[0].State("Nowhere"));
}
