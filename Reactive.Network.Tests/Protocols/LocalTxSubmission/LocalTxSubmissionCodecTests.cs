using System.Formats.Cbor;
using System.Text.Json;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalTxSubmission;

namespace Reactive.Network.Tests.Protocols.LocalTxSubmission;

public class LocalTxSubmissionCodecTests
{
    private const string SubmitHex = "82008206d8184e84a300d901028001800200a0f5f6";
    private const string RejectHex = "8202818206818202820182018206581ce0a714319812c3f773ba04ec5d6b3ffcd5aad85006805b047b082541";
    private const string WrongEraHex = "8202828201675368656c6c65798200654279726f6e";

    /// <summary>The examples of the specification page.</summary>
    [Theory]
    [InlineData(SubmitHex, LocalTxSubmissionMessageKind.SubmitTx)]
    [InlineData("8101", LocalTxSubmissionMessageKind.AcceptTx)]
    [InlineData(RejectHex, LocalTxSubmissionMessageKind.RejectTx)]
    [InlineData(WrongEraHex, LocalTxSubmissionMessageKind.RejectTx)]
    [InlineData("8103", LocalTxSubmissionMessageKind.Done)]
    public void ReadsAndWritesTheExamplesOfTheSpecification_WhenGiven(string hex, LocalTxSubmissionMessageKind kind)
    {
        LocalTxSubmissionMessage message = Read(hex);

        Assert.Equal(kind, message.Kind);
        Assert.Equal(hex, Write(message));
    }

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenVectorConforms()
    {
        Vector[] conforming =
            [.. Vectors.Of("local-tx-submission").Concat(Vectors.Constructed("local-tx-submission")).Where(vector => vector.Conforms)];

        foreach (Vector vector in conforming)
        {
            LocalTxSubmissionMessage message = LocalTxSubmissionCodec.Read(vector.Bytes);
            Assert.Equal(vector.Message, $"Msg{message.Kind}");
            if (vector.Fields.TryGetProperty("tx_size", out JsonElement size))
            {
                Assert.Equal(size.GetInt32(), message.Transaction!.Bytes.Length);
                Assert.Equal(vector.Fields.GetProperty("era_index").GetInt32(), message.Transaction.Era.EraIndex());
            }

            if (vector.Fields.TryGetProperty("tx_id", out JsonElement id))
            {
                Assert.Equal(id.GetString(), message.Transaction!.Id.Hash.ToString());
            }

            Assert.Equal(vector.Hex, Write(message));
        }

        Assert.Equal(5 + 3, conforming.Length);
    }

    [Fact]
    public void IsRefused_WhenVectorDoesNotConform() =>
        Assert.All(Vectors.Of("local-tx-submission").Where(v => !v.Conforms), v => Assert.Throws<CodecException>(() => LocalTxSubmissionCodec.Read(v.Bytes)));

    [Fact]
    public void ReadsAndWrites_WhenTransactionOrReasonIsGolden()
    {
        int transactions = 0;
        int reasons = 0;
        foreach (GoldenEntry entry in Golden.All("GenTx", "ApplyTxErr"))
        {
            bool isReason = entry.Kind == "ApplyTxErr";
            string hex = (isReason ? "8202" : "8200") + entry.Hex;

            LocalTxSubmissionMessage message = Read(hex);

            Assert.Equal(hex, Write(message));
            transactions += isReason ? 0 : 1;
            reasons += isReason ? 1 : 0;
        }

        Assert.Equal((56, 72), (transactions, reasons));
    }

    [Theory]
    [InlineData("820100")]
    [InlineData("8100")]
    [InlineData("8102")]
    [InlineData("820008")]
    [InlineData("82008206")]
    [InlineData("8200820640")] // no tag
    [InlineData("810300")]
    [InlineData("9f01ff")]
    public void Refuses_WhenShapeIsWrong(string hex) => Assert.Throws<CodecException>(() => Read(hex));

    [Fact]
    public void AgreesWithSystemFormatsCbor_WhenMessagesAreGenerated()
    {
        var random = new Random(CodecCheck.Seed());
        for (int i = 0; i < 10_000; i++)
        {
            byte[] bytes = new byte[random.Next(0, 300)];
            random.NextBytes(bytes);
            int era = random.Next(1, 8);
            var writer = new CborWriter();
            writer.WriteStartArray(2);
            writer.WriteInt32(0);
            writer.WriteStartArray(2);
            writer.WriteInt32(era);
            writer.WriteTag(CborTag.EncodedCborDataItem);
            writer.WriteByteString(bytes);
            writer.WriteEndArray();
            writer.WriteEndArray();
            byte[] expected = writer.Encode();

            Assert.Equal(Convert.ToHexStringLower(expected), Write(LocalTxSubmissionMessage.SubmitTx(new Transaction((Era)(era + 1), bytes))));
            Transaction read = LocalTxSubmissionCodec.Read(expected).Transaction!;
            Assert.True(bytes.AsSpan().SequenceEqual(read.Bytes.Span));
        }
    }

    [Fact]
    public void NeverThrowsAnythingElse_WhenBytesAreTornOrDamaged()
    {
        foreach (string hex in (string[])[SubmitHex, "8101", RejectHex, WrongEraHex, "8103"])
        {
            CodecCheck.RefusesTornItems(Convert.FromHexString(hex), item => LocalTxSubmissionCodec.Read(item));
            CodecCheck.SurvivesOneBitDamage(Convert.FromHexString(hex), ReadAll);
        }

        CodecCheck.SurvivesNoise(CodecCheck.Seed(), ReadAll);
    }

    private static void ReadAll(ReadOnlyMemory<byte> item) => _ = LocalTxSubmissionCodec.Read(item).Rejection?.Text;

    private static LocalTxSubmissionMessage Read(string hex) => LocalTxSubmissionCodec.Read(Convert.FromHexString(hex));

    private static string Write(LocalTxSubmissionMessage message) => CodecCheck.EncodeHex(output => LocalTxSubmissionCodec.Write(output, message));
}
