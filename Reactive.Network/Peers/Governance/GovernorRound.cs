using System.Collections.Immutable;

namespace Reactive.Network.Peers.Governance;

/// <summary>One decision of the <see cref="ReferenceGovernor"/>: counts, then one rule after the other in the reference's order.</summary>
internal sealed class GovernorRound
{
    /// <summary>Peer-sharing requests at a time.</summary>
    private const int MaxPeerRequests = 2;

    /// <summary>Inbound peers adopted at a time.</summary>
    private const int MaxAdopted = 10;

    /// <summary>Bootstrap peers wanted while only trusted peers may be used.</summary>
    private const int WantedBootstrapPeers = 30;

    /// <summary>In <see cref="_phases"/>: dropped or reset in this round, so that no rule takes it.</summary>
    private const PeerPhase Gone = (PeerPhase)(-1);

    private static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(900);
    private static readonly TimeSpan AskFirstAfter = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan AdoptEvery = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MinTimeToLive = TimeSpan.FromSeconds(60);

    private readonly GovernorState _state;
    private readonly GovernorFacts _facts;
    private readonly TimeSpan _now;
    private readonly PeerFacts[] _peers;
    private readonly PeerPhase[] _phases;
    private readonly PeerCounts[] _groups;
    private readonly List<Candidate> _candidates = [];
    private readonly ImmutableArray<GovernorCommand>.Builder _commands = ImmutableArray.CreateBuilder<GovernorCommand>();
    private PeerCounts _others;
    private PeerCounts _big;
    private int _roots;
    private int _mayConnect;
    private bool _untrustedConnected;
    private bool _anyToLetGo;
    private GovernorRandom _random;
    private TimeSpan? _wakeAt;

    public GovernorRound(GovernorState state, GovernorFacts facts, TimeSpan now, int maxConnecting)
    {
        (_state, _facts, _now, _random) = (state, facts, now, state.Random);
        _peers = System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsArray(facts.Peers) ?? [];
        _phases = new PeerPhase[_peers.Length];
        _groups = facts.LocalRoots.IsDefaultOrEmpty ? [] : new PeerCounts[facts.LocalRoots.Length];
        Count();
        _mayConnect = Math.Max(0, Math.Min(maxConnecting - _others.Connecting - _big.Connecting, facts.FreeConnections));
    }

    public GovernorDecision Run()
    {
        EffectiveTargets wanted = Churn.Base(_facts);
        ChurnState churn = Churn.Advance(_state.Churn, _facts, wanted, _others, _big, ref _random, _now);
        EffectiveTargets targets = Churn.Effective(wanted, churn);
        WakeAt(churn.EndsAt);

        LetGo();
        LocalRoots();
        BigLedgerPeers(targets.BigLedger);
        TimeSpan inboundNotBefore = OtherPeers(targets);

        GovernorState state = _state with { Random = _random, Churn = churn, InboundNotBefore = inboundNotBefore };
        return new GovernorDecision(state, _commands.DrainToImmutable(), _wakeAt);
    }

    private void Count()
    {
        for (int i = 0; i < _peers.Length; i++)
        {
            PeerFacts peer = _peers[i];
            _phases[i] = peer.Phase;
            (peer.IsBigLedger ? ref _big : ref _others).Add(peer.Phase);
            _roots += peer.IsRoot ? 1 : 0;
            if (GroupOf(peer) is var group and >= 0)
            {
                _groups[group].Add(peer.Phase);
            }

            _untrustedConnected |= peer.Phase != PeerPhase.Cold && !peer.IsTrusted;
            _anyToLetGo |= peer.IsBarred || peer.Phase is PeerPhase.Deactivating or PeerPhase.Disconnecting
                || (peer.Phase == PeerPhase.Cold && peer.History.Failures >= PeerHistory.MaxFailures);
        }

        _anyToLetGo |= _facts.NeedsTrustedPeers && _untrustedConnected;
    }

    private void BigLedgerPeers(ClassTargets targets)
    {
        if (!_facts.NeedsTrustedPeers && _big.Known < targets.Known && MayRequest(_facts.BigLedgerPeers))
        {
            _commands.Add(new GovernorCommand.RequestBigLedgerPeers(targets.Known - _big.Known));
        }

        Connect(bigLedger: true, targets.Established - _big.EstablishedPlaces);
        Activate(bigLedger: true, targets.Active - _big.ActivePlaces);
        Forget(bigLedger: true, _big.Known - targets.Known, rootsToSpare: 0);
        Disconnect(bigLedger: true, _big.Established - targets.Established);
        Deactivate(bigLedger: true, _big.Hot - targets.Active);
    }

    private TimeSpan OtherPeers(EffectiveTargets targets)
    {
        ClassTargets others = targets.Others;
        Roots(targets.Root);
        TimeSpan inboundNotBefore = MorePeers(others.Known - _others.Known);
        Forget(bigLedger: false, _others.Known - others.Known, rootsToSpare: Math.Max(0, _roots - targets.Root));
        Connect(bigLedger: false, others.Established - _others.EstablishedPlaces);
        Disconnect(bigLedger: false, _others.Established - others.Established);
        Activate(bigLedger: false, others.Active - _others.ActivePlaces);
        Deactivate(bigLedger: false, _others.Hot - others.Active);
        return inboundNotBefore;
    }

    /// <summary>Whoever may not be used, has failed too often, or is stuck.</summary>
    private void LetGo()
    {
        for (int i = 0; _anyToLetGo && i < _peers.Length; i++)
        {
            PeerFacts peer = _peers[i];
            bool unwanted = peer.IsBarred || (_facts.NeedsTrustedPeers && !peer.IsTrusted);
            switch (_phases[i])
            {
                case PeerPhase.Hot when unwanted:
                    Command(i, PeerStep.Deactivate, new GovernorCommand.Deactivate(peer.Id));
                    break;

                case PeerPhase.Warm when unwanted:
                    Command(i, PeerStep.Disconnect, new GovernorCommand.Disconnect(peer.Id));
                    break;

                case PeerPhase.Deactivating or PeerPhase.Disconnecting:
                    if (IsDue(peer.PhaseSince + StuckAfter))
                    {
                        // Cold now, but with a back-off that only the engine knows: not for this round.
                        Command(i, PeerStep.Reset, new GovernorCommand.Reset(peer.Id));
                        _phases[i] = Gone;
                    }

                    break;

                case PeerPhase.Cold when !peer.IsProtected && (peer.IsBarred || peer.History.FailuresAt(_now) >= PeerHistory.MaxFailures):
                    ForgetAt(i);
                    break;

                default:
                    break;
            }
        }
    }

    private void LocalRoots()
    {
        for (int group = 0; group < _groups.Length; group++)
        {
            LocalRootValency valency = _facts.LocalRoots[group];
            Pick(valency.Warm - _groups[group].EstablishedPlaces, group, PeerPhase.Cold, PeerStep.Connect);
            Pick(valency.Hot - _groups[group].ActivePlaces, group, PeerPhase.Warm, PeerStep.Activate);
            Pick(_groups[group].Hot - valency.Hot, group, PeerPhase.Hot, PeerStep.Deactivate);
        }

        void Pick(int want, int group, PeerPhase from, PeerStep step)
        {
            if (want <= 0)
            {
                return;
            }

            for (int i = 0; i < _peers.Length; i++)
            {
                if (GroupOf(_peers[i]) == group && _phases[i] == from
                    && (step == PeerStep.Deactivate || (IsUsable(_peers[i]) && IsDialable(_peers[i], step) && IsDue(_peers[i].History.NotBefore))))
                {
                    AddCandidate(i, step);
                }
            }

            Take(want, step);
        }
    }

    private void Roots(int target)
    {
        if (_facts.NeedsTrustedPeers)
        {
            int known = _peers.Count(static peer => (peer.Origin & PeerOrigin.Bootstrap) != 0);
            if (known < WantedBootstrapPeers && MayRequest(_facts.BootstrapPeers))
            {
                _commands.Add(new GovernorCommand.RequestBootstrapPeers(WantedBootstrapPeers - known));
            }
        }
        else if (_roots < target && MayRequest(_facts.PublicRoots))
        {
            _commands.Add(new GovernorCommand.RequestPublicRoots(target - _roots));
        }
    }

    /// <summary>Known peers below target: asks others, or takes some that have connected to us.</summary>
    private TimeSpan MorePeers(int want)
    {
        if (want <= 0 || _facts.NeedsTrustedPeers)
        {
            return _state.InboundNotBefore;
        }

        int slots = MaxPeerRequests - _facts.RunningPeerRequests;
        if (slots > 0)
        {
            for (int i = 0; i < _peers.Length; i++)
            {
                PeerFacts peer = _peers[i];
                if (peer.SharesPeers && !peer.IsBarred && peer.EstablishedSince is { } since && _phases[i] is PeerPhase.Warm or PeerPhase.Hot
                    && IsDue(Later(since + AskFirstAfter, peer.AskedForPeersAt is { } last ? last + AskAgainAfter : TimeSpan.MinValue)))
                {
                    _candidates.Add(new Candidate(i, Random: _random.NextDouble()));
                }
            }

            _candidates.Sort();
            int asked = Math.Min(slots, _candidates.Count);
            for (int i = 0; i < asked; i++)
            {
                int amount = Math.Clamp(want / asked, 8, 255);
                _commands.Add(new GovernorCommand.RequestPeers(_peers[_candidates[i].Index].Id, amount));
            }

            _candidates.Clear();
        }

        if (_facts.MatureInbound.IsDefaultOrEmpty || !IsDue(_state.InboundNotBefore))
        {
            return _state.InboundNotBefore;
        }

        WakeAt(_now + AdoptEvery);
        if (_random.NextDouble() < 0.5)
        {
            for (int i = 0; i < _facts.MatureInbound.Length; i++)
            {
                _candidates.Add(new Candidate(i, Random: _random.NextDouble()));
            }

            _candidates.Sort();
            for (int i = 0; i < Math.Min(Math.Min(MaxAdopted, want), _candidates.Count); i++)
            {
                _commands.Add(new GovernorCommand.AdoptInbound(_facts.MatureInbound[_candidates[i].Index]));
            }

            _candidates.Clear();
        }

        return _now + AdoptEvery;
    }

    private void Connect(bool bigLedger, int want)
    {
        if (want <= 0)
        {
            return;
        }

        for (int i = 0; i < _peers.Length; i++)
        {
            PeerFacts peer = _peers[i];
            if (IsOf(i, bigLedger, PeerPhase.Cold) && IsUsable(peer) && IsDue(peer.History.NotBefore))
            {
                AddCandidate(i, PeerStep.Connect);
            }
        }

        Take(want, PeerStep.Connect);
    }

    private void Activate(bool bigLedger, int want)
    {
        if (want <= 0)
        {
            return;
        }

        for (int i = 0; i < _peers.Length; i++)
        {
            if (IsOf(i, bigLedger, PeerPhase.Warm) && IsUsable(_peers[i]) && IsDue(_peers[i].History.NotBefore))
            {
                AddCandidate(i, PeerStep.Activate);
            }
        }

        Take(want, PeerStep.Activate);
    }

    private void Deactivate(bool bigLedger, int surplus)
    {
        if (surplus <= 0)
        {
            return;
        }

        for (int i = 0; i < _peers.Length; i++)
        {
            if (IsOf(i, bigLedger, PeerPhase.Hot))
            {
                AddCandidate(i, PeerStep.Deactivate);
            }
        }

        Take(surplus, PeerStep.Deactivate);
    }

    private void Disconnect(bool bigLedger, int surplus)
    {
        if (surplus <= 0)
        {
            return;
        }

        for (int i = 0; i < _peers.Length; i++)
        {
            if (IsOf(i, bigLedger, PeerPhase.Warm))
            {
                AddCandidate(i, PeerStep.Disconnect);
            }
        }

        Take(surplus, PeerStep.Disconnect);
    }

    private void Forget(bool bigLedger, int surplus, int rootsToSpare)
    {
        if (surplus <= 0)
        {
            return;
        }

        for (int i = 0; i < _peers.Length; i++)
        {
            PeerFacts peer = _peers[i];
            if (IsOf(i, bigLedger, PeerPhase.Cold) && !(_facts.NeedsTrustedPeers && peer.IsTrusted))
            {
                double key = _random.NextDouble() / ((peer.History.FailuresAt(_now) + 1) * (1 + peer.Reputation.PenaltyAt(_now)));
                _candidates.Add(new Candidate(i, Random: key));
            }
        }

        _candidates.Sort();
        foreach (Candidate candidate in _candidates)
        {
            bool isRoot = _peers[candidate.Index].IsRoot;
            if (surplus > 0 && (!isRoot || rootsToSpare-- > 0))
            {
                ForgetAt(candidate.Index);
                surplus--;
            }
        }

        _candidates.Clear();
    }

    /// <summary>Notes a peer that the step could be taken with, and how it ranks among others: the smallest are taken.</summary>
    private void AddCandidate(int index, PeerStep step)
    {
        PeerFacts peer = _peers[index];
        double penalty = peer.Reputation.PenaltyAt(_now);
        double random = _random.NextDouble();
        _candidates.Add(step switch
        {
            // The lowest score; among equals whoever is known to be worse, then whoever had the time to do better, then any.
            PeerStep.Deactivate => new Candidate(
                index, peer.Score.In(_facts.Mode) / (1 + penalty), -penalty, peer.History.HotSince ?? peer.PhaseSince, random),
            PeerStep.Disconnect => new Candidate(index, Random: (peer.History.IsTepid ? random / 2 : random) / (1 + penalty)),
            _ => new Candidate(index, Random: random * (1 + penalty)),
        });
    }

    /// <summary>Takes the step with as many of the candidates as are wanted.</summary>
    private void Take(int want, PeerStep step)
    {
        if (step == PeerStep.Connect)
        {
            want = Math.Min(want, _mayConnect);
        }

        _candidates.Sort();
        for (int i = 0; i < Math.Min(want, _candidates.Count); i++)
        {
            int index = _candidates[i].Index;
            PeerId peer = _peers[index].Id;
            switch (step)
            {
                case PeerStep.Connect:
                    _mayConnect--;
                    Command(index, step, new GovernorCommand.Connect(peer));
                    break;

                case PeerStep.Activate:
                    Command(index, step, new GovernorCommand.Activate(peer));
                    break;

                case PeerStep.Deactivate:
                    Command(index, step, new GovernorCommand.Deactivate(peer));
                    break;

                default:
                    Command(index, step, new GovernorCommand.Disconnect(peer));
                    break;
            }
        }

        _candidates.Clear();
    }

    /// <summary>Gives a command and counts the peer where it puts it, so that no later rule takes it, or its place, again.</summary>
    private void Command(int index, PeerStep step, GovernorCommand command)
    {
        PeerPhase from = _phases[index];
        PeerPhase to = PeerPhases.Advance(from, step) ?? throw new InvalidOperationException($"{step} is not legal in {from}.");
        Move(index, from, to);
        _commands.Add(command);
    }

    private void ForgetAt(int index)
    {
        PeerFacts peer = _peers[index];
        ref PeerCounts counts = ref peer.IsBigLedger ? ref _big : ref _others;
        counts.Known--;
        _roots -= peer.IsRoot ? 1 : 0;
        _phases[index] = Gone;
        _commands.Add(new GovernorCommand.Forget(peer.Id));
    }

    private void Move(int index, PeerPhase from, PeerPhase to)
    {
        PeerFacts peer = _peers[index];
        ref PeerCounts counts = ref peer.IsBigLedger ? ref _big : ref _others;
        counts.Move(from, to);
        if (GroupOf(peer) is var group and >= 0)
        {
            _groups[group].Move(from, to);
        }

        _phases[index] = to;
    }

    private int GroupOf(PeerFacts peer) => peer.IsLocalRoot && (uint)peer.LocalRootGroup < (uint)_groups.Length ? peer.LocalRootGroup : -1;

    private bool IsOf(int index, bool bigLedger, PeerPhase phase) =>
        _phases[index] == phase && !_peers[index].IsLocalRoot && _peers[index].IsBigLedger == bigLedger;

    /// <summary>Whether it may be promoted. While others than trusted ones are still connected nobody may.</summary>
    private bool IsUsable(PeerFacts peer) => !peer.IsBarred && (!_facts.NeedsTrustedPeers || (peer.IsTrusted && !_untrustedConnected));

    private bool IsDialable(PeerFacts peer, PeerStep step) =>
        step != PeerStep.Connect || peer.HasReusableInbound || !_facts.LocalRoots[peer.LocalRootGroup].BehindFirewall;

    private bool MayRequest(RootRequestFacts request)
    {
        if (request.IsRunning || request.EndedAt is not { } ended)
        {
            return !request.IsRunning;
        }

        return IsDue(ended + (request.Fruitless > 0
            ? TimeSpan.FromSeconds(1 << Math.Min(request.Fruitless, 8))
            : Later(request.TimeToLive, MinTimeToLive)));
    }

    /// <summary>Whether the time has come; if not, the governor is to be asked again then.</summary>
    private bool IsDue(TimeSpan time)
    {
        if (time <= _now)
        {
            return true;
        }

        WakeAt(time);
        return false;
    }

    private void WakeAt(TimeSpan time)
    {
        if (_wakeAt is not { } at || time < at)
        {
            _wakeAt = time;
        }
    }

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <summary>A peer and what it is ranked by, the most important first. The index breaks ties, so that the order is total.</summary>
    private readonly record struct Candidate(int Index, double First = 0, double Second = 0, TimeSpan Since = default, double Random = 0)
        : IComparable<Candidate>
    {
        public int CompareTo(Candidate other)
        {
            int order = First.CompareTo(other.First);
            order = order != 0 ? order : Second.CompareTo(other.Second);
            order = order != 0 ? order : Since.CompareTo(other.Since);
            order = order != 0 ? order : Random.CompareTo(other.Random);
            return order != 0 ? order : Index.CompareTo(other.Index);
        }
    }
}
