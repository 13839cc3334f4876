using System.Collections.Immutable;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Governance;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Peers.Governance;

public class ReferenceGovernorTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void ReachesItsTargets_WhenItBeginsWithNothing()
    {
        GovernorSimulation node = new(seed: 1) { Facts = new GovernorFacts { LocalRoots = [new LocalRootValency(1, 2)] } };
        AddGroup(node, group: 0, peers: 3);

        node.Run(TimeSpan.FromMinutes(30));

        Assert.Equal((30, 20, 10, 5), (node.Established(), node.Hot(), node.Established(big: true), node.Hot(big: true)));
        Assert.Equal(15, node.Known(big: true));
        Assert.InRange(node.Known(), 60, 150);
        Assert.Equal(1, node.Peers.Count(static peer => peer.IsLocalRoot && peer.Phase == PeerPhase.Hot));
        Assert.Equal(2, node.Peers.Count(static peer => peer.IsLocalRoot && peer.Phase != PeerPhase.Cold));
    }

    [Fact]
    public void ReachesItsTargets_WhenTheyAreLowered()
    {
        GovernorSimulation node = new(seed: 2);
        node.Run(TimeSpan.FromMinutes(30));
        node.Facts = node.Facts with
        {
            Targets = new PeerTargets
            {
                Root = 5,
                Known = 20,
                Established = 8,
                Active = 3,
                KnownBigLedger = 4,
                EstablishedBigLedger = 2,
                ActiveBigLedger = 1,
            },
        };

        node.Run(TimeSpan.FromMinutes(10));

        Assert.Equal((20, 8, 3), (node.Known(), node.Established(), node.Hot()));
        Assert.Equal((4, 2, 1), (node.Known(big: true), node.Established(big: true), node.Hot(big: true)));
    }

    [Fact]
    public void KeepsNothingButLocalRoots_WhenAllTargetsAreZero()
    {
        GovernorSimulation node = new(seed: 3) { Facts = new GovernorFacts { LocalRoots = [new LocalRootValency(1, 2)] } };
        AddGroup(node, group: 0, peers: 4);
        node.Run(TimeSpan.FromMinutes(10));
        node.Facts = node.Facts with { Targets = PeerTargets.LocalRootsOnly };

        node.Run(TimeSpan.FromMinutes(10));

        Assert.All(node.Peers, static peer => Assert.True(peer.IsLocalRoot));
        Assert.Equal((4, 2, 1), (node.Known(), node.Established(), node.Hot()));
    }

    [Fact]
    public void RedialsALocalRoot_WhenItFailsAllDay()
    {
        GovernorSimulation node = new(seed: 4)
        {
            Facts = new GovernorFacts { Targets = PeerTargets.LocalRootsOnly, LocalRoots = [new LocalRootValency(1, 1)] },
        };
        PeerId root = node.Add(PeerOrigin.LocalRoot, static peer => peer with { LocalRootGroup = 0 });
        node.Faults = new Faults { Unreachable = [root] };
        node.Run(TimeSpan.FromHours(24));
        Assert.InRange(node[root].History.Failures, 500, 560);

        node.Faults = new Faults();
        node.Run(TimeSpan.FromSeconds(170));

        Assert.Equal(PeerPhase.Hot, node[root].Phase);
    }

    [Fact]
    public void DialsAgain_WhenAHotLocalRootRestarts()
    {
        GovernorSimulation node = new(seed: 5)
        {
            Facts = new GovernorFacts { Targets = PeerTargets.LocalRootsOnly, LocalRoots = [new LocalRootValency(1, 1)] },
        };
        PeerId root = node.Add(PeerOrigin.LocalRoot, static peer => peer with { LocalRootGroup = 0 });
        node.Run(TimeSpan.FromMinutes(5));
        node.Step(root, PeerStep.Lost);

        node.Run(TimeSpan.FromSeconds(9));
        Assert.Equal(PeerPhase.Cold, node[root].Phase);
        node.Run(TimeSpan.FromSeconds(9));

        Assert.Equal(PeerPhase.Hot, node[root].Phase);
    }

    [Fact]
    public void ForgetsAPeer_WhenItFailedFiveTimes()
    {
        GovernorSimulation node = new(seed: 6) { Facts = new GovernorFacts { Targets = PeerTargets.Relay with { Root = 0 } } };
        PeerId peer = node.Add(PeerOrigin.Shared);
        node.Faults = new Faults { Unreachable = [peer] };

        node.Run(TimeSpan.FromMinutes(5));

        Assert.DoesNotContain(node.Peers, known => known.Id == peer);
        Assert.Equal(5, node.Trace.Count(line => line.EndsWith($"{peer} ConnectFailed", StringComparison.Ordinal)));
    }

    [Fact]
    public void UsesAPeerBehindAFirewall_OnlyWhenItHasConnected()
    {
        GovernorSimulation node = new(seed: 7)
        {
            Facts = new GovernorFacts { Targets = PeerTargets.LocalRootsOnly, LocalRoots = [new LocalRootValency(1, 1, BehindFirewall: true)] },
        };
        PeerId root = node.Add(PeerOrigin.LocalRoot, static peer => peer with { LocalRootGroup = 0 });
        node.Run(Hour);
        Assert.Equal(PeerPhase.Cold, node[root].Phase);

        node.Change(root, static peer => peer with { HasReusableInbound = true });
        node.Run(TimeSpan.FromSeconds(5));

        Assert.Equal(PeerPhase.Hot, node[root].Phase);
    }

    [Fact]
    public void LetsAllOthersGoFirst_WhenOnlyTrustedPeersMayBeUsed()
    {
        GovernorSimulation node = new(seed: 8) { Facts = new GovernorFacts { UsesBootstrapPeers = true, LocalRoots = [new LocalRootValency(1, 1)] } };
        AddGroup(node, group: 0, peers: 2);
        node.Run(TimeSpan.FromMinutes(10));
        node.Facts = node.Facts with { NeedsTrustedPeers = true };

        // The simulation checks at each promotion that nobody untrusted is still connected.
        node.Run(TimeSpan.FromMinutes(10));

        Assert.All(node.Peers, static peer => Assert.True(peer.Phase == PeerPhase.Cold || peer.IsTrusted));
        Assert.True(node.Hot() >= 5);
        Assert.Contains(typeof(GovernorCommand.RequestBootstrapPeers), node.CommandsSeen);
    }

    [Fact]
    public void DemotesTheLowestScores_WhenTooManyAreHot()
    {
        ImmutableArray<PeerFacts> peers = [.. Enumerable.Range(1, 6).Select(static i => Peer(i, PeerPhase.Hot) with { Score = new PeerScore(10 * i % 7, 0, 0) })];
        GovernorFacts facts = new() { Peers = peers, Targets = PeerTargets.Relay with { Active = 4, Root = 0 } };

        GovernorDecision decision = ReferenceGovernor.Default.Decide(GovernorState.Initial(1), facts, Hour);

        // Scores: 3, 6, 2, 5, 1, 4.
        Assert.Equal([new GovernorCommand.Deactivate(new PeerId(5)), new GovernorCommand.Deactivate(new PeerId(3))], Demotions(decision));
    }

    [Fact]
    public void DemotesWhoHasEvidenceAgainstIt_WhenScoresAreEqual()
    {
        Evidence wrong = new(EvidenceKind.WrongBody);
        ImmutableArray<PeerFacts> peers =
        [
            .. Enumerable.Range(1, 6).Select(i => Peer(i, PeerPhase.Hot) with { Reputation = i == 4 ? new PeerReputation().After(wrong, Hour) : default }),
        ];
        GovernorFacts facts = new() { Peers = peers, Targets = PeerTargets.Relay with { Active = 5, Root = 0 } };

        GovernorDecision decision = ReferenceGovernor.Default.Decide(GovernorState.Initial(1), facts, Hour);

        Assert.Equal([new GovernorCommand.Deactivate(new PeerId(4))], Demotions(decision));
    }

    [Fact]
    public void DemotesWhoJoinedEarlier_WhenScoresAreEqual()
    {
        ImmutableArray<PeerFacts> peers =
            [.. Enumerable.Range(1, 6).Select(static i => Peer(i, PeerPhase.Hot) with { History = new PeerHistory { HotSince = TimeSpan.FromMinutes(i * 5 % 7) } })];
        GovernorFacts facts = new() { Peers = peers, Targets = PeerTargets.Relay with { Active = 4, Root = 0 } };

        GovernorDecision decision = ReferenceGovernor.Default.Decide(GovernorState.Initial(1), facts, Hour);

        // Since minute: 5, 3, 1, 6, 4, 2.
        Assert.Equal([new GovernorCommand.Deactivate(new PeerId(3)), new GovernorCommand.Deactivate(new PeerId(6))], Demotions(decision));
    }

    [Fact]
    public void DisconnectsTheTepidTwiceAsOften_WhenTooManyAreWarm()
    {
        int tepid = 0;
        for (int seed = 0; seed < 3_000; seed++)
        {
            ImmutableArray<PeerFacts> peers = [Peer(1, PeerPhase.Warm), Peer(2, PeerPhase.Warm) with { History = new PeerHistory { IsTepid = true } }];
            GovernorFacts facts = new() { Peers = peers, Targets = PeerTargets.Relay with { Root = 0, Established = 1, Active = 0 } };

            GovernorDecision decision = ReferenceGovernor.Default.Decide(GovernorState.Initial(seed), facts, Hour);

            tepid += decision.Commands.Contains(new GovernorCommand.Disconnect(new PeerId(2))) ? 1 : 0;
        }

        // The smaller of r and r/2 is the second in three of four draws.
        Assert.InRange(tepid, 2_150, 2_350);
    }

    [Fact]
    public void KeepsTheRootTarget_WhenTooManyAreKnown()
    {
        ImmutableArray<PeerFacts> peers =
        [
            .. Enumerable.Range(1, 10).Select(static i => Peer(i, PeerPhase.Cold) with { Origin = PeerOrigin.PublicRoot }),
            .. Enumerable.Range(11, 4).Select(static i => Peer(i, PeerPhase.Cold)),
        ];
        GovernorFacts facts = new() { Peers = peers, Targets = PeerTargets.LocalRootsOnly with { Root = 8, Known = 8 } };
        GovernorState afterHeadStart = GovernorState.Initial(1) with { Churn = new ChurnState { Step = ChurnStep.Waiting, EndsAt = 2 * Hour } };

        GovernorDecision decision = ReferenceGovernor.Default.Decide(afterHeadStart, facts, Hour);

        Assert.Equal(6, decision.Commands.Length);
        Assert.Equal(2, decision.Commands.Count(static command => command is GovernorCommand.Forget { Peer.Value: <= 10 }));
    }

    [Fact]
    public void OpensNoMoreConnections_ThanAreFree()
    {
        ImmutableArray<PeerFacts> peers = [.. Enumerable.Range(1, 20).Select(static i => Peer(i, PeerPhase.Cold))];
        GovernorFacts facts = new() { Peers = peers, FreeConnections = 3 };

        GovernorDecision decision = ReferenceGovernor.Default.Decide(GovernorState.Initial(1), facts, Hour);

        Assert.Equal(3, decision.Commands.Count(static command => command is GovernorCommand.Connect));
    }

    [Fact]
    public void StartsLocalRootsFirst_WhenFewConnectionsAreFree()
    {
        ImmutableArray<PeerFacts> peers =
        [
            .. Enumerable.Range(1, 20).Select(static i => Peer(i, PeerPhase.Cold)),
            Peer(21, PeerPhase.Cold) with { Origin = PeerOrigin.LocalRoot, LocalRootGroup = 0 },
        ];
        GovernorFacts facts = new() { Peers = peers, LocalRoots = [new LocalRootValency(1, 1)], FreeConnections = 1 };

        GovernorDecision decision = ReferenceGovernor.Default.Decide(GovernorState.Initial(1), facts, Hour);

        Assert.Equal([new GovernorCommand.Connect(new PeerId(21))], decision.Commands.Where(static command => command is GovernorCommand.Connect));
    }

    [Fact]
    public void LetsGoOfAPeer_WhenItIsBarred()
    {
        GovernorSimulation node = new(seed: 9) { Facts = new GovernorFacts { LocalRoots = [new LocalRootValency(1, 1)] } };
        PeerId root = node.Add(PeerOrigin.LocalRoot, static peer => peer with { LocalRootGroup = 0 });
        node.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(PeerPhase.Hot, node[root].Phase);
        node.Change(root, static peer => peer with { IsBarred = true });

        node.Run(TimeSpan.FromMinutes(5));

        Assert.Equal(PeerPhase.Cold, node[root].Phase);
    }

    [Fact]
    public void DoesNothingMore_WhenNothingChanges()
    {
        GovernorSimulation node = new(seed: 10);
        node.Run(TimeSpan.FromMinutes(30));
        int decisions = node.Decisions;
        int commands = node.Trace.Count;

        // Up to the first churn.
        node.Run(TimeSpan.FromMinutes(20));

        // Known peers are below target: those that came within the last minutes become due for a request one by one.
        Assert.InRange(node.Decisions - decisions, 0, 60);
        Assert.InRange(node.Trace.Count - commands, 0, 60);
    }

    [Fact]
    public void ReplacesAFifthAnHour_WhenNothingFails()
    {
        GovernorSimulation node = new(seed: 11);
        node.Run(TimeSpan.FromMinutes(50));
        ImmutableHashSet<PeerId> before = [.. node.Peers.Where(static peer => peer.Phase == PeerPhase.Hot).Select(static peer => peer.Id)];

        node.Run(Hour);

        int replaced = before.Count(id => node.Peers.All(peer => peer.Id != id || peer.Phase != PeerPhase.Hot));
        Assert.InRange(replaced, 2, 8);
        Assert.Equal((20, 5), (node.Hot(), node.Hot(big: true)));
        Assert.InRange(node.Decisions, 1, 1_500);
    }

    [Fact]
    public void RecoversItsTargets_WhenNamesCouldNotBeResolvedForHours()
    {
        GovernorSimulation node = new(seed: 12) { Faults = new Faults { Request = 1 } };
        node.Run(3 * Hour);
        Assert.Empty(node.Peers);
        // 2, 4, ... 256 s: some dozens of tries in three hours, for two kinds of roots.
        Assert.InRange(node.Decisions, 20, 600);
        node.Faults = new Faults();

        node.Run(TimeSpan.FromMinutes(15));

        Assert.Equal((30, 20, 10, 5), (node.Established(), node.Hot(), node.Established(big: true), node.Hot(big: true)));
    }

    [Fact]
    public void GivesTheSameTrace_WhenTheSeedIsTheSame()
    {
        List<string> first = RandomScript(77).Trace;
        List<string> second = RandomScript(77).Trace;
        List<string> other = RandomScript(78).Trace;

        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void HoldsItsPromises_WhateverHappens()
    {
        HashSet<Type> commands = [];
        HashSet<(PeerPhase, PeerStep)> steps = [];
        HashSet<(ChurnStep, bool)> churn = [];

        Seeds.ForEach(24, random =>
        {
            GovernorSimulation node = RandomScript(random.Next());
            commands.UnionWith(node.CommandsSeen);
            steps.UnionWith(node.StepsSeen);
            churn.UnionWith(node.ChurnSeen);
        });

        Assert.Empty(AllCommands().Except(commands));
        Assert.Empty(AllSteps().Except(steps));
        Assert.Empty(Enum.GetValues<ChurnStep>().Where(static step => step >= ChurnStep.LowerActive)
            .SelectMany(static step => new[] { (step, false), (step, true) }).Except(churn));
    }

    [Fact]
    public void ReachesItsTargets_WhenTheStormIsOver()
    {
        Seeds.ForEach(8, random =>
        {
            GovernorSimulation node = RandomScript(random.Next());
            node.Faults = new Faults { MaxPeers = 3_000 };
            node.Facts = node.Facts with
            {
                Targets = PeerTargets.Relay,
                NeedsTrustedPeers = false,
                Mode = GovernorMode.Deadline,
            };
            node.MaxConnections = int.MaxValue;
            foreach (PeerFacts peer in node.Peers.ToArray())
            {
                node.Change(peer.Id, static known => known with { IsBarred = false });
            }

            bool reached = false;

            // Long enough for the longest back-off, what is stuck (10 minutes), and churn to end: then both must hold at one moment.
            node.Run(2 * Hour, () => reached |= node.Hot() == 20 && node.Established() == 30 && node.Hot(big: true) == 5 && node.Established(big: true) == 10);

            Assert.True(reached, $"hot {node.Hot()}, established {node.Established()}, big {node.Hot(big: true)}, {node.Established(big: true)}");
        });
    }

    [Fact]
    public void AsksTwoPeersAtMost_WhenTooFewAreKnown()
    {
        ImmutableArray<PeerFacts> peers =
            [.. Enumerable.Range(1, 6).Select(static i => Peer(i, PeerPhase.Warm) with { SharesPeers = true, EstablishedSince = TimeSpan.Zero })];
        GovernorFacts facts = new() { Peers = peers, Targets = PeerTargets.Relay with { Root = 0, Known = 106 } };

        GovernorDecision decision = ReferenceGovernor.Default.Decide(GovernorState.Initial(1), facts, Hour);

        GovernorCommand.RequestPeers[] requests = [.. decision.Commands.OfType<GovernorCommand.RequestPeers>()];
        Assert.Equal([50, 50], requests.Select(static request => request.Amount));
        Assert.NotEqual(requests[0].Peer, requests[1].Peer);
    }

    [Fact]
    public void AsksAgainInQuarterOfAnHour_WhenAPeerWasAsked()
    {
        PeerFacts peer = Peer(1, PeerPhase.Hot) with { SharesPeers = true, EstablishedSince = TimeSpan.Zero, AskedForPeersAt = Hour };
        GovernorFacts facts = new() { Peers = [peer], Targets = PeerTargets.LocalRootsOnly with { Known = 10, Established = 1, Active = 1 } };

        GovernorDecision decision = ReferenceGovernor.Default.Decide(Settled, facts, Hour + TimeSpan.FromSeconds(1));

        Assert.Empty(decision.Commands);
        Assert.Equal(Hour + TimeSpan.FromSeconds(900), decision.WakeAt);
    }

    [Fact]
    public void KeepsFewHot_WhenCatchingUpOnTrust()
    {
        GovernorSimulation node = new(seed: 13)
        {
            Facts = new GovernorFacts { Mode = GovernorMode.BulkSync, UsesBootstrapPeers = true, LocalRoots = [new LocalRootValency(2, 2)] },
        };
        AddGroup(node, group: 0, peers: 2);

        node.Run(TimeSpan.FromMinutes(10));

        Assert.Equal((3, 4, 1), (node.Hot(), node.Established(), node.Hot(big: true)));
    }

    private static GovernorState Settled => GovernorState.Initial(1) with { Churn = new ChurnState { Step = ChurnStep.Waiting, EndsAt = 24 * Hour } };

    private static PeerFacts Peer(int id, PeerPhase phase) =>
        new(new PeerId(id), new PeerAddress("192.0.2.1", id)) { Origin = PeerOrigin.Shared, Phase = phase };

    private static IEnumerable<GovernorCommand> Demotions(GovernorDecision decision) =>
        decision.Commands.Where(static command => command is GovernorCommand.Deactivate);

    private static void AddGroup(GovernorSimulation node, int group, int peers)
    {
        for (int i = 0; i < peers; i++)
        {
            node.Add(PeerOrigin.LocalRoot, peer => peer with { LocalRootGroup = group, IsTrustable = group == 0 });
        }
    }

    private static IEnumerable<Type> AllCommands() =>
        typeof(GovernorCommand).GetNestedTypes().Where(static type => type.IsSubclassOf(typeof(GovernorCommand)));

    private static IEnumerable<(PeerPhase, PeerStep)> AllSteps() =>
        from phase in Enum.GetValues<PeerPhase>()
        from step in Enum.GetValues<PeerStep>()
        where PeerPhases.Advance(phase, step) is not null
        select (phase, step);

    /// <summary>Some hours of a world in which everything fails now and then, and users change their minds.</summary>
    private static GovernorSimulation RandomScript(int seed)
    {
        Random random = new(seed);
        GovernorSimulation node = new(seed)
        {
            Faults = new Faults
            {
                Connect = random.NextDouble() * 0.6,
                Activate = random.NextDouble() * 0.3,
                Stuck = random.NextDouble() * 0.2,
                Request = random.NextDouble() * 0.8,
                MaxPeers = 20 + random.Next(300),
            },
            Facts = new GovernorFacts
            {
                Mode = (GovernorMode)random.Next(3),
                UsesBootstrapPeers = random.Next(2) == 0,
                Targets = RandomTargets(random),
                LocalRoots = [new LocalRootValency(1, 2), new LocalRootValency(0, 1, BehindFirewall: true), new LocalRootValency(2, 3)],
            },
        };
        AddGroup(node, group: 0, peers: 3);
        AddGroup(node, group: 1, peers: 1);
        AddGroup(node, group: 2, peers: 3);
        for (int i = 0; i < 250; i++)
        {
            node.After(random.NextDouble() * 8_000, () => Disturb(node, random));
        }

        node.Run(TimeSpan.FromSeconds(9_000));
        Assert.Equal(7, node.Peers.Count(static peer => peer.IsLocalRoot));
        return node;
    }

    private static void Disturb(GovernorSimulation node, Random random)
    {
        PeerFacts? peer = node.Peers.Count == 0 ? null : node.Peers.ElementAt(random.Next(node.Peers.Count));
        switch (random.Next(10))
        {
            case 0 or 1 or 2 when peer is not null:
                node.Step(peer.Id, PeerStep.Lost);
                break;
            case 3 or 4 when peer is not null:
                node.Step(peer.Id, PeerStep.FellToWarm);
                break;
            case 5:
                node.AddInbound();
                break;
            case 6:
                node.Facts = node.Facts with { Targets = RandomTargets(random) };
                break;
            case 7:
                node.Facts = node.Facts with { NeedsTrustedPeers = node.Facts.UsesBootstrapPeers && random.Next(4) == 0 };
                node.MaxConnections = 1 + random.Next(100);
                break;
            case 8 when peer is not null:
                node.Change(peer.Id, known => known with { IsBarred = random.Next(3) == 0 });
                break;
            case 9 when peer is not null:
                node.Change(peer.Id, known => known with { HasReusableInbound = known.Phase == PeerPhase.Cold });
                break;
            default:
                node.Facts = node.Facts with { Mode = (GovernorMode)random.Next(3) };
                break;
        }
    }

    private static PeerTargets RandomTargets(Random random)
    {
        int known = random.Next(150);
        int established = random.Next(Math.Min(known, 60) + 1);
        int knownBig = random.Next(40);
        int establishedBig = random.Next(knownBig + 1);
        return new PeerTargets
        {
            Root = random.Next(known + 1),
            Known = known,
            Established = established,
            Active = random.Next(established + 1),
            KnownBigLedger = knownBig,
            EstablishedBigLedger = establishedBig,
            ActiveBigLedger = random.Next(establishedBig + 1),
        };
    }
}
