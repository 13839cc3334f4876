using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Peers;

/// <summary>The accept limits, to the tick: connections that wait at an in-memory listener, in virtual time.</summary>
public sealed class PeerListenerTests : IDisposable
{
    /// <summary>Scheduler turns from "accepted" to the callback of the next.</summary>
    private const long MaxTurns = 8;

    private readonly TestScheduler _time = new();
    private readonly List<long> _accepted = [];
    private readonly List<Exception> _faults = [];
    private readonly InMemoryChain _chain = VirtualPair.ChainOf(3, bodyBytes: 300);

    public void Dispose() => _chain.Dispose();

    [Fact]
    public void TakesEachAtOnce_WhenBelowTheSoftLimit()
    {
        using InMemoryBearerListener bearers = Listen(out PeerListener listener, new AcceptLimits());
        using PeerListener dispose = listener;

        Connect(bearers, 384);
        _time.AdvanceBy(384 * MaxTurns);

        Assert.Equal(384, listener.Count);
    }

    [Fact]
    public void WaitsBeforeEachAccept_WhenBetweenTheLimits()
    {
        AcceptLimits limits = new() { SoftLimit = 4, HardLimit = 8, Delay = TimeSpan.FromSeconds(4) };
        using InMemoryBearerListener bearers = Listen(out PeerListener listener, limits);
        using PeerListener dispose = listener;

        Connect(bearers, 8);
        _time.AdvanceBy(TimeSpan.FromSeconds(7).Ticks);

        // The 6th comes 1 s after the 5th, the 7th 2 s after that, the 8th 3 s after that.
        Assert.Equal(8, _accepted.Count);
        for (int n = 1; n < 8; n++)
        {
            Assert.InRange(_accepted[n] - _accepted[n - 1] - limits.DelayAt(n).Ticks, 0, MaxTurns);
        }
    }

    [Fact]
    public void TakesThemInTheTimesOfTheReference_WithTheDefaults()
    {
        AcceptLimits limits = new();
        using InMemoryBearerListener bearers = new(_time);
        int connected = 1;
        using PeerListener listener = PeerListener.Start(bearers, Options(limits), _ =>
        {
            // One waits at any time, and none so long that its own handshake limit ends it.
            _accepted.Add(_time.Clock);
            if (connected++ < 600)
            {
                Connect(bearers, 1, keepAlive: true);
            }
        });
        long soft = Enumerable.Range(384, 128).Sum(n => limits.DelayAt(n).Ticks);
        Connect(bearers, 1, keepAlive: true);

        _time.AdvanceBy(soft - 1);
        int justBefore = listener.Count;
        _time.AdvanceBy((512 * MaxTurns) + 1);

        Assert.Equal(511, justBefore);
        Assert.Equal(512, listener.Count);
        _time.AdvanceBy(TimeSpan.FromSeconds(30).Ticks);
        Assert.Equal(512, listener.Count);
    }

    [Fact]
    public void TakesTheNextAfterTheWholeDelay_WhenOneEndsEarlier()
    {
        AcceptLimits limits = new() { SoftLimit = 2, HardLimit = 2 };
        using InMemoryBearerListener bearers = Listen(out PeerListener listener, limits);
        using PeerListener dispose = listener;
        PeerConnection[] clients = Connect(bearers, 3, keepAlive: true);
        _time.AdvanceBy(TimeSpan.FromSeconds(2).Ticks);
        Assert.Equal(2, listener.Count);

        clients[0].Dispose();
        _time.AdvanceBy(TimeSpan.FromSeconds(2).Ticks);

        Assert.Equal(1, listener.Count);
        _time.AdvanceBy(TimeSpan.FromSeconds(2).Ticks);
        Assert.Equal(2, listener.Count);
        Assert.InRange(_accepted[2] - _accepted[1] - limits.Delay.Ticks, 0, MaxTurns);
    }

    [Fact]
    public void TakesTheNextAtOnce_WhenTheDelayIsOverBeforeOneEnds()
    {
        // No soft delay is added to the wait at the hard limit: it has been the wait before this accept.
        using InMemoryBearerListener bearers = Listen(out PeerListener listener, new AcceptLimits { SoftLimit = 1, HardLimit = 2 });
        using PeerListener dispose = listener;
        PeerConnection[] clients = Connect(bearers, 2, keepAlive: true);
        _time.AdvanceBy(TimeSpan.FromSeconds(20).Ticks);
        Connect(bearers, 1, keepAlive: true);
        _time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
        Assert.Equal((2, 2), (listener.Count, _accepted.Count));

        long ended = _time.Clock;
        clients[0].Dispose();
        _time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.Equal((2, 3), (listener.Count, _accepted.Count));
        Assert.InRange(_accepted[2] - ended, 0, MaxTurns);
    }

    [Fact]
    public void NeverHoldsMoreThanTheHardLimit_WhenConnectionsComeAndGo()
    {
        using InMemoryBearerListener bearers = Listen(out PeerListener listener, new AcceptLimits { SoftLimit = 3, HardLimit = 5, Delay = TimeSpan.FromSeconds(1) });
        using PeerListener dispose = listener;
        Random random = new(3);
        List<PeerConnection> clients = [];
        int peak = 0;
        for (int i = 0; i < 200; i++)
        {
            if (random.Next(2) == 0 || clients.Count == 0)
            {
                clients.AddRange(Connect(bearers, 1, keepAlive: true));
            }
            else
            {
                int at = random.Next(clients.Count);
                clients[at].Dispose();
                clients.RemoveAt(at);
            }

            _time.AdvanceBy(TimeSpan.FromMilliseconds(random.Next(600)).Ticks);
            peak = Math.Max(peak, listener.Count);
        }

        clients.ForEach(static client => client.Dispose());
        _time.AdvanceBy(TimeSpan.FromMinutes(2).Ticks);

        Assert.Equal((5, 0), (peak, listener.Count));
    }

    [Fact]
    public void GivesTheSlotBack_WhenAConnectionNeverShakesHands()
    {
        using InMemoryBearerListener bearers = Listen(out PeerListener listener, new AcceptLimits { SoftLimit = 1, HardLimit = 1 });
        using PeerListener dispose = listener;
        IBearer halfOpen = bearers.Connect();
        _time.AdvanceBy(TimeSpan.FromSeconds(8).Ticks);
        PeerConnection client = Connect(bearers, 1, keepAlive: true)[0];

        _time.AdvanceBy(TimeSpan.FromSeconds(60).Ticks);

        Assert.NotNull(client.Version);
        Assert.Equal(1, listener.Count);
        halfOpen.Abort();
    }

    [Fact]
    public void GoesOn_WhenTheCallbackThrows()
    {
        using InMemoryBearerListener bearers = new(_time);
        using PeerListener listener = PeerListener.Start(bearers, Options(new AcceptLimits()), static _ => throw new InvalidOperationException("callback"));

        Connect(bearers, 3, keepAlive: true);
        _time.AdvanceBy(1_000);

        Assert.Equal(3, listener.Count);
        Assert.Equal(["callback", "callback", "callback"], _faults.Select(static fault => fault.Message));
    }

    [Fact]
    public void AsksAgainAfterHalfASecond_WhenAnAcceptFailed()
    {
        FailingListener bearers = new();
        using PeerListener listener = PeerListener.Start(bearers, Options(new AcceptLimits()));

        Assert.Equal(1, bearers.Asked);
        bearers.Fail();
        _time.AdvanceBy(TimeSpan.FromMilliseconds(500).Ticks - 1);
        int before = bearers.Asked;
        _time.AdvanceBy(2);

        Assert.Equal((1, 2), (before, bearers.Asked));
    }

    [Fact]
    public void EndsEveryConnectionAndAcceptsNoMore_WhenDisposed()
    {
        using InMemoryBearerListener bearers = Listen(out PeerListener listener, new AcceptLimits());
        PeerConnection[] clients = Connect(bearers, 5, keepAlive: true);
        _time.AdvanceBy(1_000);
        Assert.Equal(5, listener.Connections.Count);

        listener.Dispose();
        listener.Dispose();
        _time.AdvanceBy(1_000);

        Assert.Equal(0, listener.Count);
        Assert.All(clients, static client => Assert.True(client.Completion.IsCompleted));
        Assert.Throws<BearerException>(() => bearers.Connect());
    }

    [Fact]
    public void LeavesNothingOpen_WhenDisposedInsideTheCallback()
    {
        using InMemoryBearerListener bearers = new(_time);
        PeerListener? listener = null;
        listener = PeerListener.Start(bearers, Options(new AcceptLimits()), _ => listener!.Dispose());

        PeerConnection[] clients = Connect(bearers, 2, keepAlive: true);
        _time.AdvanceBy(1_000);

        Assert.Equal(0, listener.Count);
        Assert.All(clients, static client => Assert.True(client.Completion.IsCompleted));
    }

    [Fact]
    public void ServesEachItsChain_WhenManyFollowAtOnce()
    {
        using InMemoryBearerListener bearers = Listen(out PeerListener listener, new AcceptLimits());
        using PeerListener dispose = listener;
        int headers = 0;
        PeerConnection[] clients = Connect(bearers, 50);
        List<IDisposable> following = [.. clients.Select(client => client.ChainSync.Follow(Point.Origin).Subscribe(step =>
        {
            if (step.Kind == ChainEventKind.RollForward)
            {
                headers++;
            }
        }))];

        _time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.Equal(50 * 3, headers);
        Assert.Equal(50, _chain.ObserverCount);
        following.ForEach(static item => item.Dispose());
        listener.Dispose();
        _time.AdvanceBy(1_000);
        Assert.Equal(0, _chain.ObserverCount);
    }

    private NetworkOptions Options(AcceptLimits limits) => new()
    {
        Magic = NetworkMagic.Devnet,
        Scheduler = _time,
        Seed = 7,
        Serve = _chain,
        AcceptLimits = limits,
        ObserverFaulted = _faults.Add,
    };

    private InMemoryBearerListener Listen(out PeerListener listener, AcceptLimits limits)
    {
        InMemoryBearerListener bearers = new(_time);
        listener = PeerListener.Start(bearers, Options(limits), _ => _accepted.Add(_time.Clock));
        return bearers;
    }

    /// <summary>Clients; with <paramref name="keepAlive"/> they follow, so that the idle limit does not end them.</summary>
    private PeerConnection[] Connect(InMemoryBearerListener bearers, int count, bool keepAlive = false) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        PeerConnection client = PeerConnection.Connect(bearers.Connect(), Options(new AcceptLimits()) with { Serve = null });
        if (keepAlive)
        {
            client.ChainSync.Follow(Point.Origin).Subscribe(static _ => { }, static _ => { });
        }

        return client;
    })];

    /// <summary>Counts the asking; each answer is a failure, when told to.</summary>
    private sealed class FailingListener : IBearerListener
    {
        private Action<IBearer?, BearerException?>? _accepted;

        public string LocalName => "failing";

        public int Asked { get; private set; }

        public void AcceptNext(Action<IBearer?, BearerException?> accepted)
        {
            Asked++;
            _accepted = accepted;
        }

        public void Fail() => _accepted!(null, new BearerException(BearerFailure.AcceptFailed, LocalName, "aborted"));

        public void Dispose()
        {
        }
    }
}
