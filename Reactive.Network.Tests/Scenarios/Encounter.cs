using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>
/// A real connection whose remote end is a <see cref="BytePeer"/>, and, on the same scheduler, two honest ends that must not notice: in virtual
/// time, on a pool that knows what is out.
/// </summary>
internal sealed class Encounter
{
    private readonly List<ChainSyncEvent> _bystanderEvents = [];
    private readonly int _bystanderBlocks;

    private Encounter(bool accepts, Func<NetworkOptions, NetworkOptions>? options, int maxChunk)
    {
        Time = new TestScheduler();
        Chain = VirtualPair.ChainOf(20);
        NetworkOptions basic = new()
        {
            Magic = NetworkMagic.Devnet,
            Scheduler = Time,
            Seed = 7,
            Pool = Pool,
            ObserverFaulted = Faults.Add,
            Serve = Chain,
        };
        (IBearer ours, IBearer theirs) = InMemoryBearer.CreatePair(Time, new InMemoryBearerOptions { Pool = Pool, MaxChunk = maxChunk });
        Bearer = new StallingBearer(ours);
        Peer = new BytePeer(theirs);
        NetworkOptions chosen = options?.Invoke(basic) ?? basic;
        Connection = accepts ? PeerConnection.Accept(Bearer, chosen) : PeerConnection.Connect(Bearer, chosen);

        Bystander = new VirtualPair(Chain, time: Time);
        _bystanderBlocks = 20;
        Bystander.Client.ChainSync.Follow(Point.Origin).Subscribe(_bystanderEvents.Add);
    }

    public TestScheduler Time { get; }

    public PoisoningArrayPool Pool { get; } = new();

    public InMemoryChain Chain { get; }

    public BytePeer Peer { get; }

    public StallingBearer Bearer { get; }

    public PeerConnection Connection { get; }

    public VirtualPair Bystander { get; }

    public List<Exception> Faults { get; } = [];

    /// <summary>Why the connection ended; fails where it has not.</summary>
    public NetworkException? Cause
    {
        get
        {
            Assert.True(Connection.Completion.IsCompletedSuccessfully, "the connection has not ended");
            return Connection.Completion.Result;
        }
    }

    public bool HasEnded => Connection.Completion.IsCompleted;

    /// <summary>The peer connects to us; nothing was sent yet.</summary>
    public static Encounter Accepting(Func<NetworkOptions, NetworkOptions>? options = null, int maxChunk = 262_144) =>
        new(accepts: true, options, maxChunk);

    /// <summary>The peer has connected to us and the handshake is over.</summary>
    public static Encounter Accepted(
        Func<NetworkOptions, NetworkOptions>? options = null, bool initiatorOnly = false, int maxChunk = 262_144)
    {
        Encounter encounter = Accepting(options, maxChunk);
        encounter.Peer.Propose(initiatorOnly);
        encounter.Run(TimeSpan.FromMilliseconds(1));
        Assert.Equal(15, encounter.Connection.Version?.Version);
        return encounter;
    }

    /// <summary>We connect to the peer; our proposal is there, not yet answered.</summary>
    public static Encounter Connecting(Func<NetworkOptions, NetworkOptions>? options = null, int maxChunk = 262_144)
    {
        var encounter = new Encounter(accepts: false, options, maxChunk);
        encounter.Run(TimeSpan.FromMilliseconds(1));
        return encounter;
    }

    /// <summary>We have connected to the peer and the handshake is over.</summary>
    public static Encounter Connected(Func<NetworkOptions, NetworkOptions>? options = null, int maxChunk = 262_144)
    {
        Encounter encounter = Connecting(options, maxChunk);
        encounter.Peer.Accept();
        encounter.Run(TimeSpan.FromMilliseconds(1));
        Assert.Equal(15, encounter.Connection.Version?.Version);
        return encounter;
    }

    /// <summary>Time since the beginning.</summary>
    public TimeSpan Now() => TimeSpan.FromTicks(Time.Clock);

    public void Run(TimeSpan time) => Time.AdvanceBy(time.Ticks);

    /// <summary>Lets things settle: a millisecond is 10,000 turns.</summary>
    public void Settle() => Run(TimeSpan.FromMilliseconds(1));

    /// <summary>
    /// The connection has ended with the cause, its bearer too, every pooled array came back, no observer was blamed, and the other connection on the
    /// scheduler goes on.
    /// </summary>
    public TCause ShouldHaveEnded<TCause>()
        where TCause : NetworkException
    {
        TCause cause = Assert.IsType<TCause>(Cause);
        ShouldBeCleanedUp();
        return cause;
    }

    /// <summary>As <see cref="ShouldHaveEnded{TCause}"/>, by agreement.</summary>
    public void ShouldHaveEndedByAgreement()
    {
        Assert.Null(Cause);
        ShouldBeCleanedUp();
    }

    private void ShouldBeCleanedUp()
    {
        Settle();
        Assert.True(Peer.IsClosed, "the bearer is still open");
        Assert.Equal(0, Pool.Outstanding);
        Assert.Empty(Faults);
        Assert.False(Bystander.Client.Completion.IsCompleted, "another connection noticed");
        Assert.False(Bystander.Server.Completion.IsCompleted, "another connection noticed");
        Assert.Equal(_bystanderBlocks, _bystanderEvents.Count(e => e.Kind == ChainEventKind.RollForward));
    }
}
