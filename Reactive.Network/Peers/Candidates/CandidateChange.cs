namespace Reactive.Network.Peers.Candidates;

/// <summary>What changed for one peer since a subscription last looked; a newer change replaces an older one.</summary>
/// <param name="Peer">Whose chain.</param>
/// <param name="Head">The end of it now; <see langword="null"/> where the peer left.</param>
/// <param name="RolledBack">Whether the peer took something back since the last look.</param>
public readonly record struct CandidateChange(IPeer Peer, CandidateHeader? Head, bool RolledBack);
