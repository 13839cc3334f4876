using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols;

/// <summary>The bundle that nodes speak over TCP: the numbers of its mini-protocols and its versions.</summary>
public static class NodeToNode
{
    /// <summary>Released since the Plomin hard fork.</summary>
    public const int Version14 = 14;

    /// <summary>The newest released version.</summary>
    public const int Version15 = 15;

    /// <summary>Experimental: adds Peras. Offered only when an option asks for it.</summary>
    public const int Version16 = 16;

    /// <summary>Agrees on a version, before everything else.</summary>
    public static MiniProtocolId Handshake => new(0);

    /// <summary>Follows the headers of the peer's chain.</summary>
    public static MiniProtocolId ChainSync => new(2);

    /// <summary>Fetches ranges of blocks.</summary>
    public static MiniProtocolId BlockFetch => new(3);

    /// <summary>Diffuses transactions.</summary>
    public static MiniProtocolId TxSubmission => new(4);

    /// <summary>Proves that the peer is there, and how far away.</summary>
    public static MiniProtocolId KeepAlive => new(8);

    /// <summary>Asks for addresses of other peers.</summary>
    public static MiniProtocolId PeerSharing => new(10);

    /// <summary>Every version whose data this library can read, ascending.</summary>
    public static IReadOnlyList<int> KnownVersions { get; } = [Version14, Version15, Version16];

    /// <summary>The versions offered unless an option says otherwise, ascending.</summary>
    public static IReadOnlyList<int> ReleasedVersions { get; } = [Version14, Version15];

    /// <summary>Whether this library can read the data of <paramref name="version"/>.</summary>
    public static bool IsKnown(int version) => version is >= Version14 and <= Version16;
}
