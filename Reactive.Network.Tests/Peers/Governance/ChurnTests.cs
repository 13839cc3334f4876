using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Tests.Peers.Governance;

/// <summary>The cycle step by step, with counts that never move: every step runs out of time.</summary>
public class ChurnTests
{
    [Fact]
    public void TakesItsTimes_WhenNothingMoves()
    {
        GovernorRandom random = GovernorRandom.FromSeed(1);
        GovernorFacts facts = new();
        EffectiveTargets wanted = Churn.Base(facts);

        // As many as the targets: what lowers waits for nothing to go, what restores finds all there.
        PeerCounts others = new() { Known = 150, Warm = 10, Hot = 20 };
        PeerCounts big = new() { Known = 15, Warm = 5, Hot = 5 };
        ChurnState churn = ChurnState.Initial;
        TimeSpan now = TimeSpan.Zero;
        List<(ChurnStep, bool, double)> seen = [];
        for (int i = 0; i < 9; i++)
        {
            churn = Churn.Advance(churn, facts, wanted, others, big, ref random, now);
            seen.Add((churn.Step, churn.OfBigLedger, (churn.EndsAt - now).TotalSeconds));
            now = churn.EndsAt;
        }

        Assert.Equal((ChurnStep.HeadStart, false, 3), seen[0]);
        Assert.Equal(ChurnStep.Waiting, seen[1].Item1);
        Assert.InRange(seen[1].Item3, 3_300, 3_900);
        Assert.Equal(
            [
                (ChurnStep.LowerActive, true, 300),
                (ChurnStep.LowerEstablished, true, 121),
                (ChurnStep.LowerKnown, true, 60),
                (ChurnStep.LowerActive, false, 300),
                (ChurnStep.LowerEstablished, false, 121),
                (ChurnStep.LowerKnown, false, 60),
            ],
            seen[2..8]);
        Assert.Equal(ChurnStep.Waiting, seen[8].Item1);

        // The interval counts from the beginning of the cycle, which took 962 s.
        Assert.InRange(seen[8].Item3, 3_300 - 962, 3_900 - 962);
    }

    [Fact]
    public void LowersByAFifth_WhenItsTurnComes()
    {
        EffectiveTargets wanted = Churn.Base(new GovernorFacts());

        Assert.Equal(16, Step(ChurnStep.LowerActive, lowered: 4).Others.Active);
        Assert.Equal(24, Step(ChurnStep.LowerEstablished, lowered: 6).Others.Established);
        Assert.Equal((120, 48), (Step(ChurnStep.LowerKnown, lowered: 6, known: 30).Others.Known, Step(ChurnStep.LowerKnown, lowered: 6, known: 30).Root));
        Assert.Equal(24, Step(ChurnStep.RestoreKnown, lowered: 6).Others.Established);
        Assert.Equal(wanted, Step(ChurnStep.RestoreEstablished, lowered: 6));
        Assert.Equal(wanted, Step(ChurnStep.Waiting, lowered: 6));

        EffectiveTargets Step(ChurnStep step, int lowered, int known = 0) =>
            Churn.Effective(wanted, new ChurnState { Step = step, Lowered = lowered, LoweredKnown = known });
    }

    [Fact]
    public void AsksForNoRoots_WhenItBegins()
    {
        EffectiveTargets targets = Churn.Effective(Churn.Base(new GovernorFacts()), new ChurnState { Step = ChurnStep.HeadStart });

        Assert.Equal(0, targets.Root);
    }

    [Fact]
    public void HasNoHeadStart_WhenInGenesisMode()
    {
        GovernorRandom random = GovernorRandom.FromSeed(1);
        GovernorFacts facts = new() { Mode = GovernorMode.Genesis };

        ChurnState churn = Churn.Advance(ChurnState.Initial, facts, Churn.Base(facts), default, default, ref random, TimeSpan.Zero);

        Assert.Equal(ChurnStep.Waiting, churn.Step);
    }

    [Fact]
    public void RestsAMinute_WhenACycleTookLongerThanItsInterval()
    {
        GovernorRandom random = GovernorRandom.FromSeed(1);
        GovernorFacts facts = new() { Mode = GovernorMode.BulkSync };
        TimeSpan now = TimeSpan.FromSeconds(1_000);
        ChurnState last = new() { Step = ChurnStep.RestoreEstablished, EndsAt = now };

        ChurnState churn = Churn.Advance(last, facts, Churn.Base(facts), default, default, ref random, now);

        Assert.Equal((ChurnStep.Waiting, now + TimeSpan.FromSeconds(60)), (churn.Step, churn.EndsAt));
    }

    [Fact]
    public void EndsAtOnce_WhenAllTargetsAreZero()
    {
        GovernorRandom random = GovernorRandom.FromSeed(1);
        GovernorFacts facts = new() { Targets = PeerTargets.LocalRootsOnly };
        TimeSpan now = TimeSpan.FromHours(2);
        ChurnState waiting = new() { Step = ChurnStep.Waiting, EndsAt = now };

        ChurnState churn = Churn.Advance(waiting, facts, Churn.Base(facts), default, default, ref random, now);

        Assert.Equal(ChurnStep.Waiting, churn.Step);
        Assert.True(churn.EndsAt >= now + TimeSpan.FromSeconds(3_300));
    }
}
