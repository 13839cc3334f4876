namespace Reactive.Network.Peers.Candidates;

/// <summary>One peer's place in the tree. Under the lock of the tree.</summary>
internal sealed class CandidatePeer(IPeer peer)
{
    public IPeer Peer { get; } = peer;

    /// <summary>The end of its chain; <see langword="null"/> before it found an intersection.</summary>
    public CandidateHeader? Head { get; set; }

    /// <summary>Bytes of the headers on its chain.</summary>
    public long Bytes { get; set; }

    /// <summary>Whether it left.</summary>
    public bool IsGone { get; set; }
}
