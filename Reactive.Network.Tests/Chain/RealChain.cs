using System.Text.Json;
using Reactive.Network.Chain;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Chain;

/// <summary>One recorded block or header with what the manifest says of it.</summary>
internal sealed record RealItem(string File, byte[] Bytes, Era Era, JsonElement Facts)
{
    public ulong Slot => Facts.GetProperty("slot").GetUInt64();

    public ulong BlockNumber => Facts.GetProperty("block_number").GetUInt64();

    public BlockHash Hash => BlockHash.Parse(Facts.GetProperty("hash").GetString()!);

    public Point Point => new(Slot, Hash);

    public BlockHash? PreviousHash => Facts.GetProperty("prev_hash").GetString() is { } hash ? BlockHash.Parse(hash) : null;

    public ulong? BodySize => Facts.TryGetProperty("body_size", out JsonElement size) ? size.GetUInt64() : null;

    public BlockHash? BodyHash => Facts.TryGetProperty("body_hash", out JsonElement hash) ? BlockHash.Parse(hash.GetString()!) : null;

    public (ulong Major, ulong Minor)? ProtocolVersion =>
        Facts.TryGetProperty("protocol_version", out JsonElement version) ? (version[0].GetUInt64(), version[1].GetUInt64()) : null;
}

/// <summary>The recorded blocks and headers of <c>../shared/data</c>.</summary>
internal static class RealChain
{
    public static IReadOnlyList<RealItem> Blocks() => Read("blocks");

    public static IReadOnlyList<RealItem> Headers() => Read("headers");

    private static List<RealItem> Read(string kind)
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path(kind, $"{kind}.json")));
        return [.. manifest.RootElement.GetProperty(kind).EnumerateArray().Select(static facts =>
        {
            string file = facts.GetProperty("file").GetString()!;
            return new RealItem(
                file, File.ReadAllBytes(DataFolder.Path(file.Split('/'))), (Era)facts.GetProperty("hfc_tag").GetInt32(), facts.Clone());
        })];
    }
}
