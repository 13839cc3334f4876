using System.Text.Json;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Chain;

public class BlockTransactionsTests
{
    private const string Header = "00";

    [Fact]
    public void AreAsInTheManifest_WhenRecorded()
    {
        int seen = 0;
        foreach (RealItem item in RealChain.Blocks())
        {
            BlockTransactions transactions = Block.FromMemory(item.Bytes).Transactions;
            List<BlockHash> hashes = [];
            List<int> failed = [];
            foreach (BlockTransaction transaction in transactions)
            {
                Assert.Equal(hashes.Count, transaction.Index);
                Assert.True(item.Bytes.AsSpan(transaction.BodyOffset, transaction.Body.Length).SequenceEqual(transaction.Body), item.File);
                hashes.Add(transaction.Hash);
                if (!transaction.IsValid)
                {
                    failed.Add(transaction.Index);
                }
            }

            Assert.Equal(Strings(item, "tx_ids"), hashes.Select(static hash => hash.ToString()));
            Assert.Equal(Numbers(item, "phase2_invalid_tx_indexes"), failed);
            Assert.Equal(item.Facts.GetProperty("tx_count").GetInt32(), transactions.Count);
            Assert.Equal(hashes.Select(hash => new TransactionId(item.Era, hash)), transactions.ReadIds());
            seen += hashes.Count;
        }

        Assert.True(seen > 1_500, $"{seen} transactions");
    }

    [Fact]
    public void HasTheTransaction_WhenItsBlockIsRecordedToo()
    {
        Dictionary<BlockHash, RealItem> blocks = RealChain.Blocks().DistinctBy(static item => item.Hash).ToDictionary(static item => item.Hash);
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path("txs", "txs.json")));
        int found = 0;
        foreach (JsonElement facts in manifest.RootElement.GetProperty("txs").EnumerateArray())
        {
            if (!facts.TryGetProperty("in_block", out JsonElement place) || !blocks.TryGetValue(BlockHash.Parse(place.GetProperty("hash").GetString()!), out RealItem? item))
            {
                continue;
            }

            byte[] bytes = File.ReadAllBytes(DataFolder.Path(facts.GetProperty("file").GetString()!.Split('/')));
            TransactionId id = new Transaction(item.Era, bytes).Id;

            Assert.Equal(id, Block.FromMemory(item.Bytes).Transactions.ReadIds()[place.GetProperty("index").GetInt32()]);
            found++;
        }

        Assert.True(found > 0, "no transaction with its block");
    }

    [Theory]
    [InlineData("preview-busy", 4_320, 4_662, 6)]
    [InlineData("preprod-01285", 21_600, 233, 0)]
    [InlineData("devnet-conway", null, 5, 0)]
    [InlineData("assembled-mainnet-babbage-05856", 21_600, 106, 0)]
    public void AreAsManyAsInTheManifest_WhenAPieceIsRead(string piece, int? slotsPerChunk, int transactions, int failed)
    {
        using ImmutableDatabase chain = ImmutableDatabase.Open(DataFolder.Path("chain", piece), new ImmutableDatabaseOptions { SlotsPerChunk = slotsPerChunk });
        using IChainCursor cursor = chain.Follow();
        Assert.True(cursor.TryNext(out _));
        Assert.True(cursor.TryNext(out ChainStep first));
        using IBlockCursor blocks = chain.ReadRange(first.RollForward!.Value.Point, chain.Tip.Point)!;
        HashSet<TransactionId> ids = [];
        int invalid = 0;
        while (blocks.TryNext(out Block block))
        {
            ids.UnionWith(block.Transactions.ReadIds());
            foreach (BlockTransaction transaction in block.Transactions)
            {
                invalid += transaction.IsValid ? 0 : 1;
            }

            block.Dispose();
        }

        Assert.Equal((transactions, failed), (ids.Count, invalid));
    }

    [Theory]
    [InlineData("820784" + Header)]
    [InlineData("820785" + Header + "00a0a080")]
    [InlineData("820785" + Header + "81")]
    [InlineData("820785" + Header + "8180a0a08101")]
    [InlineData("820785" + Header + "8180a0a08120")]
    [InlineData("820785" + Header + "8180a0a0a0")]
    [InlineData("820285" + Header + "8080a080")]
    [InlineData("820183" + Header + "8380808080")]
    [InlineData("820183" + Header + "8481838000808080")]
    [InlineData("ff")]
    public void SaysSo_WhenTheBodyIsNotThatOfItsEra(string hex) => Assert.Throws<CodecException>(() =>
    {
        foreach (BlockTransaction transaction in Block.FromMemory(Convert.FromHexString(hex)).Transactions)
        {
            _ = transaction.Hash;
        }
    });

    [Theory]
    [InlineData("820785" + Header + "83010203a0a0820200", "valid: 1")]
    [InlineData("820785" + Header + "9f010203ffa0a09f0200ff", "valid: 1")]
    [InlineData("820785" + Header + "83010203a0a080", "valid: 0,1,2")]
    [InlineData("820484" + Header + "83010203a0a0", "valid: 0,1,2")]
    [InlineData("820785" + Header + "80a0a080", "valid: ")]
    public void SaysWhoseScriptsFailed_WhenTheBlockListsThemInAnyOrder(string hex, string expected)
    {
        List<int> valid = [];
        foreach (BlockTransaction transaction in Block.FromMemory(Convert.FromHexString(hex)).Transactions)
        {
            if (transaction.IsValid)
            {
                valid.Add(transaction.Index);
            }
        }

        Assert.Equal(expected, $"valid: {string.Join(',', valid)}");
    }

    [Theory]
    [InlineData("82088100")]
    [InlineData("8218178100")]
    public void AreHidden_WhenTheEraIsLaterThanConway(string hex)
    {
        BlockTransactions transactions = Block.FromMemory(Convert.FromHexString(hex)).Transactions;

        Assert.True(transactions.IsOpaque);
        Assert.Equal(0, transactions.Count);
        Assert.Empty(transactions.ReadIds());
        Assert.False(transactions.GetEnumerator().MoveNext());
    }

    /// <summary>A block of a thousand tiny items: hashed in pieces, each id in its place.</summary>
    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(1000)]
    public void ReadsAllIds_HoweverMany(int count)
    {
        string items = string.Concat(Enumerable.Range(0, count).Select(static i => $"19{i:x4}"));
        byte[] block = Convert.FromHexString("820785" + Header + $"99{count:x4}" + items + "a0a080");

        TransactionId[] ids = Block.FromMemory(block).Transactions.ReadIds();

        Assert.Equal(
            Enumerable.Range(0, count).Select(static i => new TransactionId(Era.Conway, Blake2b256.Hash([0x19, (byte)(i >> 8), (byte)i]))),
            ids);
    }

    /// <summary>The list of those whose scripts failed is no longer than that of all: a block must not claim one of them a million times.</summary>
    [Fact]
    public void Refuses_WhenMoreAreSaidToBeInvalidThanThereAre() => Assert.Throws<CodecException>(() =>
        Block.FromMemory(Convert.FromHexString("820785" + Header + "83010203a0a08400000000")).Transactions.Count);

    [Fact]
    public void NeverReadsPastItsBytes_WhenCutOffAnywhere()
    {
        byte[] whole = new ChainGenerator(new ChainGeneratorOptions { Seed = 3, BodyBytes = 700 }).Take(1).First().Span.ToArray();
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];

            Assert.Throws<CodecException>(() => Block.FromMemory(cut).Transactions.ReadIds());
        }
    }

    private static string[] Strings(RealItem item, string name) =>
        item.Facts.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(static one => one.GetString()!)] : [];

    private static int[] Numbers(RealItem item, string name) =>
        item.Facts.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(static one => one.GetInt32())] : [];
}
