using System.Collections.Immutable;
using System.Globalization;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Tests.Peers.Governance;

/// <summary>
/// A node without connections: executes what a governor commands in simulated time, lets things fail as the seed says, and checks every decision on
/// the way: legal commands, limits, no livelock, no waking in the past. The same seed gives the same <see cref="Trace"/>.
/// </summary>
internal sealed class GovernorSimulation(int seed, IPeerGovernor? governor = null)
{
    /// <summary>More decisions than this at one moment without a new fact from outside would be a livelock.</summary>
    private const int MaxDecisionsAtOnce = 40;

    private readonly IPeerGovernor _governor = governor ?? ReferenceGovernor.Default;
    private readonly Random _world = new(seed);
    private readonly SortedDictionary<PeerId, PeerFacts> _peers = [];
    private readonly PriorityQueue<Action, (TimeSpan At, int Order)> _events = new();
    private readonly SortedSet<PeerId> _inbound = [];
    private GovernorRandom _jitter = GovernorRandom.FromSeed(seed);
    private int _nextId;
    private int _order;

    /// <summary>Every way in which things can go; the defaults are a world without faults.</summary>
    public Faults Faults { get; set; } = new();

    /// <summary>Everything but the peers.</summary>
    public GovernorFacts Facts { get; set; } = new();

    /// <summary>Connections that the node may have.</summary>
    public int MaxConnections { get; set; } = int.MaxValue;

    public GovernorState State { get; private set; } = GovernorState.Initial(seed);

    public TimeSpan Now { get; private set; }

    public TimeSpan? WakeAt { get; private set; }

    public int Decisions { get; private set; }

    public List<string> Trace { get; } = [];

    public HashSet<Type> CommandsSeen { get; } = [];

    public HashSet<(PeerPhase From, PeerStep Step)> StepsSeen { get; } = [];

    public HashSet<(ChurnStep Step, bool OfBigLedger)> ChurnSeen { get; } = [];

    public IReadOnlyCollection<PeerFacts> Peers => _peers.Values;

    public int Known(bool big = false) => _peers.Values.Count(peer => peer.IsBigLedger == big);

    public int Established(bool big = false) =>
        _peers.Values.Count(peer => peer.IsBigLedger == big && peer.Phase is PeerPhase.Warm or PeerPhase.Activating or PeerPhase.Hot or PeerPhase.Deactivating);

    public int Hot(bool big = false) => _peers.Values.Count(peer => peer.IsBigLedger == big && peer.Phase == PeerPhase.Hot);

    /// <summary>Takes a peer among those known.</summary>
    public PeerId Add(PeerOrigin origin, Func<PeerFacts, PeerFacts>? with = null)
    {
        PeerId id = new(++_nextId);
        PeerFacts peer = new(id, new PeerAddress($"192.0.2.{_nextId % 250}", 3001 + _nextId)) { Origin = origin, PhaseSince = Now };
        _peers.Add(id, with?.Invoke(peer) ?? peer);
        return id;
    }

    public PeerFacts this[PeerId id] => _peers[id];

    /// <summary>Changes facts of a peer from outside.</summary>
    public void Change(PeerId id, Func<PeerFacts, PeerFacts> change)
    {
        if (_peers.TryGetValue(id, out PeerFacts? peer))
        {
            _peers[id] = change(peer);
        }
    }

    public void AddInbound()
    {
        _inbound.Add(new PeerId(++_nextId));
    }

    /// <summary>Does something at a time from now.</summary>
    public void After(double seconds, Action act) => _events.Enqueue(act, (Now + TimeSpan.FromSeconds(seconds), _order++));

    /// <summary>Moves a peer on, if that is still a legal step.</summary>
    public void Step(PeerId id, PeerStep step)
    {
        if (_peers.TryGetValue(id, out PeerFacts? peer) && PeerPhases.Advance(peer.Phase, step) is { } phase)
        {
            StepsSeen.Add((peer.Phase, step));
            _peers[id] = peer with
            {
                Phase = phase,
                PhaseSince = Now,
                HasReusableInbound = phase == PeerPhase.Cold && peer.HasReusableInbound,
                EstablishedSince = PeerPhases.TemperatureOf(phase) == PeerTemperature.Cold ? null : peer.EstablishedSince ?? Now,
                History = step switch
                {
                    PeerStep.ConnectFailed => peer.History.ConnectFailed(Now, ref _jitter),
                    PeerStep.Activated => peer.History.Activated(Now),
                    PeerStep.ActivateFailed => peer.History.ActivateFailed(Now, ref _jitter),
                    PeerStep.Deactivated => peer.History.Deactivated(Now),
                    PeerStep.FellToWarm => peer.History.FellToWarm(Now, ref _jitter),
                    PeerStep.Lost or PeerStep.Reset => peer.History.Lost(Now, ref _jitter),
                    _ => peer.History,
                },
            };
            Trace.Add(string.Create(CultureInfo.InvariantCulture, $"{Now.TotalSeconds:0.000} {id} {step}"));
        }
    }

    /// <summary>Runs for a time, and lets <paramref name="check"/> look at each moment when nothing more is to be done at it.</summary>
    public void Run(TimeSpan time, Action? check = null)
    {
        TimeSpan end = Now + time;
        while (true)
        {
            Decide();
            check?.Invoke();
            TimeSpan next = WakeAt ?? TimeSpan.MaxValue;
            if (_events.TryPeek(out _, out (TimeSpan At, int) first) && first.At < next)
            {
                next = first.At;
            }

            if (next > end)
            {
                Now = end;
                return;
            }

            Now = next;
            while (_events.TryPeek(out _, out (TimeSpan At, int) due) && due.At <= Now)
            {
                _events.Dequeue()();
            }
        }
    }

    private void Decide()
    {
        for (int round = 0; ; round++)
        {
            Assert.True(round < MaxDecisionsAtOnce, $"livelock: decides again and again at one moment: {string.Join("; ", Trace.TakeLast(12))}");
            GovernorFacts facts = Facts with
            {
                Peers = [.. _peers.Values],
                MatureInbound = [.. _inbound],
                FreeConnections = Math.Max(0, MaxConnections - _peers.Values.Count(static peer => peer.Phase != PeerPhase.Cold)),
            };

            GovernorDecision decision = _governor.Decide(State, facts, Now);

            Decisions++;
            Assert.True(decision.WakeAt is null || decision.WakeAt > Now, "busy loop: wants to be woken now or in the past");
            (State, WakeAt) = (decision.State, decision.WakeAt);
            ChurnSeen.Add((State.Churn.Step, State.Churn.OfBigLedger));
            if (decision.Commands.IsEmpty)
            {
                return;
            }

            foreach (GovernorCommand command in decision.Commands)
            {
                Trace.Add(string.Create(CultureInfo.InvariantCulture, $"{Now.TotalSeconds:0.000} {command}"));
                CommandsSeen.Add(command.GetType());
                Execute(command, facts);
            }
        }
    }

    private void Execute(GovernorCommand command, GovernorFacts facts)
    {
        switch (command)
        {
            case GovernorCommand.Connect(var id):
                CheckPromotion(id, facts, static peer => peer.Phase != PeerPhase.Cold, static t => t.Established, static t => t.EstablishedBigLedger, static v => v.Warm);
                Assert.False(_peers[id].IsLocalRoot && Facts.LocalRoots[_peers[id].LocalRootGroup].BehindFirewall && !_peers[id].HasReusableInbound);
                Assert.True(_peers.Values.Count(static peer => peer.Phase != PeerPhase.Cold) < MaxConnections, "more connections than there may be");
                Begin(id, PeerStep.Connect);
                After(Draw(0.05, 3), () => Step(id, Chance(Faults.Connect) || Faults.Unreachable.Contains(id) ? PeerStep.ConnectFailed : PeerStep.Connected));
                break;

            case GovernorCommand.Activate(var id):
                CheckPromotion(
                    id, facts, static peer => peer.Phase is PeerPhase.Activating or PeerPhase.Hot or PeerPhase.Deactivating,
                    static t => t.Active, static t => t.ActiveBigLedger, static v => v.Hot);
                Begin(id, PeerStep.Activate);
                After(Draw(0.01, 0.5), () => Step(id, !Chance(Faults.Activate) ? PeerStep.Activated : Chance(0.5) ? PeerStep.ActivateFailed : PeerStep.Lost));
                break;

            case GovernorCommand.Deactivate(var id):
                Begin(id, PeerStep.Deactivate);
                if (!Chance(Faults.Stuck))
                {
                    After(Draw(0.1, 20), () => Step(id, PeerStep.Deactivated));
                }

                break;

            case GovernorCommand.Disconnect(var id):
                Assert.True(!_peers[id].IsLocalRoot || _peers[id].IsBarred || facts.NeedsTrustedPeers, "a local root is disconnected");
                Begin(id, PeerStep.Disconnect);
                if (!Chance(Faults.Stuck))
                {
                    After(Draw(0.1, 5), () => Step(id, PeerStep.Disconnected));
                }

                break;

            case GovernorCommand.Reset(var id):
                Begin(id, PeerStep.Reset);
                break;

            case GovernorCommand.Forget(var id):
                Assert.Equal(PeerPhase.Cold, _peers[id].Phase);
                Assert.False(_peers[id].IsLocalRoot, "a local root is forgotten");
                _peers.Remove(id);
                break;

            case GovernorCommand.AdoptInbound(var id):
                Assert.True(_inbound.Remove(id));
                _peers.Add(id, new PeerFacts(id, new PeerAddress("198.51.100.7", id.Value)) { Origin = PeerOrigin.Inbound, HasReusableInbound = true });
                break;

            case GovernorCommand.RequestPublicRoots(var amount):
                Assert.InRange(amount, 1, PeerTargets.MaxKnown);
                Assert.False(Facts.PublicRoots.IsRunning);
                Facts = Facts with { PublicRoots = Facts.PublicRoots with { IsRunning = true } };
                After(Draw(0.1, 5), () => Facts = Facts with { PublicRoots = Answer(Facts.PublicRoots, amount, PeerOrigin.Ledger) });
                break;

            case GovernorCommand.RequestBigLedgerPeers(var amount):
                Assert.InRange(amount, 1, PeerTargets.MaxKnown);
                Assert.False(Facts.BigLedgerPeers.IsRunning);
                Facts = Facts with { BigLedgerPeers = Facts.BigLedgerPeers with { IsRunning = true } };
                After(Draw(0.1, 5), () => Facts = Facts with { BigLedgerPeers = Answer(Facts.BigLedgerPeers, amount, PeerOrigin.BigLedger) });
                break;

            case GovernorCommand.RequestBootstrapPeers(var amount):
                Assert.InRange(amount, 1, 30);
                Assert.False(Facts.BootstrapPeers.IsRunning);
                Facts = Facts with { BootstrapPeers = Facts.BootstrapPeers with { IsRunning = true } };
                After(Draw(0.1, 5), () => Facts = Facts with { BootstrapPeers = Answer(Facts.BootstrapPeers, Math.Min(amount, 5), PeerOrigin.Bootstrap) });
                break;

            case GovernorCommand.RequestPeers(var id, var amount):
                Assert.InRange(amount, 8, 255);
                Assert.True(Facts.RunningPeerRequests < 2);
                Assert.True(_peers[id].SharesPeers && _peers[id].Phase is PeerPhase.Warm or PeerPhase.Hot);
                _peers[id] = _peers[id] with { AskedForPeersAt = Now };
                Facts = Facts with { RunningPeerRequests = Facts.RunningPeerRequests + 1 };
                After(Draw(0.1, 10), () =>
                {
                    Facts = Facts with { RunningPeerRequests = Facts.RunningPeerRequests - 1 };
                    Learn(_world.Next(Math.Min(amount, 10) + 1), PeerOrigin.Shared);
                });
                break;

            default:
                Assert.Fail($"unknown command {command}");
                break;
        }
    }

    /// <summary>Local roots are held to their valency, the others to the targets: the promotion must find a free place.</summary>
    private void CheckPromotion(
        PeerId id, GovernorFacts facts, Predicate<PeerFacts> holdsAPlace, Func<PeerTargets, int> target, Func<PeerTargets, int> bigTarget, Func<LocalRootValency, int> valency)
    {
        PeerFacts peer = _peers[id];
        Assert.True(peer.History.NotBefore <= Now, "promoted during its back-off");
        Assert.False(peer.IsBarred, "barred, and promoted");
        if (facts.NeedsTrustedPeers)
        {
            Assert.True(peer.IsTrusted && !facts.Peers.Any(static other => other.Phase != PeerPhase.Cold && !other.IsTrusted), "not trusted, and promoted");
        }

        if (peer.IsLocalRoot)
        {
            int group = peer.LocalRootGroup;
            Assert.True(_peers.Values.Count(other => other.IsLocalRoot && other.LocalRootGroup == group && holdsAPlace(other)) < valency(facts.LocalRoots[group]), "valency exceeded");
        }
        else
        {
            int places = _peers.Values.Count(other => other.IsBigLedger == peer.IsBigLedger && holdsAPlace(other));
            Assert.True(places < (peer.IsBigLedger ? bigTarget : target)(facts.Targets), "target exceeded");
        }
    }

    private void Begin(PeerId id, PeerStep step)
    {
        Assert.True(PeerPhases.Advance(_peers[id].Phase, step) is not null, $"{step} in {_peers[id].Phase}");
        Step(id, step);
    }

    private RootRequestFacts Answer(RootRequestFacts request, int amount, PeerOrigin origin)
    {
        bool fruitless = Chance(Faults.Request);
        if (!fruitless)
        {
            Learn(amount, origin);
        }

        return new RootRequestFacts(false, fruitless ? request.Fruitless + 1 : 0, Now, TimeSpan.FromSeconds(60 + _world.Next(840)));
    }

    private void Learn(int amount, PeerOrigin origin)
    {
        for (int i = 0; i < amount && _peers.Count < Faults.MaxPeers; i++)
        {
            bool shares = Chance(0.5);
            Add(origin, peer => peer with { SharesPeers = shares });
        }
    }

    private bool Chance(double probability) => _world.NextDouble() < probability;

    private double Draw(double low, double high) => low + ((high - low) * _world.NextDouble());
}

/// <summary>How likely each thing is to fail, and how many peers the world has.</summary>
internal sealed record Faults
{
    public double Connect { get; init; }

    public double Activate { get; init; }

    public double Stuck { get; init; }

    public double Request { get; init; }

    public int MaxPeers { get; init; } = 1_000;

    public ImmutableHashSet<PeerId> Unreachable { get; init; } = [];
}
