using System.Collections.Concurrent;
using Reactive.Network.Chain;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios.Simulation;

/// <summary>A chain that leaves the trunk above its first <paramref name="Fork"/> blocks; number 0 is the trunk itself.</summary>
internal readonly record struct Branch(int Fork, int Number)
{
    public static Branch Trunk { get; } = new(0, 0);

    public override string ToString() => Number == 0 ? "trunk" : $"{Number}@{Fork}";
}

/// <summary>A generated block with what tests ask of it again and again.</summary>
internal sealed record SimulatedBlock(Block Block, Point Point);

/// <summary>
/// The blocks that all scenarios are made of, generated once: a trunk and branches that leave it. Generating them anew would take most of a scenario's time.
/// </summary>
internal static class SimulatedBlocks
{
    /// <summary>No chain of a scenario is longer.</summary>
    public const int MaxLength = 48;

    /// <summary>A branch with this number is refused by <see cref="Validator"/>.</summary>
    public const int Counterfeit = 9;

    private static readonly SimulatedBlock[] TrunkBlocks = Make(Tip.Origin, 0, MaxLength);
    private static readonly ConcurrentDictionary<Branch, Lazy<SimulatedBlock[]>> Branches = new();
    private static readonly ConcurrentDictionary<Point, bool> Counterfeits = new();

    /// <summary>Refuses the headers of counterfeit branches, as a check of leadership would.</summary>
    public static IHeaderValidator Validator { get; } = new Refusing();

    /// <summary>The block with so many below it.</summary>
    public static SimulatedBlock At(Branch branch, int height) =>
        branch.Number == 0 || height < branch.Fork ? TrunkBlocks[height] : Of(branch)[height - branch.Fork];

    /// <summary>How many blocks two chains have in common.</summary>
    public static int Shared(Branch one, int length, Branch other, int otherLength)
    {
        int max = Math.Min(length, otherLength);
        int shared = 0;
        while (shared < max && At(one, shared).Point == At(other, shared).Point)
        {
            shared++;
        }

        return shared;
    }

    private static SimulatedBlock[] Of(Branch branch) => Branches.GetOrAdd(branch, static one => new Lazy<SimulatedBlock[]>(() =>
    {
        Tip parent = one.Fork == 0 ? Tip.Origin : new Tip(TrunkBlocks[one.Fork - 1].Point, (ulong)one.Fork - 1);
        SimulatedBlock[] blocks = Make(parent, 1 + (one.Fork * 16) + one.Number, MaxLength - one.Fork);
        if (one.Number == Counterfeit)
        {
            foreach (SimulatedBlock block in blocks)
            {
                Counterfeits[block.Point] = true;
            }
        }

        return blocks;
    })).Value;

    private static SimulatedBlock[] Make(Tip parent, int seed, int count)
    {
        var generator = new ChainGenerator(new ChainGeneratorOptions { Seed = seed, Parent = parent, BodyBytes = 300 });
        return [.. generator.Take(count).Select(static block => new SimulatedBlock(block, block.Point))];
    }

    private sealed class Refusing : IHeaderValidator
    {
        public string? Refuse(Header header, in HeaderFields fields, CandidateHeader parent) =>
            Counterfeits.ContainsKey(new Point(fields.Slot, header.Hash)) ? "its leader was none" : null;
    }
}
