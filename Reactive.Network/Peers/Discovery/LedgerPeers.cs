using System.Collections.Immutable;

namespace Reactive.Network.Peers.Discovery;

/// <summary>Picks relays of stake pools at random.</summary>
public static class LedgerPeers
{
    /// <summary>Picks relays of different pools, a pool the more likely the more stake it has: one relay of each, until there are enough or no pools are left.</summary>
    /// <param name="pools">The pools.</param>
    /// <param name="amount">Relays wanted.</param>
    /// <param name="bySquareRoot">Whether the root of the stake weighs, as for ordinary ledger peers, rather than the stake, as for big ones.</param>
    /// <param name="nextRandom">The next number of a seeded stream, 0 or more and less than 1.</param>
    public static ImmutableArray<AccessPoint> Pick(ImmutableArray<LedgerPool> pools, int amount, bool bySquareRoot, Func<double> nextRandom)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        ArgumentNullException.ThrowIfNull(nextRandom);

        // Weighted draws without putting back: each pool draws u^(1/weight), and the largest win. In logarithms, as weights are small.
        List<(double Key, int Index)> draws = new(pools.Length);
        for (int i = 0; i < pools.Length; i++)
        {
            double weight = bySquareRoot ? Math.Sqrt(pools[i].RelativeStake) : pools[i].RelativeStake;
            if (pools[i].Relays.Length > 0 && weight > 0)
            {
                draws.Add((Math.Log(1 - nextRandom()) / weight, i));
            }
        }

        draws.Sort(static (one, other) => other.Key.CompareTo(one.Key) is not 0 and var order ? order : one.Index.CompareTo(other.Index));
        SortedSet<AccessPoint> seen = [];
        ImmutableArray<AccessPoint>.Builder picked = ImmutableArray.CreateBuilder<AccessPoint>();
        foreach ((_, int index) in draws)
        {
            if (picked.Count >= amount)
            {
                break;
            }

            ImmutableArray<AccessPoint> relays = pools[index].Relays;
            AccessPoint relay = relays[(int)(nextRandom() * relays.Length)];
            if (seen.Add(relay))
            {
                picked.Add(relay);
            }
        }

        return picked.ToImmutable();
    }
}
