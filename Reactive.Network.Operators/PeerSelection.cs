using System.Collections.Immutable;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;

namespace Reactive.Network.Operators;

/// <summary>The peers to use now, best first, and what they and all others announce.</summary>
/// <param name="Peers">Hot peers; may be empty.</param>
/// <param name="Chains">Their chains.</param>
public sealed record PeerSelection(ImmutableArray<IPeer> Peers, CandidateChains Chains);
