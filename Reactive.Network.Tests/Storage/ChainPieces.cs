using System.Text.Json;
using Reactive.Network.Chain;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Storage;

/// <summary>One ImmutableDB piece of the recorded data, with what its manifest says.</summary>
internal sealed record ChainPiece(string Name, string Directory, int Blocks, int SlotsPerChunk, Point First, Tip Last)
{
    /// <summary>All chunk files, one behind the other.</summary>
    public byte[] ReadChunks()
    {
        using MemoryStream all = new();
        foreach (string file in System.IO.Directory.GetFiles(Directory, "*.chunk").Order(StringComparer.Ordinal))
        {
            all.Write(File.ReadAllBytes(file));
        }

        return all.ToArray();
    }
}

/// <summary>The manifest of <c>chain/</c>.</summary>
internal static class ChainPieces
{
    /// <summary>Pieces without damage.</summary>
    public static TheoryData<string> Good =>
    [
        "preview-from-genesis", "preview-busy", "preprod-01285", "devnet-conway", "assembled-mainnet-byron-00000",
        "assembled-preprod-byron-00000", "assembled-preprod-shelley-00004", "assembled-mainnet-babbage-05856",
    ];

    public static ChainPiece Load(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path("chain", "chain.json")));
        JsonElement piece = document.RootElement.GetProperty("pieces").EnumerateArray().Single(p => p.GetProperty("piece").GetString() == name);
        JsonElement last = piece.GetProperty("last");
        return new ChainPiece(
            name,
            DataFolder.Path("chain", name),
            piece.GetProperty("blocks").GetInt32(),
            piece.GetProperty("chunk_slots").GetInt32(),
            Point(piece.GetProperty("first")),
            new Tip(Point(last), last.GetProperty("block_number").GetUInt64()));
    }

    private static Point Point(JsonElement json) => new(json.GetProperty("slot").GetUInt64(), BlockHash.Parse(json.GetProperty("hash").GetString()!));
}
