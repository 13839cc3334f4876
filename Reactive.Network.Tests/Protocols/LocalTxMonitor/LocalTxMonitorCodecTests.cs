using System.Formats.Cbor;
using System.Numerics;
using System.Text.Json;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalTxMonitor;

namespace Reactive.Network.Tests.Protocols.LocalTxMonitor;

public class LocalTxMonitorCodecTests
{
    private const string MeasuresHex =
        "830c03a46f65785f756e6974735f6d656d6f727982001a076417006e65785f756e6974735f737465707382001b00000009502f9000777265666572656e63655f73637269"
        + "7074735f627974657382001a00200000717472616e73616374696f6e5f6279746573821904001a0002b800";

    /// <summary>The examples of the specification page.</summary>
    public static TheoryData<string, LocalTxMonitorMessageKind> Golden => new()
    {
        { "8101", LocalTxMonitorMessageKind.Acquire },
        { "82021a0150d792", LocalTxMonitorMessageKind.Acquired },
        { "8105", LocalTxMonitorMessageKind.NextTx },
        { "82068206d8184e84a300d901028001800200a0f5f6", LocalTxMonitorMessageKind.ReplyNextTx },
        { "8106", LocalTxMonitorMessageKind.ReplyNextTx },
        { "8207820658203da9a3b38dce0e87ca4a88f3328caac7a970cf9ac40424cde2b675768d11f11b", LocalTxMonitorMessageKind.HasTx },
        { "8208f5", LocalTxMonitorMessageKind.ReplyHasTx },
        { "8109", LocalTxMonitorMessageKind.GetSizes },
        { "820a831a0002b80019040003", LocalTxMonitorMessageKind.ReplyGetSizes },
        { "810b", LocalTxMonitorMessageKind.GetMeasures },
        { MeasuresHex, LocalTxMonitorMessageKind.ReplyGetMeasures },
        { "8103", LocalTxMonitorMessageKind.Release },
        { "8100", LocalTxMonitorMessageKind.Done },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void ReadsAndWritesTheExamplesOfTheSpecification_WhenGiven(string hex, LocalTxMonitorMessageKind kind)
    {
        LocalTxMonitorMessage message = Read(hex);

        Assert.Equal(kind, message.Kind);
        Assert.Equal(hex, Write(message));
    }

    [Fact]
    public void MeansWhatTheSpecificationSays_WhenExampleIsRead()
    {
        Assert.Equal(22_075_282u, Read("82021a0150d792").Slot);
        Assert.Equal(new MempoolSizes(178_176, 1024, 3), Read("820a831a0002b80019040003").Sizes);
        MempoolMeasures measures = Read(MeasuresHex).Measures!;
        Assert.Equal(3u, measures.Count);
        Assert.Equal(new MempoolMeasure(1024, 178_176), measures["transaction_bytes"]);
        Assert.Equal(new MempoolMeasure(0, 40_000_000_000), measures["ex_units_steps"]);
        Assert.Null(measures["nothing"]);
    }

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenVectorConforms()
    {
        Vector[] conforming = [.. Vectors.Of("local-tx-monitor").Concat(Vectors.Constructed("local-tx-monitor")).Where(vector => vector.Conforms)];

        foreach (Vector vector in conforming)
        {
            LocalTxMonitorMessage message = LocalTxMonitorCodec.Read(vector.Bytes);
            Assert.Equal(vector.Message, $"Msg{message.Kind}");
            ShouldMean(vector.Fields, message);
            Assert.Equal(vector.Hex, Write(message));
        }

        Assert.Equal(12 + 8, conforming.Length);
    }

    [Fact]
    public void IsRefused_WhenVectorDoesNotConform() =>
        Assert.All(Vectors.Of("local-tx-monitor").Where(v => !v.Conforms), v => Assert.Throws<CodecException>(() => LocalTxMonitorCodec.Read(v.Bytes)));

    [Fact]
    public void ReadsAndWrites_WhenIdTransactionOrSlotIsGolden()
    {
        int seen = 0;
        foreach (GoldenEntry entry in Protocols.Golden.All("GenTx", "GenTxId", "SlotNo"))
        {
            string hex = entry.Kind switch { "GenTx" => "8206", "GenTxId" => "8207", _ => "8202" } + entry.Hex;

            Assert.Equal(hex, Write(Read(hex)));
            seen++;
        }

        Assert.Equal(3 * 56, seen);
    }

    [Theory]
    [InlineData("8102")]
    [InlineData("8104")] // unused
    [InlineData("820800")] // no boolean
    [InlineData("820a820000")]
    [InlineData("820a83001b000000010000000000")] // a size of 33 bits
    [InlineData("820780")]
    [InlineData("8207820658200102")] // a short hash
    [InlineData("820758203da9a3b38dce0e87ca4a88f3328caac7a970cf9ac40424cde2b675768d11f11b")] // without the era
    [InlineData("830c03a161618100")] // one number
    [InlineData("830c03a1616182616100")] // text for a number
    [InlineData("830c03a101820000")] // a number for a name
    public void Refuses_WhenShapeIsWrong(string hex) => Assert.Throws<CodecException>(() => Read(hex));

    [Fact]
    public void AgreesWithSystemFormatsCbor_WhenMeasuresAreGenerated()
    {
        var random = new Random(CodecCheck.Seed());
        for (int i = 0; i < 10_000; i++)
        {
            KeyValuePair<string, MempoolMeasure>[] measures =
                [.. Enumerable.Range(0, random.Next(5)).Select(n => KeyValuePair.Create($"measure-{n}", new MempoolMeasure(Integer(random), Integer(random))))];
            var writer = new CborWriter();
            writer.WriteStartArray(3);
            writer.WriteInt32(12);
            writer.WriteUInt32((uint)i);
            writer.WriteStartMap(measures.Length);
            foreach ((string name, MempoolMeasure measure) in measures)
            {
                writer.WriteTextString(name);
                writer.WriteStartArray(2);
                WriteInteger(writer, measure.Used);
                WriteInteger(writer, measure.Capacity);
                writer.WriteEndArray();
            }

            writer.WriteEndMap();
            writer.WriteEndArray();
            byte[] expected = writer.Encode();

            Assert.Equal(
                Convert.ToHexStringLower(expected), Write(LocalTxMonitorMessage.ReplyGetMeasures(new MempoolMeasures((uint)i, measures))));
            Assert.Equal(measures, LocalTxMonitorCodec.Read(expected).Measures!.Measures);
        }
    }

    [Fact]
    public void NeverThrowsAnythingElse_WhenBytesAreTornOrDamaged()
    {
        foreach (TheoryDataRow<string, LocalTxMonitorMessageKind> row in Golden)
        {
            byte[] message = Convert.FromHexString(row.Data.Item1);
            CodecCheck.RefusesTornItems(message, item => LocalTxMonitorCodec.Read(item));
            CodecCheck.SurvivesOneBitDamage(message, item => LocalTxMonitorCodec.Read(item));
        }

        CodecCheck.SurvivesNoise(CodecCheck.Seed(), item => LocalTxMonitorCodec.Read(item));
    }

    private static void ShouldMean(JsonElement fields, LocalTxMonitorMessage message)
    {
        if (fields.TryGetProperty("slot", out JsonElement slot))
        {
            Assert.Equal(slot.GetUInt64(), message.Slot);
        }

        if (fields.TryGetProperty("has", out JsonElement has))
        {
            Assert.Equal(has.GetBoolean(), message.Has);
        }

        if (fields.TryGetProperty("tx_id", out JsonElement id))
        {
            Assert.Equal((id.GetString(), fields.GetProperty("era_index").GetInt32()), (message.Id.Hash.ToString(), message.Id.Era.EraIndex()));
        }

        if (fields.TryGetProperty("tx", out JsonElement tx))
        {
            Assert.Equal(tx.ValueKind == JsonValueKind.Null, message.Transaction is null);
            if (message.Transaction is { } transaction)
            {
                Assert.Equal(tx.GetProperty("tx_size").GetInt32(), transaction.Bytes.Length);
                Assert.Equal(tx.GetProperty("tx_id").GetString(), transaction.Id.Hash.ToString());
            }
        }

        if (fields.TryGetProperty("measures", out JsonElement measures))
        {
            Assert.Equal(fields.GetProperty("tx_count").GetUInt32(), message.Measures!.Count);
            foreach (JsonProperty measure in measures.EnumerateObject())
            {
                Assert.Equal(new MempoolMeasure(measure.Value[0].GetInt64(), measure.Value[1].GetInt64()), message.Measures[measure.Name]);
            }
        }
    }

    private static BigInteger Integer(Random random)
    {
        byte[] bytes = new byte[random.Next(1, 14)];
        random.NextBytes(bytes);
        return new BigInteger(bytes);
    }

    private static void WriteInteger(CborWriter writer, BigInteger value)
    {
        if (value >= 0 && value <= ulong.MaxValue)
        {
            writer.WriteUInt64((ulong)value);
        }
        else if (value < 0 && value >= -1 - (BigInteger)ulong.MaxValue)
        {
            writer.WriteCborNegativeIntegerRepresentation((ulong)(-1 - value));
        }
        else
        {
            writer.WriteBigInteger(value);
        }
    }

    private static LocalTxMonitorMessage Read(string hex) => LocalTxMonitorCodec.Read(Convert.FromHexString(hex));

    private static string Write(LocalTxMonitorMessage message) => CodecCheck.EncodeHex(output => LocalTxMonitorCodec.Write(output, message));
}
