namespace Reactive.Network.Protocols;

/// <summary>The bundle that a node speaks to local clients over a Unix socket. So far: its version numbers.</summary>
public static class NodeToClient
{
    /// <summary>The bit that marks a node-to-client version on the wire: wire number = 32,768 + version.</summary>
    public const int VersionBit = 0x8000;

    /// <summary>Wire number of the oldest version that current nodes support: 16.</summary>
    public const int OldestVersion = VersionBit + 16;

    /// <summary>Wire number of the newest released version: 23.</summary>
    public const int NewestVersion = VersionBit + 23;

    /// <summary>Whether this library can read the data of the version with this wire number.</summary>
    public static bool IsKnown(int wireVersion) => wireVersion is >= OldestVersion and <= NewestVersion;
}
