using System.Collections.Immutable;
using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Reactive.Network.Operators;

/// <summary>For as long as the policy allows, no peer could be used for what was wanted.</summary>
/// <param name="point">What was wanted: the next block, or origin where no chain was found to follow.</param>
/// <param name="waited">How long.</param>
/// <param name="evidence">What the peers that were tried did, the latest last; 64 at most.</param>
public sealed class NoUsablePeerException(Point point, TimeSpan waited, ImmutableArray<(string Peer, Evidence Evidence)> evidence)
    : NetworkException(Fault.Transport, Describe(point, waited, evidence))
{
    /// <summary>What was wanted.</summary>
    public Point Point { get; } = point;

    /// <summary>How long it was waited for.</summary>
    public TimeSpan Waited { get; } = waited;

    /// <summary>What the peers that were tried did, the latest last.</summary>
    public ImmutableArray<(string Peer, Evidence Evidence)> Evidence { get; } = evidence;

    private static string Describe(Point point, TimeSpan waited, ImmutableArray<(string Peer, Evidence Evidence)> evidence) =>
        (point.IsOrigin ? "no peer to follow" : $"no peer delivered {point}")
        + $" for {waited.TotalSeconds:0.###} s"
        + (evidence.IsEmpty ? "" : $"; last: {evidence[^1].Peer}: {evidence[^1].Evidence.Kind}");
}
