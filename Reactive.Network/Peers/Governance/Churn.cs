namespace Reactive.Network.Peers.Governance;

/// <summary>
/// Replaces a fifth of the peers now and then, so that a node does not stay with those it met first: lowers the targets and restores them, one after
/// the other. Pure.
/// </summary>
internal static class Churn
{
    /// <summary>For so long no roots are asked for at the start.</summary>
    public static readonly TimeSpan HeadStart = TimeSpan.FromSeconds(3);

    /// <summary>The pause after a cycle that took longer than its interval.</summary>
    public static readonly TimeSpan MinPause = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    /// <summary>At most this many steps follow one another at one moment: two times the six of a cycle, the wait and the head start.</summary>
    private const int MaxStepsAtOnce = 14;

    /// <summary>The targets that the mode makes of those the user wants: few hot peers while catching up on trust.</summary>
    public static EffectiveTargets Base(GovernorFacts facts)
    {
        PeerTargets targets = facts.Targets;
        ClassTargets others = new(targets.Known, targets.Established, targets.Active);
        ClassTargets big = new(targets.KnownBigLedger, targets.EstablishedBigLedger, targets.ActiveBigLedger);
        if (facts.Mode == GovernorMode.BulkSync)
        {
            int active = Math.Min(others.Active, LocalHot(facts) + 1);
            others = others with { Active = active };
            if (facts.UsesBootstrapPeers)
            {
                others = others with { Established = Math.Min(others.Established, active + 1) };
                big = big with { Active = Math.Min(big.Active, 1) };
            }
        }

        return new EffectiveTargets(others, big, targets.Root);
    }

    /// <summary>The targets that count while churn stands where it does.</summary>
    public static EffectiveTargets Effective(EffectiveTargets wanted, ChurnState churn)
    {
        if (churn.Step is ChurnStep.None or ChurnStep.HeadStart)
        {
            return wanted with { Root = 0 };
        }

        ClassTargets of = wanted.Of(churn.OfBigLedger);
        ClassTargets lowered = churn.Step switch
        {
            ChurnStep.LowerActive => of with { Active = Math.Max(0, of.Active - churn.Lowered) },
            ChurnStep.LowerEstablished or ChurnStep.RestoreKnown =>
                of with { Established = Math.Max(of.Active, of.Established - churn.Lowered) },
            ChurnStep.LowerKnown => of with
            {
                Established = Math.Max(of.Active, of.Established - churn.Lowered),
                Known = Math.Max(of.Established, of.Known - churn.LoweredKnown),
            },
            _ => of,
        };
        if (churn.OfBigLedger)
        {
            return wanted with { BigLedger = lowered };
        }

        int root = churn.Step == ChurnStep.LowerKnown ? Math.Min(wanted.Root - (wanted.Root / 5), lowered.Known) : wanted.Root;
        return wanted with { Others = lowered, Root = root };
    }

    /// <summary>Goes as many steps on as are over at <paramref name="now"/>.</summary>
    public static ChurnState Advance(
        ChurnState churn, GovernorFacts facts, EffectiveTargets wanted, in PeerCounts others, in PeerCounts big, ref GovernorRandom random, TimeSpan now)
    {
        for (int step = 0; step < MaxStepsAtOnce && IsOver(churn, wanted, churn.OfBigLedger ? big : others, now); step++)
        {
            churn = Next(churn, facts, wanted, others, big, ref random, now);
        }

        return churn;
    }

    private static int LocalHot(GovernorFacts facts)
    {
        int hot = 0;
        foreach (LocalRootValency group in facts.LocalRoots)
        {
            hot += group.Hot;
        }

        return Math.Max(1, hot);
    }

    private static bool IsOver(ChurnState churn, EffectiveTargets wanted, in PeerCounts counts, TimeSpan now)
    {
        if (now >= churn.EndsAt)
        {
            return true;
        }

        ClassTargets targets = Effective(wanted, churn).Of(churn.OfBigLedger);
        return churn.Step switch
        {
            ChurnStep.None => true,
            ChurnStep.LowerActive => counts.Hot + counts.Deactivating <= targets.Active,
            ChurnStep.RestoreActive => counts.Hot >= targets.Active,
            ChurnStep.LowerEstablished => counts.Established + counts.Disconnecting <= targets.Established,
            ChurnStep.LowerKnown => counts.Known <= targets.Known,
            ChurnStep.RestoreKnown => counts.Known >= targets.Known,
            ChurnStep.RestoreEstablished => counts.Established >= targets.Established,
            _ => false,
        };
    }

    private static ChurnState Next(
        ChurnState churn, GovernorFacts facts, EffectiveTargets wanted, in PeerCounts others, in PeerCounts big, ref GovernorRandom random, TimeSpan now)
    {
        bool ofBig = churn.OfBigLedger;
        PeerCounts counts = ofBig ? big : others;
        ClassTargets targets = wanted.Of(ofBig);
        switch (churn.Step)
        {
            case ChurnStep.None when facts.Mode != GovernorMode.Genesis:
                return churn with { Step = ChurnStep.HeadStart, EndsAt = now + HeadStart, CycleSince = now };

            case ChurnStep.None or ChurnStep.HeadStart:
                return Wait(churn, facts, ref random, now, now);

            case ChurnStep.Waiting:
                return LowerActive(churn with { CycleSince = now }, facts, wanted, ofBig: true, big.Hot + big.Deactivating, now);

            case ChurnStep.LowerActive:
                return churn with
                {
                    Step = ChurnStep.RestoreActive,
                    EndsAt = now + TimeSpan.FromSeconds(60),
                    Dropped = Math.Max(0, churn.CountBefore - counts.Hot - counts.Deactivating),
                };

            case ChurnStep.RestoreActive:
                return churn with
                {
                    Step = ChurnStep.LowerEstablished,
                    EndsAt = now + TimeSpan.FromSeconds(121),
                    Lowered = Fifth(targets.Established, churn.Dropped),
                    CountBefore = counts.Established + counts.Disconnecting,
                };

            case ChurnStep.LowerEstablished:
                int dropped = Math.Max(0, churn.CountBefore - counts.Established - counts.Disconnecting);
                return churn with
                {
                    Step = ChurnStep.LowerKnown,
                    EndsAt = now + TimeSpan.FromSeconds(60),
                    Dropped = dropped,
                    LoweredKnown = Fifth(targets.Known, dropped),
                };

            case ChurnStep.LowerKnown:
                return churn with { Step = ChurnStep.RestoreKnown, EndsAt = now + TimeSpan.FromSeconds(60) + (2 * RequestTimeout) };

            case ChurnStep.RestoreKnown:
                return churn with { Step = ChurnStep.RestoreEstablished, EndsAt = now + TimeSpan.FromSeconds(60) };

            case ChurnStep.RestoreEstablished when ofBig:
                return LowerActive(churn, facts, wanted, ofBig: false, others.Hot + others.Deactivating, now);

            default:
                return Wait(churn, facts, ref random, churn.CycleSince, now);
        }
    }

    private static ChurnState LowerActive(ChurnState churn, GovernorFacts facts, EffectiveTargets wanted, bool ofBig, int active, TimeSpan now) =>
        churn with
        {
            Step = ChurnStep.LowerActive,
            OfBigLedger = ofBig,
            EndsAt = now + TimeSpan.FromSeconds(300),
            // While catching up on trust the one that is not local is the one that goes.
            Lowered = !ofBig && facts.Mode == GovernorMode.BulkSync ? 1 : Fifth(wanted.Of(ofBig).Active, 0),
            CountBefore = active,
        };

    private static ChurnState Wait(ChurnState churn, GovernorFacts facts, ref GovernorRandom random, TimeSpan since, TimeSpan now)
    {
        double seconds = facts.Mode == GovernorMode.BulkSync ? 900 + random.NextBetween(0, 60) : 3300 + random.NextBetween(0, 600);
        TimeSpan end = since + TimeSpan.FromSeconds(seconds);
        return new ChurnState { Step = ChurnStep.Waiting, EndsAt = end > now + MinPause ? end : now + MinPause, CycleSince = now };
    }

    private static int Fifth(int target, int dropped) => Math.Max(Math.Max(target / 5, dropped), 1);
}
