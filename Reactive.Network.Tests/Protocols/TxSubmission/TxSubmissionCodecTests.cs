using System.Formats.Cbor;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.TxSubmission;

namespace Reactive.Network.Tests.Protocols.TxSubmission;

public class TxSubmissionCodecTests
{
    private const string TxId = "3da9a3b38dce0e87ca4a88f3328caac7a970cf9ac40424cde2b675768d11f11b";
    private const string ByronId = "4ba839c420b3d2bd439530f891cae9a5d4c4d812044630dac72e8e0962feeecc";
    private const string TxHex = "84a300d901028001800200a0f5f6";

    /// <summary>The examples of the specification page.</summary>
    public static TheoryData<string, TxSubmissionMessageKind> Golden => new()
    {
        { "8106", TxSubmissionMessageKind.Init },
        { "8400f50003", TxSubmissionMessageKind.RequestTxIdsBlocking },
        { "8400f40203", TxSubmissionMessageKind.RequestTxIdsNonBlocking },
        { "8400f40100", TxSubmissionMessageKind.RequestTxIdsNonBlocking },
        { $"82019f8282065820{TxId}13ff", TxSubmissionMessageKind.ReplyTxIds },
        { "82019fff", TxSubmissionMessageKind.ReplyTxIds },
        { $"82029f82065820{TxId}ff", TxSubmissionMessageKind.RequestTxs },
        { $"82039f8206d8184e{TxHex}ff", TxSubmissionMessageKind.ReplyTxs },
        { "82039fff", TxSubmissionMessageKind.ReplyTxs },
        { $"82019f8282008200 5820{ByronId}18f0ff".Replace(" ", "", StringComparison.Ordinal), TxSubmissionMessageKind.ReplyTxIds },
        { "8104", TxSubmissionMessageKind.Done },
        { "82039f820082008283010203 80ff".Replace(" ", "", StringComparison.Ordinal), TxSubmissionMessageKind.ReplyTxs },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void ReadsAndWritesTheExamplesOfTheSpecification_WhenGiven(string hex, TxSubmissionMessageKind kind)
    {
        TxSubmissionMessage message = Read(hex);

        Assert.Equal(kind, message.Kind);
        Assert.Equal(hex, Write(message));
    }

    [Fact]
    public void MeansWhatTheSpecificationSays_WhenExampleIsRead()
    {
        TransactionAnnouncement announced = Assert.Single(Read($"82019f8282065820{TxId}13ff").Announcements.ToArray());
        Transaction transaction = Assert.Single(Read($"82039f8206d8184e{TxHex}ff").Transactions.ToArray());
        TransactionAnnouncement byron = Assert.Single(Read($"82019f82820082005820{ByronId}18f0ff").Announcements.ToArray());

        Assert.Equal(new TransactionAnnouncement(new TransactionId(Era.Conway, BlockHash.Parse(TxId)), 19), announced);
        Assert.Equal((announced.Id, 19), (transaction.Id, transaction.WireSize));
        Assert.Equal(new TransactionAnnouncement(new TransactionId(Era.Byron, BlockHash.Parse(ByronId)), 240), byron);
        Assert.Equal((2, 3), (Read("8400f40203").Acknowledged, Read("8400f40203").Requested));
    }

    [Theory]
    [InlineData($"8201818282065820{TxId}13")] // a definite list of ids
    [InlineData("820180")]
    [InlineData($"82028182065820{TxId}")] // of ids to send
    [InlineData("820280")]
    [InlineData($"8203818206d8184e{TxHex}")] // of transactions
    [InlineData("820380")]
    [InlineData($"82019f9f82065820{TxId}13ffff")] // an indefinite pair
    [InlineData("9f06ff")]
    [InlineData("8100")]
    [InlineData("8400000003")] // blocking that is a number
    [InlineData("8400f51a0001000003")] // 17 bits
    [InlineData($"82019f828206581f{TxId}13ff")]
    [InlineData($"82019f828206581f{ByronId}ff")]
    [InlineData($"82019f828206582000{TxId}13ff")]
    [InlineData($"82019f828206 5820{TxId}1b0000000100000000ff")] // a size of 33 bits
    [InlineData($"82019f8218ff5820{TxId}13ff")] // an era index of 255
    [InlineData($"82029f820082045820{TxId}ff")] // Byron kind 4
    [InlineData($"82039f8206d8194e{TxHex}ff")] // another tag
    [InlineData($"82039f82064e{TxHex}ff")] // no tag
    [InlineData("8105")]
    [InlineData("8107")]
    [InlineData("820400")]
    public void Refuses_WhenShapeIsWrong(string hex)
    {
        Assert.Throws<CodecException>(() => Read(hex.Replace(" ", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void AgreesWithSystemFormatsCbor_WhenMessagesAreGenerated()
    {
        var random = new Random(CodecCheck.Seed());
        for (int i = 0; i < 10_000; i++)
        {
            TxSubmissionMessage message = Generate(random);
            byte[] expected = Oracle(message);

            Assert.Equal(Convert.ToHexStringLower(expected), Write(message));
            TxSubmissionMessage read = TxSubmissionCodec.Read(expected);
            Assert.Equal((message.Kind, message.Acknowledged, message.Requested), (read.Kind, read.Acknowledged, read.Requested));
            Assert.Equal(message.Announcements.ToArray(), read.Announcements.ToArray());
            Assert.Equal(message.Ids.ToArray(), read.Ids.ToArray());
            Assert.Equal(message.Transactions.ToArray().Select(Describe), read.Transactions.ToArray().Select(Describe));
        }
    }

    [Fact]
    public void AnnouncesTheBytesOnTheWire_WhenTransactionsAreGenerated()
    {
        var random = new Random(CodecCheck.Seed());
        foreach (int length in (int[])[0, 1, 23, 24, 255, 256, 16_384, 65_535, 65_536])
        {
            foreach (Era era in (Era[])[Era.Byron, Era.Shelley, Era.Conway, Era.Dijkstra, (Era)24, (Era)25, (Era)200])
            {
                byte[] bytes = [.. CodecCheck.Encode(output => new CborSpanWriter(output).WriteByteString(new byte[length]))];
                var transaction = new Transaction(era, bytes) { ByronKind = era == Era.Byron ? (byte)random.Next(4) : (byte)0 };
                int around = CodecCheck.Encode(output => TxSubmissionCodec.Write(output, TxSubmissionMessage.ReplyTxs(ReadOnlyMemory<Transaction>.Empty))).Length;

                int size = CodecCheck.Encode(output => TxSubmissionCodec.Write(output, TxSubmissionMessage.ReplyTxs(new[] { transaction }))).Length - around;

                Assert.Equal(size, transaction.WireSize);
            }
        }
    }

    [Fact]
    public void NeverThrowsAnythingElse_WhenBytesAreTornOrDamaged()
    {
        foreach (string hex in Golden.Select(row => row.Data.Item1))
        {
            CodecCheck.RefusesTornItems(Convert.FromHexString(hex), item => TxSubmissionCodec.Read(item));
            CodecCheck.SurvivesOneBitDamage(Convert.FromHexString(hex), item => TxSubmissionCodec.Read(item));
        }

        CodecCheck.SurvivesNoise(CodecCheck.Seed(), item => TxSubmissionCodec.Read(item));
    }

    private static (Era, byte, string) Describe(Transaction transaction) =>
        (transaction.Era, transaction.ByronKind, Convert.ToHexStringLower(transaction.Bytes.Span));

    private static TxSubmissionMessage Generate(Random random)
    {
        int count = random.Next(0, 11);
        return random.Next(7) switch
        {
            0 => TxSubmissionMessage.Init,
            1 => TxSubmissionMessage.Done,
            2 or 3 => TxSubmissionMessage.RequestTxIds(random.Next(2) == 0, (ushort)random.Next(65_536), (ushort)random.Next(30)),
            4 => TxSubmissionMessage.ReplyTxIds(Enumerable.Range(0, count).Select(_ => new TransactionAnnouncement(Id(random), random.NextInt64(1L << 32))).ToArray()),
            5 => TxSubmissionMessage.RequestTxs(Enumerable.Range(0, count).Select(_ => Id(random)).ToArray()),
            _ => TxSubmissionMessage.ReplyTxs(Enumerable.Range(0, count).Select(_ => Tx(random)).ToArray()),
        };
    }

    private static TransactionId Id(Random random)
    {
        byte[] hash = new byte[32];
        random.NextBytes(hash);
        var era = (Era)random.Next(1, 40);
        return new TransactionId(era, new BlockHash(hash)) { ByronKind = era == Era.Byron ? (byte)random.Next(4) : (byte)0 };
    }

    private static Transaction Tx(Random random)
    {
        var era = (Era)random.Next(1, 40);
        byte[] content = new byte[random.Next(300)];
        random.NextBytes(content);
        return era == Era.Byron
            ? new Transaction(era, CodecCheck.Encode(output => new CborSpanWriter(output).WriteByteString(content))) { ByronKind = (byte)random.Next(4) }
            : new Transaction(era, content);
    }

    private static byte[] Oracle(TxSubmissionMessage message)
    {
        var writer = new CborWriter(CborConformanceMode.Lax, convertIndefiniteLengthEncodings: false);
        void Start(int tag, int fields)
        {
            writer.WriteStartArray(1 + fields);
            writer.WriteInt32(tag);
        }

        void EraOf(Era era, byte kind)
        {
            writer.WriteStartArray(2);
            writer.WriteInt32(era.EraIndex());
            if (era == Era.Byron)
            {
                writer.WriteStartArray(2);
                writer.WriteInt32(kind);
            }
        }

        void End(Era era)
        {
            writer.WriteEndArray();
            if (era == Era.Byron)
            {
                writer.WriteEndArray();
            }
        }

        void IdOf(TransactionId id)
        {
            EraOf(id.Era, id.ByronKind);
            writer.WriteByteString(id.Hash.AsSpan());
            End(id.Era);
        }

        void List<T>(ReadOnlyMemory<T> list, Action<T> write)
        {
            writer.WriteStartArray(null);
            list.ToArray().ToList().ForEach(write);
            writer.WriteEndArray();
        }

        switch (message.Kind)
        {
            case TxSubmissionMessageKind.Init:
                Start(6, 0);
                break;
            case TxSubmissionMessageKind.Done:
                Start(4, 0);
                break;
            case TxSubmissionMessageKind.ReplyTxIds:
                Start(1, 1);
                List(message.Announcements, announcement =>
                {
                    writer.WriteStartArray(2);
                    IdOf(announcement.Id);
                    writer.WriteInt64(announcement.Size);
                    writer.WriteEndArray();
                });
                break;
            case TxSubmissionMessageKind.RequestTxs:
                Start(2, 1);
                List(message.Ids, IdOf);
                break;
            case TxSubmissionMessageKind.ReplyTxs:
                Start(3, 1);
                List(message.Transactions, transaction =>
                {
                    EraOf(transaction.Era, transaction.ByronKind);
                    if (transaction.Era == Era.Byron)
                    {
                        writer.WriteEncodedValue(transaction.Bytes.Span);
                    }
                    else
                    {
                        writer.WriteTag(CborTag.EncodedCborDataItem);
                        writer.WriteByteString(transaction.Bytes.Span);
                    }

                    End(transaction.Era);
                });
                break;
            default:
                Start(0, 3);
                writer.WriteBoolean(message.Kind == TxSubmissionMessageKind.RequestTxIdsBlocking);
                writer.WriteUInt32(message.Acknowledged);
                writer.WriteUInt32(message.Requested);
                break;
        }

        writer.WriteEndArray();
        return writer.Encode();
    }

    private static TxSubmissionMessage Read(string hex) => TxSubmissionCodec.Read(Convert.FromHexString(hex));

    private static string Write(TxSubmissionMessage message) => CodecCheck.EncodeHex(output => TxSubmissionCodec.Write(output, message));
}
