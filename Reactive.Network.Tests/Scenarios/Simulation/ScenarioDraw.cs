using System.Collections.Immutable;

namespace Reactive.Network.Tests.Scenarios.Simulation;

/// <summary>Draws scenarios: the same seed gives the same one.</summary>
internal static class ScenarioDraw
{
    private const int LastMs = 15_000;

    /// <summary>An honest peer keeps the limits of the protocols: one that takes longer than 10 s for an SDU of headers does not.</summary>
    private const int MinBytesPerSecond = 3_000;

    public static Scenario Draw(int seed, bool kills = false)
    {
        var random = new Random(seed);
        List<ChainMove> honest = DrawHonest(random);
        int count = random.Next(1, 7);
        int trusted = random.Next(count);
        var peers = new PeerPlan[count];
        for (int i = 0; i < count; i++)
        {
            peers[i] = DrawPeer(random, i == trusted || random.NextDouble() < 0.3, honest);
        }

        // Nobody shows a chain that is longer than the honest one at the end, but for those that the validator refuses.
        ChainMove last = honest[^1];
        int longest = honest.Concat(peers.SelectMany(static peer => peer.Own))
            .Where(static move => move.Branch.Number != SimulatedBlocks.Counterfeit).Max(static move => move.Length);
        honest.Add(new ChainMove(last.AtMs + random.Next(1, 3000), last.Branch, longest + random.Next(1, 4)));
        bool small = random.Next(4) == 0;
        return new Scenario
        {
            Seed = seed,
            Honest = [.. honest],
            Peers = [.. peers],
            StartMs = random.Next(3) switch { 0 => 0, 1 => random.Next(100), _ => random.Next(8000) },
            Window = small ? random.Next(1, 8) : 256,
            MaxBlocks = small ? random.Next(1, 16) : 4096,
            MaxBytes = small ? random.Next(500, 8000) : 1 << 26,
            KillAfter = kills ? [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(1, 12))] : [],
        };
    }

    private static List<ChainMove> DrawHonest(Random random)
    {
        var moves = new List<ChainMove> { new(0, Branch.Trunk, random.Next(0, 21)) };
        int at = 0;
        for (int left = random.Next(0, 7); left > 0; left--)
        {
            at += random.Next(1, LastMs / 7);
            moves.Add(Next(random, moves[^1], at));
        }

        return moves;
    }

    private static ChainMove Next(Random random, ChainMove before, int at)
    {
        if (random.NextDouble() < 0.6)
        {
            return new ChainMove(at, before.Branch, Math.Min(before.Length + random.Next(1, 4), SimulatedBlocks.MaxLength - 8));
        }

        int back = Math.Max(0, before.Length - random.Next(0, 7));
        if (random.Next(4) == 0)
        {
            // The same blocks again, later.
            return new ChainMove(at, before.Branch, back);
        }

        int fork = before.Branch.Number == 0 ? back : Math.Min(back, before.Branch.Fork);
        return new ChainMove(at, new Branch(fork, random.Next(1, 4)), Math.Min(fork + random.Next(0, 8), SimulatedBlocks.MaxLength - 8));
    }

    private static PeerPlan DrawPeer(Random random, bool isHonest, List<ChainMove> honest)
    {
        var plan = new PeerPlan
        {
            LagMs = random.Next(3) == 0 ? random.Next(3000) : random.Next(50),
            LatencyMs = random.Next(3) switch { 0 => 0, 1 => random.Next(1, 50), _ => random.Next(50, 600) },
            BytesPerSecond = random.Next(5) == 0 ? random.Next(MinBytesPerSecond, 40_000) : null,
            Faults = [.. Enumerable.Range(0, random.Next(3) == 0 ? random.Next(1, 3) : 0)
                .Select(_ => new PeerFault(random.Next(LastMs), random.Next(2) == 0 ? 0 : random.Next(1, 20_000)))
                .OrderBy(static fault => fault.AtMs)],
        };
        if (isHonest)
        {
            return plan;
        }

        return random.Next(3) == 0 ? plan with { Own = DrawFork(random, honest) } : DrawLie(random, plan);
    }

    private static PeerPlan DrawLie(Random random, PeerPlan plan)
    {
        var lie = (Lie)random.Next(1, 9);
        int from = lie is Lie.Mute or Lie.MuteBlocks ? random.Next(2) == 0 ? 0 : random.Next(LastMs) : random.Next(lie == Lie.BrokenLink ? 1 : 0, 12);
        return plan with { Lie = lie, LieFrom = from };
    }

    private static ImmutableArray<ChainMove> DrawFork(Random random, List<ChainMove> honest)
    {
        bool isCounterfeit = random.Next(3) == 0;
        int at = 0;
        List<ChainMove> moves = [];
        for (int left = random.Next(1, 4); left > 0; left--)
        {
            int fork = random.Next(0, Math.Max(1, honest[0].Length + 1));
            int number = isCounterfeit ? SimulatedBlocks.Counterfeit : random.Next(1, 4);
            int longest = isCounterfeit ? SimulatedBlocks.MaxLength : SimulatedBlocks.MaxLength - 8;
            moves.Add(new ChainMove(at, new Branch(fork, number), Math.Min(fork + random.Next(0, isCounterfeit ? 40 : 10), longest)));
            at += random.Next(1, LastMs / 4);
        }

        return [.. moves];
    }
}
