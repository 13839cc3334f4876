using System.Collections.Immutable;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Support;

/// <summary>Candidate chains fed by hand: what peers announce, without peers that announce it.</summary>
public sealed class FakeChains(CandidateOptions? options = null)
{
    private TimeSpan _now;

    /// <summary>The tree.</summary>
    public CandidateChains Chains { get; } = new(options);

    /// <summary>Blocks on top of another, or of origin.</summary>
    public static Block[] Blocks(int count, Block? on = null, int seed = 1, int bodyBytes = 300) => [.. new ChainGenerator(new ChainGeneratorOptions
    {
        Seed = seed,
        BodyBytes = bodyBytes,
        Parent = on is { } parent ? new Tip(parent.Point, parent.BlockNumber) : Tip.Origin,
    }).Take(count)];

    /// <summary>A peer was found to stand at a point.</summary>
    public void Join(IPeer peer, Point point = default) => Chains.Intersected(peer, point, Tip.Origin);

    /// <summary>A peer's chain grows.</summary>
    public void Announce(IPeer peer, params IEnumerable<Block> blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        foreach (Block block in blocks)
        {
            _now += TimeSpan.FromMilliseconds(1);
            Chains.Announce(peer, block.Header, _now, out _);
        }
    }

    /// <summary>A selection of these.</summary>
    public PeerSelection Select(params ImmutableArray<IPeer> peers) => new(peers, Chains);
}
