namespace Reactive.Network.Tests.Scenarios.Simulation;

/// <summary>Makes a scenario that fails smaller for as long as it still fails.</summary>
internal static class ScenarioShrinker
{
    private const int MaxRuns = 500;

    /// <param name="scenario">One that fails.</param>
    /// <param name="fails">Runs it.</param>
    public static Scenario Shrink(Scenario scenario, Func<Scenario, bool> fails)
    {
        int runs = 0;
        bool smaller = true;
        while (smaller)
        {
            smaller = false;
            foreach (Scenario candidate in Simpler(scenario))
            {
                if (runs++ >= MaxRuns)
                {
                    return scenario;
                }

                if (fails(candidate))
                {
                    scenario = candidate;
                    smaller = true;
                    break;
                }
            }
        }

        return scenario;
    }

    private static IEnumerable<Scenario> Simpler(Scenario scenario)
    {
        for (int i = 0; i < scenario.Peers.Length; i++)
        {
            var without = scenario with { Peers = scenario.Peers.RemoveAt(i) };
            if (without.Peers.Any(static peer => peer.IsHonest))
            {
                yield return without;
            }
        }

        for (int i = 0; i < scenario.Honest.Length - 1 && scenario.Honest.Length > 1; i++)
        {
            yield return scenario with { Honest = scenario.Honest.RemoveAt(i) };
        }

        for (int i = 0; i < scenario.KillAfter.Length; i++)
        {
            yield return scenario with { KillAfter = scenario.KillAfter.RemoveAt(i) };
        }

        for (int i = 0; i < scenario.Peers.Length; i++)
        {
            foreach (PeerPlan plan in Simpler(scenario.Peers[i]))
            {
                yield return scenario with { Peers = scenario.Peers.SetItem(i, plan) };
            }
        }

        if (scenario.StartMs > 0)
        {
            yield return scenario with { StartMs = 0 };
        }

        if (scenario.Window < 256 || scenario.MaxBlocks < 4096 || scenario.MaxBytes < 1 << 26)
        {
            yield return scenario with { Window = 256, MaxBlocks = 4096, MaxBytes = 1 << 26 };
        }

        // The last state stays the longest: that is what makes it the honest chain.
        for (int i = 0; i < scenario.Honest.Length - 1; i++)
        {
            ChainMove move = scenario.Honest[i];
            if (move.Length > move.Branch.Fork + 1)
            {
                int shorter = move.Branch.Fork + ((move.Length - move.Branch.Fork) / 2);
                yield return scenario with { Honest = scenario.Honest.SetItem(i, move with { Length = shorter }) };
            }
        }
    }

    private static IEnumerable<PeerPlan> Simpler(PeerPlan plan)
    {
        for (int i = 0; i < plan.Faults.Length; i++)
        {
            yield return plan with { Faults = plan.Faults.RemoveAt(i) };
            if (plan.Faults[i].DownMs > 0)
            {
                yield return plan with { Faults = plan.Faults.SetItem(i, plan.Faults[i] with { DownMs = 0 }) };
            }
        }

        for (int i = 0; i < plan.Own.Length && plan.Own.Length > 1; i++)
        {
            yield return plan with { Own = plan.Own.RemoveAt(i) };
        }

        if (plan.LatencyMs > 0)
        {
            yield return plan with { LatencyMs = 0 };
        }

        if (plan.BytesPerSecond is not null)
        {
            yield return plan with { BytesPerSecond = null };
        }

        if (plan.LagMs > 0)
        {
            yield return plan with { LagMs = 0 };
        }
    }
}
