using System.Text.Json;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.TxSubmission;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols.TxSubmission;

/// <summary>The recorded and the constructed messages, and the transactions and ids of the reference's golden files.</summary>
public class TxSubmissionVectorTests
{
    /// <summary>Of the golden Byron transaction the id is that of the one it spends; the two real ones of <c>txs/</c> have their own.</summary>
    private const string NotItsOwnId = "8200820058204ba839c420b3d2bd439530f891cae9a5d4c4d812044630dac72e8e0962feeecc";

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenVectorConforms()
    {
        int count = 0;
        foreach (Vector vector in Vectors.Of("tx-submission2").Concat(Vectors.Constructed("tx-submission2")))
        {
            Assert.True(vector.Conforms);
            TxSubmissionMessage message = TxSubmissionCodec.Read(vector.Bytes);

            ShouldMean(vector, message);
            Assert.Equal(vector.Hex, CodecCheck.EncodeHex(output => TxSubmissionCodec.Write(output, message)));
            count++;
        }

        Assert.Equal(10 + 5, count);
    }

    [Theory]
    [InlineData("n2n-cardano-v2.json", 7, true)]
    [InlineData("n2n-cardano-v7.json", 6, false)] // its ids are made up, not those of its transactions
    public void ReadsAndWrites_WhenTransactionIsGolden(string file, int count, bool idsBelong)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path("golden", file)));
        Dictionary<string, string> entries = document.RootElement.GetProperty("entries").EnumerateArray()
            .Where(entry => entry.GetProperty("kind").GetString() is "GenTx" or "GenTxId")
            .ToDictionary(entry => entry.GetProperty("name").GetString()!, entry => entry.GetProperty("hex").GetString()!);
        string[] eras = [.. entries.Keys.Where(name => name.StartsWith("GenTx_", StringComparison.Ordinal)).Select(name => name["GenTx_".Length..])];

        foreach (string era in eras)
        {
            string tx = $"82039f{entries[$"GenTx_{era}"]}ff";
            string id = $"82029f{entries[$"GenTxId_{era}"]}ff";
            TxSubmissionMessage reply = TxSubmissionCodec.Read(Convert.FromHexString(tx));
            TxSubmissionMessage request = TxSubmissionCodec.Read(Convert.FromHexString(id));

            Assert.Equal(tx, CodecCheck.EncodeHex(output => TxSubmissionCodec.Write(output, reply)));
            Assert.Equal(id, CodecCheck.EncodeHex(output => TxSubmissionCodec.Write(output, request)));
            Transaction transaction = Assert.Single(reply.Transactions.ToArray());
            TransactionId named = Assert.Single(request.Ids.ToArray());
            Assert.Equal((Enum.Parse<Era>(era), Enum.Parse<Era>(era)), (transaction.Era, named.Era));
            Assert.Equal(entries[$"GenTx_{era}"].Length / 2, transaction.WireSize);
            if (idsBelong && entries[$"GenTxId_{era}"] != NotItsOwnId)
            {
                Assert.Equal(named, transaction.Id);
            }
        }

        Assert.Equal(count, eras.Length);
    }

    [Fact]
    public void HasTheIdOfItsBody_WhenTransactionIsReal()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path("txs", "txs.json")));
        int count = 0;
        foreach (JsonElement entry in document.RootElement.GetProperty("txs").EnumerateArray())
        {
            byte[] bytes = File.ReadAllBytes(DataFolder.Path(entry.GetProperty("file").GetString()!.Split('/')));

            Assert.Equal(entry.GetProperty("tx_id").GetString(), new Transaction(Era.Conway, bytes).Id.Hash.ToString());
            count++;
        }

        Assert.Equal(82, count);
    }

    internal static void ShouldMean(Vector vector, in TxSubmissionMessage message)
    {
        JsonElement fields = vector.Fields;
        string name = message.Kind is TxSubmissionMessageKind.RequestTxIdsBlocking or TxSubmissionMessageKind.RequestTxIdsNonBlocking
            ? "MsgRequestTxIds"
            : $"Msg{message.Kind}";
        Assert.Equal(vector.Message, name);
        if (fields.TryGetProperty("blocking", out JsonElement blocking))
        {
            Assert.Equal(blocking.GetBoolean(), message.Kind == TxSubmissionMessageKind.RequestTxIdsBlocking);
            Assert.Equal((fields.GetProperty("ack").GetInt32(), fields.GetProperty("req").GetInt32()), (message.Acknowledged, message.Requested));
        }

        if (fields.TryGetProperty("tx_ids", out JsonElement ids) && message.Kind == TxSubmissionMessageKind.ReplyTxIds)
        {
            Assert.Equal(
                [.. ids.EnumerateArray().Select(id => new TransactionAnnouncement(IdOf(id), id.GetProperty("size").GetInt64()))],
                message.Announcements.ToArray());
        }
        else if (fields.TryGetProperty("tx_ids", out ids))
        {
            Assert.Equal([.. ids.EnumerateArray().Select(IdOf)], message.Ids.ToArray());
        }

        if (fields.TryGetProperty("txs", out JsonElement txs))
        {
            Assert.Equal(txs.GetArrayLength(), message.Transactions.Length);
            foreach ((int at, JsonElement tx) in txs.EnumerateArray().Index())
            {
                Transaction transaction = message.Transactions.Span[at];
                Assert.Equal(tx.GetProperty("era_index").GetInt32(), transaction.Era.EraIndex());
                Assert.Equal(tx.GetProperty("tx_size").GetInt32(), transaction.Bytes.Length);
                if (tx.TryGetProperty("tx_id", out JsonElement id))
                {
                    Assert.Equal(id.GetString(), transaction.Id.Hash.ToString());
                }
                else
                {
                    Assert.False(transaction.TryGetId(out _));
                }
            }
        }
    }

    private static TransactionId IdOf(JsonElement json) =>
        new((Era)(json.GetProperty("era_index").GetInt32() + 1), BlockHash.Parse(json.GetProperty("tx_id").GetString()!));
}
