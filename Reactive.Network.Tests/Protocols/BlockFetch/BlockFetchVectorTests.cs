using System.Text.Json;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols.BlockFetch;

/// <summary>The recorded and the constructed messages, and the blocks of the reference's golden files.</summary>
public class BlockFetchVectorTests
{
    /// <summary>Vectors that conform to the shapes of the CDDL and are refused all the same, each with the reason.</summary>
    private static readonly Dictionary<string, string> RefusedThoughConforming = new()
    {
        ["830082187b480102030405060708821901c848090a0b0c0d0e0f10"] = "hashes of 8 bytes, made up by their source: a block hash has 32",
    };

    /// <summary>Those that conform in shape and are refused all the same, by their hex.</summary>
    internal static IReadOnlyCollection<string> Refused => RefusedThoughConforming.Keys;

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenVectorConforms()
    {
        Vector[] conforming = [.. Vectors.Of("block-fetch").Where(vector => vector.Conforms)];

        foreach (Vector vector in conforming)
        {
            if (RefusedThoughConforming.ContainsKey(vector.Hex))
            {
                Assert.Throws<CodecException>(() => BlockFetchCodec.Read(vector.Bytes));
                continue;
            }

            ShouldMeanAndReencode(vector);
        }

        Assert.Equal(37, conforming.Length);
        Assert.All(RefusedThoughConforming.Keys, hex => Assert.Contains(conforming, vector => vector.Hex == hex));
    }

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenVectorIsConstructed()
    {
        IReadOnlyList<Vector> constructed = Vectors.Constructed("block-fetch");

        foreach (Vector vector in constructed)
        {
            ShouldMeanAndReencode(vector);
        }

        Assert.Equal(9, constructed.Count);
    }

    [Fact]
    public void IsRefused_WhenVectorDoesNotConform()
    {
        Vector[] wrong = [.. Vectors.Of("block-fetch").Where(vector => !vector.Conforms)];

        foreach (Vector vector in wrong)
        {
            Assert.Throws<CodecException>(() => BlockFetchCodec.Read(vector.Bytes));
        }

        Assert.Equal(2, wrong.Length);
    }

    [Theory]
    [InlineData("n2n-cardano-v2.json", 16)]
    [InlineData("n2n-cardano-v5.json", 14)]
    [InlineData("n2n-cardano-v6.json", 14)]
    [InlineData("n2n-cardano-v7.json", 14)]
    public void ReadsAndWrites_WhenBlockIsGolden(string file, int count)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path("golden", file)));
        int seen = 0;
        foreach (JsonElement entry in document.RootElement.GetProperty("entries").EnumerateArray())
        {
            if (entry.GetProperty("kind").GetString() is "Block" or "SerialisedBlock")
            {
                string hex = $"8204{entry.GetProperty("hex").GetString()}";
                Assert.Equal(hex, Write(BlockFetchCodec.Read(Convert.FromHexString(hex))));
                seen++;
            }
        }

        Assert.Equal(count, seen);
    }

    internal static void ShouldMean(Vector vector, in BlockFetchMessage message)
    {
        JsonElement fields = vector.Fields;
        Assert.Equal(vector.Message, $"Msg{message.Kind}");
        if (message.Kind == BlockFetchMessageKind.RequestRange)
        {
            Assert.Equal(Vectors.Point(fields.GetProperty("from")), message.First);
            Assert.Equal(Vectors.Point(fields.GetProperty("to")), message.Last);
        }
        else if (message.Kind == BlockFetchMessageKind.Block)
        {
            Assert.Equal(fields.GetProperty("block_size").GetInt32(), message.Block.Size);
            Assert.Equal((Era)fields.GetProperty("hfc_tag").GetInt32(), message.Block.Era);
            Assert.Equal(fields.GetProperty("block_hash").GetString(), message.Block.Hash.ToString());
            Assert.Equal(fields.GetProperty("slot").GetUInt64(), message.Block.Slot);
            Assert.Equal(fields.GetProperty("block_number").GetUInt64(), message.Block.BlockNumber);
            Assert.Equal(fields.GetProperty("tx_count").GetInt32(), message.Block.TransactionCount);
        }
    }

    private static void ShouldMeanAndReencode(Vector vector)
    {
        BlockFetchMessage message = BlockFetchCodec.Read(vector.Bytes);

        ShouldMean(vector, message);
        Assert.Equal(vector.Hex, Write(message));
    }

    private static string Write(BlockFetchMessage message) => CodecCheck.EncodeHex(output => BlockFetchCodec.Write(output, message));
}
