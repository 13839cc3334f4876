using System.Collections.Immutable;
using Reactive.Network.Chain;

namespace Reactive.Network.Peers.Discovery;

/// <summary>The relays of the pools that together held 90 % of the stake at one point of the chain.</summary>
public sealed record PeerSnapshot
{
    /// <summary>Which network's; <see langword="null"/> where the file does not say.</summary>
    public NetworkMagic? Magic { get; init; }

    /// <summary>The slot of the point; <see langword="null"/> for origin.</summary>
    public ulong? Slot { get; init; }

    /// <summary>The block of the point; <see langword="null"/> for origin, and in older files, which name the slot only.</summary>
    public BlockHash? Hash { get; init; }

    /// <summary>The pools, the largest first.</summary>
    public ImmutableArray<LedgerPool> Pools { get; init; } = [];
}

/// <summary>A stake pool as far as its relays go.</summary>
/// <param name="AccumulatedStake">Its share of the stake and that of all before it: 0 to 1.</param>
/// <param name="RelativeStake">Its share of the stake: 0 to 1.</param>
/// <param name="Relays">Where its relays are.</param>
public sealed record LedgerPool(double AccumulatedStake, double RelativeStake, ImmutableArray<AccessPoint> Relays);

/// <summary>Reads the peer-snapshot file of cardano-node. Keys it does not know are ignored.</summary>
public static class PeerSnapshotFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="TopologyException">It cannot be read, or does not say what it should: with the place.</exception>
    public static PeerSnapshot Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Parse(new WatchedFile(path).Read(), path);
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="json">All of it.</param>
    /// <param name="path">Where it lies: named in errors.</param>
    /// <exception cref="TopologyException">It does not say what it should: with the place.</exception>
    public static PeerSnapshot Parse(ReadOnlyMemory<byte> json, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return JsonPlace.Read(json, path, static root =>
        {
            (ulong? slot, BlockHash? hash) = PointOf(root);
            return new PeerSnapshot
            {
                Magic = root["NetworkMagic"] is { IsMissing: false } magic ? new NetworkMagic((uint)magic.Integer(0, uint.MaxValue)) : null,
                Slot = slot,
                Hash = hash,
                Pools = root["bigLedgerPools"].Items(static pool => new LedgerPool(
                    pool["accumulatedStake"].Fraction(), pool["relativeStake"].Fraction(), pool["relays"].Items(static relay => relay.AccessPoint()))),
            };
        });
    }

    private static (ulong? Slot, BlockHash? Hash) PointOf(JsonPlace root)
    {
        JsonPlace point = root["Point"];
        if (point.IsMissing)
        {
            return (root["slotNo"] is { IsMissing: false } old ? (ulong)old.Integer(0, long.MaxValue) : null, null);
        }

        if (point.Value.ValueKind == System.Text.Json.JsonValueKind.String)
        {
            return point.Text() == "origin" ? (null, null) : throw point.Wrong("\"origin\" or an object");
        }

        JsonPlace hash = point["blockPointHash"];
        ulong slot = (ulong)point["blockPointSlot"].Integer(0, long.MaxValue);
        return BlockHash.TryParse(hash.Text(), out BlockHash parsed) ? (slot, parsed) : throw hash.Wrong("64 hexadecimal digits");
    }
}
