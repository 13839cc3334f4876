using Microsoft.Reactive.Testing;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;

namespace Reactive.Network.Tests.Peers;

public class PeerEventHubTests
{
    private readonly TestScheduler _time = new();

    [Fact]
    public void OpensWithASnapshot_WhenPeersAreThereAlready()
    {
        PeerEventHub hub = Hub();
        hub.Publish(new PeerEvent.Added(Peer(hub, 1)));
        List<PeerEvent> seen = [];

        hub.Subscribe(seen.Add);
        hub.Publish(new PeerEvent.Added(Peer(hub, 2)));
        _time.AdvanceBy(100);

        var snapshot = Assert.IsType<PeerEvent.Snapshot>(Assert.Single(seen));
        Assert.Equal([1, 2], snapshot.Peers.Select(static peer => peer.Id.Value));
    }

    [Fact]
    public void MissesNothing_WhenEventsComeBehindTheSnapshot()
    {
        PeerEventHub hub = Hub();
        List<PeerEvent> seen = [];
        hub.Subscribe(seen.Add);
        _time.AdvanceBy(100);

        hub.Publish(new PeerEvent.Added(Peer(hub, 1)));
        hub.Publish(new PeerEvent.Added(Peer(hub, 2)));
        _time.AdvanceBy(100);

        Assert.Equal(["Snapshot", "Added", "Added"], seen.Select(static e => e.GetType().Name));
    }

    [Fact]
    public void GivesANewSnapshot_WhenTheQueueOfASlowObserverIsFull()
    {
        PeerEventHub hub = Hub();
        List<PeerEvent> seen = [];
        hub.Subscribe(seen.Add);
        _time.AdvanceBy(100);

        for (int i = 1; i <= 100; i++)
        {
            hub.Publish(new PeerEvent.Added(Peer(hub, i)));
        }

        _time.AdvanceBy(1000);

        Assert.Equal(["Snapshot", "Snapshot"], seen.Take(2).Select(static e => e.GetType().Name));
        Assert.Equal(100, ((PeerEvent.Snapshot)seen[1]).Peers.Length);
    }

    [Fact]
    public void LeavesTheOthersAlone_WhenOneObserverThrows()
    {
        List<Exception> faults = [];
        PeerEventHub hub = Hub(faults);
        List<PeerEvent> seen = [];
        hub.Subscribe(static _ => throw new InvalidOperationException("mine"));
        hub.Subscribe(seen.Add);

        _time.AdvanceBy(100);
        hub.Publish(new PeerEvent.Added(Peer(hub, 1)));
        _time.AdvanceBy(100);

        Assert.Equal("mine", Assert.Single(faults).Message);
        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public void Completes_WhenTheNetworkEnds()
    {
        PeerEventHub hub = Hub();
        bool completed = false;
        hub.Subscribe(static _ => { }, () => completed = true);

        hub.End();
        _time.AdvanceBy(100);

        Assert.True(completed);
    }

    private PeerEventHub Hub(List<Exception>? faults = null) => new(
        new NetworkOptions
        {
            Magic = NetworkMagic.Devnet,
            Scheduler = _time,
            ObserverFaulted = faults is null ? null : faults.Add,
            Peers = new PeerOptions { MaxEvents = 16 },
        },
        new CandidateChains());

    private NetworkPeer Peer(PeerEventHub hub, int id) => new(
        new PeerId(id), new PeerAddress("node", id), new Network.Internal.NetworkClock(_time), new PeerScores(), (_, e) => hub.Publish(e));
}
