using System.Formats.Cbor;
using System.Text.Json;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalStateQuery;

namespace Reactive.Network.Tests.Protocols.LocalStateQuery;

public class LocalStateQueryCodecTests
{
    private const string PointHex = "821a00448dff5820f8084c61b6a238acec985b59310b6ecec49c0ab8352249afd7268da5cff2a457";

    [Theory]
    [InlineData("8108", LocalStateQueryMessageKind.Acquire)]
    [InlineData("8200" + PointHex, LocalStateQueryMessageKind.Acquire)]
    [InlineData("810a", LocalStateQueryMessageKind.Acquire)]
    [InlineData("8101", LocalStateQueryMessageKind.Acquired)]
    [InlineData("820200", LocalStateQueryMessageKind.Failure)]
    [InlineData("820201", LocalStateQueryMessageKind.Failure)]
    [InlineData("82038101", LocalStateQueryMessageKind.Query)]
    [InlineData("820482011a0010afaa", LocalStateQueryMessageKind.Result)]
    [InlineData("8105", LocalStateQueryMessageKind.Release)]
    [InlineData("8206" + PointHex, LocalStateQueryMessageKind.ReAcquire)]
    [InlineData("8109", LocalStateQueryMessageKind.ReAcquire)]
    [InlineData("810b", LocalStateQueryMessageKind.ReAcquire)]
    [InlineData("8107", LocalStateQueryMessageKind.Done)]
    public void ReadsAndWritesTheExamplesOfTheSpecification_WhenGiven(string hex, LocalStateQueryMessageKind kind)
    {
        LocalStateQueryMessage message = Read(hex);

        Assert.Equal(kind, message.Kind);
        Assert.Equal(hex, Write(message));
    }

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenVectorConforms()
    {
        Vector[] conforming = [.. Vectors.Of("local-state-query").Concat(Vectors.Constructed("local-state-query")).Where(vector => vector.Conforms)];

        foreach (Vector vector in conforming)
        {
            LocalStateQueryMessage message = LocalStateQueryCodec.Read(vector.Bytes);
            Assert.Equal(vector.Message, $"Msg{message.Kind}");
            ShouldMean(vector.Fields, message);
            Assert.Equal(vector.Hex, Write(message));
        }

        Assert.Equal(33 + 6, conforming.Length);
    }

    [Fact]
    public void IsRefused_WhenVectorDoesNotConform()
    {
        Vector[] wrong = [.. Vectors.Of("local-state-query").Where(v => !v.Conforms)];

        Assert.All(wrong, v => Assert.Throws<CodecException>(() => LocalStateQueryCodec.Read(v.Bytes)));
        Assert.Equal(3, wrong.Length);
    }

    [Fact]
    public void AgreesWithSystemFormatsCbor_WhenMessagesAreGenerated()
    {
        var random = new Random(CodecCheck.Seed());
        for (int i = 0; i < 10_000; i++)
        {
            byte[] hash = new byte[32];
            random.NextBytes(hash);
            ulong slot = (ulong)random.NextInt64();
            bool again = random.Next(2) == 0;
            var writer = new CborWriter();
            writer.WriteStartArray(2);
            writer.WriteInt32(again ? 6 : 0);
            writer.WriteStartArray(2);
            writer.WriteUInt64(slot);
            writer.WriteByteString(hash);
            writer.WriteEndArray();
            writer.WriteEndArray();
            LedgerTarget target = LedgerTarget.At(new Point(slot, new BlockHash(hash)));
            byte[] expected = writer.Encode();

            Assert.Equal(
                Convert.ToHexStringLower(expected), Write(again ? LocalStateQueryMessage.ReAcquire(target) : LocalStateQueryMessage.Acquire(target)));
            Assert.Equal(target, LocalStateQueryCodec.Read(expected).Target);
        }
    }

    [Fact]
    public void NeverThrowsAnythingElse_WhenBytesAreTornOrDamaged()
    {
        foreach (string hex in (string[])["8108", "8200" + PointHex, "820200", "820382008200820682182201", "820481820a9f01ff", "8107"])
        {
            CodecCheck.RefusesTornItems(Convert.FromHexString(hex), item => LocalStateQueryCodec.Read(item));
            CodecCheck.SurvivesOneBitDamage(Convert.FromHexString(hex), item => LocalStateQueryCodec.Read(item));
        }

        CodecCheck.SurvivesNoise(CodecCheck.Seed(), item => LocalStateQueryCodec.Read(item));
    }

    private static void ShouldMean(JsonElement fields, LocalStateQueryMessage message)
    {
        if (fields.TryGetProperty("target", out JsonElement target))
        {
            LedgerTarget expected = target.GetString() switch
            {
                "volatile-tip" => LedgerTarget.VolatileTip,
                "immutable-tip" => LedgerTarget.ImmutableTip,
                _ => LedgerTarget.At(Vectors.Point(fields.GetProperty("point"))),
            };
            Assert.Equal(expected, message.Target);
        }

        if (fields.TryGetProperty("failure", out JsonElement failure))
        {
            Assert.Equal(failure.GetString(), message.Why.ToString());
        }

        if (fields.TryGetProperty("result", out JsonElement result) && !result.GetString()!.Contains("bytes)'", StringComparison.Ordinal))
        {
            Assert.Equal(result.GetString(), new LedgerValue(message.Content).ToString());
        }

        if (message.Kind == LocalStateQueryMessageKind.Query)
        {
            LedgerRequest request = LedgerRequest.Parse(message.Content);
            Assert.Equal(
                fields.TryGetProperty("query", out JsonElement query) ? query.GetString() : fields.GetProperty("top").GetString(),
                request.Kind switch
                {
                    LedgerRequestKind.EraQuery => request.Query.ToString(),
                    LedgerRequestKind.CurrentEra => "GetCurrentEra",
                    LedgerRequestKind.ChainBlockNumber => "GetChainBlockNo",
                    _ => $"Get{request.Kind}",
                });
            if (fields.TryGetProperty("era_index", out JsonElement era))
            {
                Assert.Equal(era.GetInt32(), request.Era.EraIndex());
            }
        }
    }

    private static LocalStateQueryMessage Read(string hex) => LocalStateQueryCodec.Read(Convert.FromHexString(hex));

    private static string Write(LocalStateQueryMessage message) => CodecCheck.EncodeHex(output => LocalStateQueryCodec.Write(output, message));
}
