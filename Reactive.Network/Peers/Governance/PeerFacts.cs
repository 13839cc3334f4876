namespace Reactive.Network.Peers.Governance;

/// <summary>What a governor is told of one known peer. Immutable, so that peers that did not change are shared between one view and the next.</summary>
/// <param name="Id">The peer.</param>
/// <param name="Address">Where it listens.</param>
public sealed record PeerFacts(PeerId Id, PeerAddress Address)
{
    /// <summary>Where it was heard of.</summary>
    public PeerOrigin Origin { get; init; }

    /// <summary>The index of its group in <see cref="GovernorFacts.LocalRoots"/>, which only a local root has.</summary>
    /// <value>-1 by default.</value>
    public int LocalRootGroup { get; init; } = -1;

    /// <summary>Whether it may be used while only trusted peers may be. A bootstrap peer always may.</summary>
    public bool IsTrustable { get; init; }

    /// <summary>Whether the user, or the engine on evidence, has barred it: it is let go and not dialled.</summary>
    public bool IsBarred { get; init; }

    /// <summary>Where it stands between cold and hot.</summary>
    public PeerPhase Phase { get; init; }

    /// <summary>Since when it is in <see cref="Phase"/>.</summary>
    public TimeSpan PhaseSince { get; init; }

    /// <summary>Since when it is connected; <see langword="null"/> while it is not.</summary>
    public TimeSpan? EstablishedSince { get; init; }

    /// <summary>Failures and back-off.</summary>
    public PeerHistory History { get; init; }

    /// <summary>What the evidence against it weighs.</summary>
    public PeerReputation Reputation { get; init; }

    /// <summary>Its places on the leader boards. Read when a hot peer must go; a change of them alone is no reason to ask the governor.</summary>
    public PeerScore Score { get; init; }

    /// <summary>Whether it is cold but has a duplex connection open to us, which connecting would use.</summary>
    public bool HasReusableInbound { get; init; }

    /// <summary>Whether the handshake agreed on peer-sharing.</summary>
    public bool SharesPeers { get; init; }

    /// <summary>When it was asked for peers last.</summary>
    public TimeSpan? AskedForPeersAt { get; init; }

    /// <summary>Whether it is kept by valency.</summary>
    public bool IsLocalRoot => (Origin & PeerOrigin.LocalRoot) != 0;

    /// <summary>Whether it counts for the big ledger targets.</summary>
    public bool IsBigLedger => (Origin & (PeerOrigin.BigLedger | PeerOrigin.LocalRoot)) == PeerOrigin.BigLedger;

    /// <summary>Whether it counts for the root target.</summary>
    public bool IsRoot =>
        !IsBigLedger && (Origin & (PeerOrigin.LocalRoot | PeerOrigin.Bootstrap | PeerOrigin.PublicRoot | PeerOrigin.Ledger)) != 0;

    /// <summary>Whether it may be used while only trusted peers may be.</summary>
    public bool IsTrusted => IsTrustable || (Origin & PeerOrigin.Bootstrap) != 0;

    /// <summary>Whether failures alone never make it forgotten: local roots, and bootstrap peers, which nothing could replace.</summary>
    public bool IsProtected => (Origin & (PeerOrigin.LocalRoot | PeerOrigin.Bootstrap)) != 0;
}

/// <summary>A peer's entries on the two leader boards.</summary>
/// <param name="Upstreamyness">Slots whose header it sent first.</param>
/// <param name="FetchedBlocks">Slots whose block it delivered first.</param>
/// <param name="FetchedBytes">Bytes of these.</param>
public readonly record struct PeerScore(long Upstreamyness, long FetchedBlocks, long FetchedBytes)
{
    /// <summary>What counts in <paramref name="mode"/>: announcements and blocks near the tip, bytes when catching up.</summary>
    public long In(GovernorMode mode) => mode == GovernorMode.Deadline ? Upstreamyness + FetchedBlocks : FetchedBytes;
}
