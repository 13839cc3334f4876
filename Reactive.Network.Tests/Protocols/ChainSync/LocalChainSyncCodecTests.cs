using System.Formats.Cbor;
using System.Text.Json;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols.ChainSync;

public class LocalChainSyncCodecTests
{
    private const string ByronTip = "828200582088900fba40903da0b4a38d06a3d2bdadff6d49a8a6b804efe1b4522890e3b82c00";

    /// <summary>The example of the specification page: a boundary block of Byron whose hash is in the tip.</summary>
    private const string BoundaryHex =
        "8302d8185857820083851a034fa0315820791f4256e14c67b9035c3b80a0826adf719d3636c18eef16c98b84b833723d515820afc0da64183bf2664f3d4eec7238d5"
        + "24ba607faeeab24fc100eb861dba69971b8200810081a09fff81a0" + ByronTip;

    /// <summary>Vectors that are re-encoded to the reference's encoding of the same message.</summary>
    private static readonly Dictionary<string, string> OtherEncodings = new()
    {
        // A definite list of points, as gouroboros writes it.
        ["82048180"] = "82049f80ff",
        ["820481821a001863bf58207e16781b40ebf8b6da18f7b5e8ade855d6738095ef2f1c58c77e88b6e45997a4"] =
            "82049f821a001863bf58207e16781b40ebf8b6da18f7b5e8ade855d6738095ef2f1c58c77e88b6e45997a4ff",
    };

    [Theory]
    [InlineData("8100", ChainSyncMessageKind.RequestNext)]
    [InlineData("8101", ChainSyncMessageKind.AwaitReply)]
    [InlineData("8303 80 " + ByronTip, ChainSyncMessageKind.RollBackward)]
    [InlineData("820480", ChainSyncMessageKind.FindIntersect)]
    [InlineData("8305 80 " + ByronTip, ChainSyncMessageKind.IntersectFound)]
    [InlineData("8206 " + ByronTip, ChainSyncMessageKind.IntersectNotFound)]
    [InlineData("8107", ChainSyncMessageKind.Done)]
    [InlineData(BoundaryHex, ChainSyncMessageKind.RollForward)]
    public void ReadsAndWrites_WhenGivenTheFormOfTheReference(string spaced, ChainSyncMessageKind kind)
    {
        string hex = spaced.Replace(" ", "", StringComparison.Ordinal);

        LocalChainSyncMessage message = Read(hex);

        Assert.Equal(kind, message.Kind);
        Assert.Equal(hex, Write(message));
    }

    [Fact]
    public void HasTheBlockThatTheTipNames_WhenExampleIsRead()
    {
        LocalChainSyncMessage message = Read(BoundaryHex);

        Assert.Equal(Era.ByronBoundary, message.Block.Era);
        Assert.Equal(message.Tip.Point.Hash, message.Block.Hash);
    }

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenVectorIsOfNodeToClient()
    {
        Vector[] conforming =
            [.. Vectors.Of("chain-sync").Concat(Vectors.Constructed("chain-sync")).Where(v => v.Conforms && v.IsNodeToClient)];

        foreach (Vector vector in conforming)
        {
            LocalChainSyncMessage message = LocalChainSyncCodec.Read(vector.Bytes);
            ShouldMean(vector, message);
            Assert.Equal(OtherEncodings.GetValueOrDefault(vector.Hex, vector.Hex), Write(message));
        }

        // 8 with a block of each era are constructed.
        Assert.Equal((8, 16), (conforming.Count(v => v.Message == "MsgRollForward") - 1, conforming.Length));
    }

    [Fact]
    public void IsRefused_WhenVectorDoesNotConformOrBringsAHeader()
    {
        Vector[] wrong = [.. Vectors.Of("chain-sync").Where(v => !v.Conforms || (v.Message == "MsgRollForward" && !v.IsNodeToClient))];

        foreach (Vector vector in wrong)
        {
            Assert.Throws<CodecException>(() => LocalChainSyncCodec.Read(vector.Bytes));
        }

        Assert.Equal(3, wrong.Length);
    }

    [Theory]
    [InlineData("n2c-cardano-v7.json", 14)]
    [InlineData("n2c-cardano-v12.json", 16)]
    [InlineData("n2c-cardano-v15.json", 16)]
    [InlineData("n2c-cardano-v18.json", 16)]
    [InlineData("n2c-cardano-v19.json", 16)]
    public void ReadsAndWrites_WhenBlockIsGolden(string file, int count)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path("golden", file)));
        int seen = 0;
        foreach (JsonElement entry in document.RootElement.GetProperty("entries").EnumerateArray())
        {
            if (entry.GetProperty("kind").GetString() is "Block" or "SerialisedBlock" && entry.TryGetProperty("hex", out JsonElement bytes))
            {
                string hex = $"8302{bytes.GetString()}828000";
                LocalChainSyncMessage message = Read(hex);
                Assert.Equal(hex, Write(message));
                seen++;
            }
        }

        Assert.Equal(count, seen);
    }

    [Theory]
    [InlineData("830240828000")] // no tag
    [InlineData("8302d81940828000")] // another tag
    [InlineData("8302d8185f40ff828000")] // an indefinite byte string
    [InlineData("8302d81840")] // no tip
    [InlineData("8302d8184082800000")] // a byte behind the end
    [InlineData("8208828000")]
    public void Refuses_WhenShapeIsWrong(string hex) => Assert.Throws<CodecException>(() => Read(hex));

    [Fact]
    public void AgreesWithSystemFormatsCbor_WhenMessagesAreGenerated()
    {
        var random = new Random(CodecCheck.Seed());
        for (int i = 0; i < 10_000; i++)
        {
            byte[] block = new byte[random.Next(0, 300)];
            random.NextBytes(block);
            var tip = new Tip(RandomPoint(random), (ulong)random.NextInt64());
            var writer = new CborWriter();
            writer.WriteStartArray(3);
            writer.WriteInt32(2);
            writer.WriteTag(CborTag.EncodedCborDataItem);
            writer.WriteByteString(block);
            writer.WriteStartArray(2);
            WritePoint(writer, tip.Point);
            writer.WriteUInt64(tip.BlockNumber);
            writer.WriteEndArray();
            writer.WriteEndArray();
            byte[] expected = writer.Encode();

            Assert.Equal(
                Convert.ToHexStringLower(expected), Write(LocalChainSyncMessage.RollForward(Block.FromMemory(block), tip)));
            LocalChainSyncMessage read = LocalChainSyncCodec.Read(expected);
            Assert.True(block.AsSpan().SequenceEqual(read.Block.Span));
            Assert.Equal(tip, read.Tip);
        }
    }

    [Fact]
    public void NeverThrowsAnythingElse_WhenBytesAreTornOrDamaged()
    {
        foreach (string hex in (string[])[BoundaryHex, "8302d81840828000", "820480", "8303808280 00".Replace(" ", "", StringComparison.Ordinal)])
        {
            CodecCheck.RefusesTornItems(Convert.FromHexString(hex), item => LocalChainSyncCodec.Read(item));
            CodecCheck.SurvivesOneBitDamage(Convert.FromHexString(hex), item => LocalChainSyncCodec.Read(item));
        }

        CodecCheck.SurvivesNoise(CodecCheck.Seed(), item => LocalChainSyncCodec.Read(item));
    }

    private static void ShouldMean(Vector vector, in LocalChainSyncMessage message)
    {
        JsonElement fields = vector.Fields;
        Assert.Equal(vector.Message, $"Msg{message.Kind}");
        Assert.Equal(fields.TryGetProperty("tip", out JsonElement tip) ? Vectors.Tip(tip) : default, message.Tip);
        Assert.Equal(fields.TryGetProperty("point", out JsonElement point) ? Vectors.Point(point) : default, message.Point);
        if (fields.TryGetProperty("points", out JsonElement points))
        {
            Assert.Equal([.. points.EnumerateArray().Select(Vectors.Point)], message.Points.ToArray());
        }

        if (fields.TryGetProperty("block", out JsonElement block))
        {
            Assert.Equal(block.GetProperty("block_size").GetInt32(), message.Block.Size);
            Assert.Equal(block.GetProperty("hfc_tag").GetInt32(), (int)message.Block.Era);
            Assert.Equal(block.GetProperty("block_hash").GetString(), message.Block.Hash.ToString());
            Assert.Equal(block.GetProperty("slot").GetUInt64(), message.Block.Slot);
            Assert.Equal(block.GetProperty("block_number").GetUInt64(), message.Block.BlockNumber);
        }
    }

    private static Point RandomPoint(Random random)
    {
        byte[] hash = new byte[32];
        random.NextBytes(hash);
        return random.Next(5) == 0 ? Point.Origin : new Point((ulong)random.NextInt64(), new BlockHash(hash));
    }

    private static void WritePoint(CborWriter writer, Point point)
    {
        writer.WriteStartArray(point.IsOrigin ? 0 : 2);
        if (!point.IsOrigin)
        {
            writer.WriteUInt64(point.Slot);
            writer.WriteByteString(point.Hash.AsSpan());
        }

        writer.WriteEndArray();
    }

    private static LocalChainSyncMessage Read(string hex) => LocalChainSyncCodec.Read(Convert.FromHexString(hex));

    private static string Write(LocalChainSyncMessage message) => CodecCheck.EncodeHex(output => LocalChainSyncCodec.Write(output, message));
}
