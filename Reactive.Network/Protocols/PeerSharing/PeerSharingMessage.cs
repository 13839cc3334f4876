using System.Net;

namespace Reactive.Network.Protocols.PeerSharing;

/// <summary>The messages of peer-sharing. The set is closed.</summary>
public enum PeerSharingMessageKind
{
    /// <summary>The client asks for addresses, so many at most.</summary>
    ShareRequest,

    /// <summary>The server answers with what it has, perhaps nothing.</summary>
    SharePeers,

    /// <summary>The client ends the protocol.</summary>
    Done,
}

/// <summary>One message of peer-sharing.</summary>
public readonly struct PeerSharingMessage
{
    private PeerSharingMessage(PeerSharingMessageKind kind, byte amount = 0, ReadOnlyMemory<IPEndPoint> peers = default) =>
        (Kind, Amount, Peers) = (kind, amount, peers);

    /// <summary>Which message it is. The properties that it does not carry are <c>default</c>.</summary>
    public PeerSharingMessageKind Kind { get; }

    /// <summary>How many addresses are asked for at most.</summary>
    public byte Amount { get; }

    /// <summary>The addresses of <see cref="PeerSharingMessageKind.SharePeers"/>.</summary>
    public ReadOnlyMemory<IPEndPoint> Peers { get; }

    /// <summary>The client ends the protocol.</summary>
    public static PeerSharingMessage Done => new(PeerSharingMessageKind.Done);

    /// <summary>The client asks for <paramref name="amount"/> addresses at most.</summary>
    public static PeerSharingMessage ShareRequest(byte amount) => new(PeerSharingMessageKind.ShareRequest, amount);

    /// <summary>The server answers with <paramref name="peers"/>. An IPv6 scope is not on the wire.</summary>
    public static PeerSharingMessage SharePeers(ReadOnlyMemory<IPEndPoint> peers) => new(PeerSharingMessageKind.SharePeers, peers: peers);
}
