using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols;

/// <summary>The bundle that a node speaks to local clients over a Unix socket: the numbers of its mini-protocols and its versions.</summary>
/// <remarks>
/// After the handshake it has no limits. What this library cannot do without is a bound on what it holds: <see cref="MaxIngressBytes"/> for each
/// mini-protocol, where the reading pauses, and <see cref="MaxMessageBytes"/> for one message.
/// </remarks>
public static class NodeToClient
{
    /// <summary>The bit that marks a node-to-client version on the wire: wire number = 32,768 + version.</summary>
    public const int VersionBit = 0x8000;

    /// <summary>Wire number of the oldest version that current nodes support: 16.</summary>
    public const int OldestVersion = VersionBit + 16;

    /// <summary>Wire number of the newest released version: 23.</summary>
    public const int NewestVersion = VersionBit + 23;

    /// <summary>Bytes that may wait unread in one direction of a mini-protocol: with more, the connection is not read until half of them are gone.</summary>
    public const long MaxIngressBytes = 8 * 1024 * 1024;

    /// <summary>The longest message, in bytes: what one array can hold. The reference has no limit.</summary>
    public const int MaxMessageBytes = 0x7fff_ffc7;

    /// <summary>Agrees on a version, before everything else.</summary>
    public static MiniProtocolId Handshake => new(0);

    /// <summary>Follows the blocks of the node's chain.</summary>
    public static MiniProtocolId ChainSync => new(5);

    /// <summary>Submits transactions.</summary>
    public static MiniProtocolId TxSubmission => new(6);

    /// <summary>Asks the ledger.</summary>
    public static MiniProtocolId StateQuery => new(7);

    /// <summary>Looks into the mempool.</summary>
    public static MiniProtocolId TxMonitor => new(9);

    /// <summary>The wire number of every version whose data this library can read, ascending.</summary>
    public static IReadOnlyList<int> KnownVersions { get; } = [.. Enumerable.Range(OldestVersion, NewestVersion - OldestVersion + 1)];

    /// <summary>Whether this library can read the data of the version with this wire number.</summary>
    public static bool IsKnown(int wireVersion) => wireVersion is >= OldestVersion and <= NewestVersion;

    /// <summary>The version that people speak of, 16 for example, of a wire number.</summary>
    public static int NumberOf(int wireVersion) => wireVersion & ~VersionBit;
}
