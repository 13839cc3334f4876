using Reactive.Network.Peers;
using Reactive.Network.Peers.Governance;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Peers;

public class PeerCommandTests
{
    private static readonly PeerAddress One = new("node1", 3001);
    private static readonly PeerAddress Two = new("node2", 3001);

    [Fact]
    public void Throws_WhenTooManyCommandsWait()
    {
        using VirtualNetwork net = new VirtualNetwork().Start();
        var command = new PeerCommand.Demote(new PeerAddress("192.0.2.1", 3001));
        for (int i = 0; i < 1024; i++)
        {
            net.Network.Commands.OnNext(command);
        }

        Assert.Throws<InvalidOperationException>(() => net.Network.Commands.OnNext(command));

        net.Run(TimeSpan.FromSeconds(1));
        net.Network.Commands.OnNext(command);
    }

    [Fact]
    public void PeerIsNotUsedUntilTheBanEnds_WhenItIsBanned()
    {
        using VirtualNetwork net = Start();
        net.Network.Commands.OnNext(new PeerCommand.Ban(One, TimeSpan.FromHours(2)));
        net.Run(TimeSpan.FromMinutes(1));
        DateTimeOffset banned = net.Time.Now;

        net.Run(TimeSpan.FromMinutes(118));
        PeerTemperature before = Find(net, One)!.Temperature;
        net.Run(TimeSpan.FromMinutes(1.5));

        Assert.Equal(PeerTemperature.Cold, before);
        Assert.Equal(PeerTemperature.Hot, Find(net, One)!.Temperature);
        DateTimeOffset dialled = Assert.Single(net.Dialer.Dials, dial => dial.Address == One && dial.At > banned).At;
        // Woken by the end of the ban, by nothing later.
        Assert.InRange(dialled - banned, TimeSpan.FromMinutes(119), TimeSpan.FromMinutes(119) + TimeSpan.FromSeconds(1));
        Assert.Equal(PeerTemperature.Hot, Find(net, Two)!.Temperature);
    }

    [Fact]
    public void BanIsLifted_WhenThePeerIsIncluded()
    {
        using VirtualNetwork net = Start();
        net.Network.Commands.OnNext(new PeerCommand.Ban(One));
        net.Run(TimeSpan.FromMinutes(10));
        PeerTemperature before = Find(net, One)!.Temperature;

        net.Network.Commands.OnNext(new PeerCommand.Include(One));
        net.Run(TimeSpan.FromMinutes(2));

        Assert.Equal((PeerTemperature.Cold, PeerTemperature.Hot), (before, Find(net, One)!.Temperature));
    }

    [Fact]
    public void PeerIsForgottenForGood_WhenALocalRootIsExcluded()
    {
        using VirtualNetwork net = Start();

        net.Network.Commands.OnNext(new PeerCommand.Exclude(One));
        net.Run(TimeSpan.FromSeconds(10));
        // What names peers is looked at again, and names it still.
        net.Network.Commands.OnNext(new PeerCommand.Include(Two));
        net.Run(TimeSpan.FromMinutes(30));

        Assert.Null(Find(net, One));
        Assert.Single(net.Dialer.Dials, static dial => dial.Address == One);
        Assert.Equal(PeerTemperature.Hot, Find(net, Two)!.Temperature);
    }

    [Fact]
    public void PeerIsForgotten_WhenItIsExcludedWhileItIsDialled()
    {
        using var net = new VirtualNetwork();
        net.AddNode(VirtualPair.ChainOf(5));
        net.Start();
        while (net.Dialer.Dials.Count == 0)
        {
            net.Run(TimeSpan.FromTicks(1));
        }

        net.Network.Commands.OnNext(new PeerCommand.Exclude(One));
        net.Run(TimeSpan.FromMinutes(5));

        Assert.Empty(net.Network.Snapshot);
        Assert.Single(net.Dialer.Dials);
    }

    [Fact]
    public void PeerIsHotAgain_WhenAnExcludedOneIsIncluded()
    {
        using VirtualNetwork net = Start();
        net.Network.Commands.OnNext(new PeerCommand.Exclude(One));
        net.Run(TimeSpan.FromMinutes(1));

        net.Network.Commands.OnNext(new PeerCommand.Include(One));
        net.Run(TimeSpan.FromMinutes(1));

        Assert.Equal(PeerTemperature.Hot, Find(net, One)!.Temperature);
    }

    [Fact]
    public void IsOneGroup_WhenAPeerIsIncludedAgainAndAgain()
    {
        var governor = new WatchedGovernor();
        using var net = new VirtualNetwork(options => options with { Peers = options.Peers with { Governor = governor } });
        net.Serve(One, VirtualPair.ChainOf(5));
        net.Start();

        for (int i = 0; i < 100; i++)
        {
            net.Network.Commands.OnNext(new PeerCommand.Include(One));
        }

        net.Run(TimeSpan.FromMinutes(1));
        int included = governor.Groups;
        net.Network.Commands.OnNext(new PeerCommand.Exclude(One));
        net.Run(TimeSpan.FromMinutes(1));

        Assert.Equal((1, 0), (included, governor.Groups));
        Assert.Empty(net.Network.Snapshot);
    }

    [Fact]
    public void PeerIsWarmAndThenHotAgain_WhenItIsDemoted()
    {
        using VirtualNetwork net = Start();
        net.Events.Clear();

        net.Network.Commands.OnNext(new PeerCommand.Demote(One));
        net.Run(TimeSpan.FromMinutes(10));

        PeerEvent.TemperatureChanged[] changes = [.. net.Events.OfType<PeerEvent.TemperatureChanged>()];
        Assert.Equal(PeerTemperature.Warm, changes[0].To);
        Assert.Equal(PeerTemperature.Hot, Find(net, One)!.Temperature);
        // Chain-sync waits for a block, and begins anew only on another connection: nobody's fault.
        Assert.All(changes, static change => Assert.Equal((One.ToString(), null), (change.Peer.Name, change.Cause)));
        Assert.InRange(net.Dialer.Dials.Count(static dial => dial.Address == One), 1, 2);
        Assert.Equal(0, Find(net, One)!.Measurements.Failures);
    }

    private static VirtualNetwork Start()
    {
        var net = new VirtualNetwork();
        InMemoryChain chain = VirtualPair.ChainOf(5);
        net.AddNode(chain);
        net.AddNode(chain);
        net.Start();
        net.Run(TimeSpan.FromSeconds(5));
        Assert.All(net.Network.Snapshot, static peer => Assert.Equal(PeerTemperature.Hot, peer.Temperature));
        return net;
    }

    private static IPeer? Find(VirtualNetwork net, PeerAddress address) => net.Network.Snapshot.SingleOrDefault(peer => peer.Name == address.ToString());

    private sealed class WatchedGovernor : IPeerGovernor
    {
        public int Groups { get; private set; }

        public GovernorDecision Decide(
            GovernorState state, GovernorFacts facts, TimeSpan now)
        {
            Groups = facts.LocalRoots.Length;
            return ReferenceGovernor.Default.Decide(state, facts, now);
        }
    }
}
