using System.Collections.Immutable;

namespace Reactive.Network.Peers.Discovery;

/// <summary>Reads the P2P <c>topology.json</c> of cardano-node. Keys it does not know are ignored.</summary>
public static class TopologyFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="TopologyException">It cannot be read, or does not say what it should: with the place.</exception>
    public static Topology Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Parse(new WatchedFile(path).Read(), path);
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="json">All of it.</param>
    /// <param name="path">Where it lies: named in errors, and what <see cref="Topology.PeerSnapshotFile"/> is relative to.</param>
    /// <exception cref="TopologyException">It does not say what it should: with the place.</exception>
    public static Topology Parse(ReadOnlyMemory<byte> json, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return JsonPlace.Read(json, path, static root => new Topology
        {
            LocalRoots = root["localRoots"].Items(GroupOf),
            PublicRoots = root["publicRoots"].Items(static group => new TopologyPublicRoots(AccessPoints(group), group["advertise"].Flag(otherwise: false))),
            BootstrapPeers = root["bootstrapPeers"] is { IsMissing: false } bootstrap ? bootstrap.Items(static point => point.AccessPoint()) : null,
            UseLedgerAfterSlot = root["useLedgerAfterSlot"] is { IsMissing: false } slot ? slot.Integer(long.MinValue, long.MaxValue) : null,
            PeerSnapshotFile = root["peerSnapshotFile"] is { IsMissing: false } file ? Beside(root.File, file.Text()) : null,
        });
    }

    private static TopologyLocalRoots GroupOf(JsonPlace group)
    {
        JsonPlace valency = group["hotValency"];
        if (valency.IsMissing && group["valency"] is { IsMissing: false } old)
        {
            valency = old;
        }

        int hot = (int)valency.Integer(0, int.MaxValue);
        JsonPlace warm = group["warmValency"];
        return new TopologyLocalRoots
        {
            AccessPoints = AccessPoints(group),
            HotValency = hot,
            WarmValency = warm.IsMissing ? hot : (int)warm.Integer(hot, int.MaxValue),
            Advertise = group["advertise"].Flag(otherwise: false),
            Trustable = group["trustable"].Flag(otherwise: false),
            BehindFirewall = group["behindFirewall"].Flag(otherwise: false),
            InitiatorOnly = InitiatorOnly(group["diffusionMode"]),
        };
    }

    private static ImmutableArray<AccessPoint> AccessPoints(JsonPlace group) => group["accessPoints"].Items(static point => point.AccessPoint());

    private static bool InitiatorOnly(JsonPlace mode)
    {
        if (mode.IsMissing)
        {
            return false;
        }

        return mode.Text() switch
        {
            "InitiatorOnly" => true,
            "InitiatorAndResponder" => false,
            _ => throw mode.Wrong("\"InitiatorAndResponder\" or \"InitiatorOnly\""),
        };
    }

    private static string Beside(string topology, string file) => Path.Combine(Path.GetDirectoryName(topology) ?? "", file);
}
