using Reactive.Network.Peers.Discovery;

namespace Reactive.Network.Peers;

/// <summary>Peers that the user vouches for: kept connected, never forgotten, so many of them hot and so many warm.</summary>
public sealed record LocalRootGroup
{
    /// <summary>Where the peers are, at least one. A <see cref="PeerAddress"/> is an access point.</summary>
    public required IReadOnlyList<AccessPoint> Peers { get; init; }

    /// <summary>Hot ones wanted.</summary>
    /// <value>All of them by default.</value>
    public int? HotValency { get; init; }

    /// <summary>Connected ones wanted, the hot ones included.</summary>
    /// <value><see cref="HotValency"/> by default.</value>
    public int? WarmValency { get; init; }

    /// <summary>Whether they are trusted not to be silent for a reason: no limit to how long their chain may stand still, and used while only trusted peers may be.</summary>
    public bool IsTrustable { get; init; }

    /// <summary>Whether their addresses may be told to others by peer-sharing.</summary>
    public bool IsAdvertised { get; init; }

    /// <summary>Whether they cannot be dialled: they are used once they have connected to us.</summary>
    public bool IsBehindFirewall { get; init; }

    /// <summary>Whether connections to them are one-way even where a chain is served.</summary>
    public bool InitiatorOnly { get; init; }

    /// <summary>A group of one.</summary>
    public static implicit operator LocalRootGroup(PeerAddress peer) => FromPeerAddress(peer);

    /// <summary>A group of one.</summary>
    public static LocalRootGroup FromPeerAddress(PeerAddress peer) => new() { Peers = [peer] };

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfZero(Peers.Count, nameof(Peers));
        ArgumentOutOfRangeException.ThrowIfNegative(HotValency ?? 0, nameof(HotValency));
        ArgumentOutOfRangeException.ThrowIfLessThan(WarmValency ?? int.MaxValue, HotValency ?? 0, nameof(WarmValency));
    }
}
