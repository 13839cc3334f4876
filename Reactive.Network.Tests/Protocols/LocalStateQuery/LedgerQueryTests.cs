using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.LocalStateQuery;

namespace Reactive.Network.Tests.Protocols.LocalStateQuery;

/// <summary>Queries and results, against the specification's examples and the reference's own encodings.</summary>
public class LedgerQueryTests
{
    private const string Pool = "e0a714319812c3f773ba04ec5d6b3ffcd5aad85006805b047b082541";
    private static readonly BlockHash TxId = BlockHash.Parse("3da9a3b38dce0e87ca4a88f3328caac7a970cf9ac40424cde2b675768d11f11b");

    [Fact]
    public void AreWhatTheSpecificationSays_WhenEncoded()
    {
        EraQueries conway = LedgerQuery.In(Era.Conway);
        byte[] address = Convert.FromHexString("61" + Pool);

        Assert.Equal("8101", Hex(LedgerQuery.SystemStart));
        Assert.Equal("8102", Hex(LedgerQuery.ChainBlockNumber));
        Assert.Equal("8103", Hex(LedgerQuery.ChainPoint));
        Assert.Equal("8104", Hex(LedgerQuery.LedgerConfig));
        Assert.Equal("820082028101", Hex(LedgerQuery.CurrentEra));
        Assert.Equal("820082028100", Hex(LedgerQuery.EraHistory));
        Assert.Equal("82008301810001", Hex(LedgerQuery.EraStart(Era.Shelley)));
        Assert.Equal("8200820082068101", Hex(conway.Epoch));
        Assert.Equal("8200820082068103", Hex(conway.ProtocolParameters));
        Assert.Equal("8200820082068100", Hex(conway.LedgerTip));
        Assert.Equal("820082008206811825", Hex(conway.StakeDistribution));
        Assert.Equal("8200820082068105", Hex(conway.OldStakeDistribution));
        Assert.Equal($"8200820082068206d9010281581d61{Pool}", Hex(conway.UnspentOutputsOf([address])));
        Assert.Equal($"820082008206820fd9010281825820{TxId}00", Hex(conway.UnspentOutputsAt([new TransactionInput(TxId, 0)])));
        Assert.Equal("82008200820682182201", Hex(conway.LedgerPeers()));
        Assert.Equal("820082008206811822", Hex(conway.LedgerPeers(), version: 22));
        Assert.Equal("820082008206811826", Hex(conway.MaxMajorProtocolVersion));
        Assert.Equal("820082008200" + "00", Hex(LedgerQuery.In(Era.Byron).Query(EraQueryKind.GetUpdateInterfaceState)));
    }

    [Fact]
    public void AreSortedAndTaggedAsNodesInsist_WhenSetsAreArguments()
    {
        var low = new KeyHash(new byte[28]);
        KeyHash high = KeyHash.Parse(Pool);
        string lowHex = $"581c{low}";
        string highHex = $"581c{high}";

        Assert.Equal($"8200820082068211d9010282{lowHex}{highHex}", Hex(LedgerQuery.In(Era.Conway).StakePoolParameters([high, low, high])));
        Assert.Equal("820082008206821380", Hex(LedgerQuery.In(Era.Conway).PoolStates()));
        Assert.Equal($"82008200820682148" + $"1d9010281{lowHex}", Hex(LedgerQuery.In(Era.Conway).StakeSnapshots([low])));

        // Scripts before keys; no tag for this one before Conway.
        Credential[] credentials = [new(low), new(high, IsScript: true)];
        Assert.Equal($"820082008206820ad90102828201{highHex}8200{lowHex}", Hex(LedgerQuery.In(Era.Conway).DelegationsAndRewards(credentials)));
        Assert.Equal($"820082008205820a828201{highHex}8200{lowHex}", Hex(LedgerQuery.In(Era.Babbage).DelegationsAndRewards(credentials)));
        Assert.Equal($"82008200820682" + $"16d90102828201{highHex}8200{lowHex}", Hex(LedgerQuery.In(Era.Conway).Deposits(credentials)));
    }

    [Fact]
    public void HaveTheVersionsOfTheSpecification_WhenAsked()
    {
        EraQueries conway = LedgerQuery.In(Era.Conway);

        Assert.Equal((true, false), (conway.OldStakeDistribution.Has(20), conway.OldStakeDistribution.Has(21)));
        Assert.Equal((false, true), (conway.StakeDistribution.Has(20), conway.StakeDistribution.Has(21)));
        Assert.Equal((false, true), (LedgerQuery.LedgerConfig.Has(19), LedgerQuery.LedgerConfig.Has(20)));
        Assert.Equal((true, true, false), (conway.LedgerPeers().Has(19), conway.LedgerPeers(bigOnly: false).Has(23), conway.LedgerPeers(bigOnly: false).Has(22)));
        Assert.Equal(1 + 40, EraQueryShape.All.Count);
    }

    [Fact]
    public void AreRefusedAtTheCall_WhenTheyCannotBe()
    {
        Assert.Throws<ArgumentException>(() => LedgerQuery.In(Era.Conway).Query(EraQueryKind.GetEpochNo, new byte[] { 0 }));
        Assert.Throws<ArgumentException>(() => LedgerQuery.In(Era.Conway).Query(EraQueryKind.GetUpdateInterfaceState));
        Assert.Throws<ArgumentException>(() => LedgerQuery.In(Era.Byron).Epoch);
        Assert.Throws<ArgumentException>(() => LedgerQuery.In(Era.Conway).Query((EraQueryKind)77));
        Assert.Throws<ArgumentOutOfRangeException>(() => LedgerQuery.EraStart((Era)9));
        Assert.Throws<CodecException>(() => LedgerQuery.Raw(new byte[] { 0x82, 0x00 }));
        Assert.Throws<CodecException>(() => LedgerQuery.In(Era.Conway).Query(EraQueryKind.GetDRepState, new byte[] { 0x82 }));
    }

    [Fact]
    public void ReadTheSpecificationsResults_WhenDecoded()
    {
        Assert.Equal(
            new DateTimeOffset(2017, 9, 23, 21, 44, 51, TimeSpan.Zero), Read(LedgerQuery.SystemStart, "831907e119010a1b0116253fec1c3000"));
        Assert.Equal(1_093_546u, Read(LedgerQuery.ChainBlockNumber, "82011a0010afaa"));
        Assert.Null(Read(LedgerQuery.ChainBlockNumber, "8100"));
        Assert.Equal(22_075_282u, Read(LedgerQuery.ChainPoint, "821a0150d79258209b51ccd4f161c08382a445684ff3eb788923608acbea283081fa5ccf663fef8d").Slot);
        Assert.Equal(Era.Conway, Read(LedgerQuery.CurrentEra, "06"));
        Assert.Equal(new EraBound(7_000_000_000_000_000, 1000, 10, 0), Read(LedgerQuery.EraStart(Era.Shelley), "81841b0018de76816d80001903e80a00"));
        Assert.Null(Read(LedgerQuery.EraStart(Era.Dijkstra), "80"));
        Assert.Equal(10u, Read(LedgerQuery.In(Era.Conway).Epoch, "810a"));
        StakeDistribution stake = Read(
            LedgerQuery.In(Era.Conway).StakeDistribution,
            $"8182a1581c{Pool}83d81e820101015820c5e21ab1c9f6022d81c3b25e3436cb7f1df77f9652ae3e1310c28e621dd87b4c01");
        Assert.Equal(1u, stake.TotalCoin);
        Assert.Equal((Pool, 1.0, 1u), (stake.Pools[0].Pool.ToString(), stake.Pools[0].Share.ToDouble(), stake.Pools[0].Coin));
    }

    [Fact]
    public void TellSlotsTimesAndEpochs_WhenHistoryIsRead()
    {
        EraHistory history = Read(
            LedgerQuery.EraHistory,
            "9f838400000000841b0018de76816d80001903e80a00841864191b5883001481001483841b0018de76816d80001903e80a00841b0019945ca262000019044c0b"
            + "008418641907d08300182281001822ff");

        Assert.Equal(2, history.Eras.Count);
        Assert.Equal((TimeSpan.FromSeconds(7), 20ul, 20ul), (history.Eras[0].SlotLength, history.Eras[0].SafeZoneSlots, history.Eras[0].GenesisWindow));
        Assert.Equal(TimeSpan.FromSeconds(7 * 999), history.TimeOf(999));
        Assert.Equal(TimeSpan.FromSeconds((7 * 1000) + (2 * 50)), history.TimeOf(1050));
        Assert.Equal((9u, 10u), (history.EpochOf(999), history.EpochOf(1050)));
        Assert.Throws<ArgumentOutOfRangeException>(() => history.TimeOf(1100));
    }

    [Theory]
    [InlineData("9f838400000000f684186419" + "1b58810114ff")] // unsafe, no end, 4 parameters
    [InlineData("81838300000083c24a0100000000000000000001028518641901" + "f48101140a")] // 3 elements, a bignum, 5 parameters
    public void ReadEveryForm_WhenHistoryIsOfOldOrComingNodes(string hex) => Assert.Single(Read(LedgerQuery.EraHistory, hex).Eras);

    [Fact]
    public void SaysWhichEras_WhenTheLedgerIsInAnother()
    {
        var error = Assert.Throws<EraMismatchException>(
            () => Read(LedgerQuery.In(Era.Conway).Epoch, "82820666436f6e776179" + "82076844696a6b73747261"));

        Assert.Equal(new EraMismatch(Era.Conway, "Conway", Era.Dijkstra, "Dijkstra"), error.Mismatch);
        Assert.Equal(
            "82820666436f6e77617982076844696a6b73747261", Convert.ToHexStringLower(LedgerAnswer.WrongEra(Era.Conway, Era.Dijkstra).Span));
    }

    [Fact]
    public void AreReadAndWrittenBack_WhenQueryIsGolden()
    {
        int seen = 0;
        foreach (GoldenEntry entry in Golden.All("Query"))
        {
            byte[] query = [0x82, 0x00, .. Convert.FromHexString(entry.Hex)];

            LedgerRequest request = LedgerRequest.Parse(query);

            byte[] written = request.Kind switch
            {
                LedgerRequestKind.EraHistory => LedgerQuery.EraHistory.Encode(entry.Version).ToArray(),
                LedgerRequestKind.EraStart => LedgerQuery.EraStart(request.Era).Encode(entry.Version).ToArray(),
                _ => LedgerQuery.In(request.Era).Query(request.Query, request.Arguments).Encode(entry.Version).ToArray(),
            };
            Assert.True(query.AsSpan().SequenceEqual(written), $"{entry}: {Convert.ToHexStringLower(written)}");
            if (request.Kind == LedgerRequestKind.EraQuery && request.Query != EraQueryKind.GetUpdateInterfaceState)
            {
                // The reference's encoders write a query from its version on only.
                EraQueryShape shape = EraQueryShape.All[request.Query];
                Assert.True(entry.Version >= shape.Since, $"{entry}: from {shape.Since}");
            }

            seen++;
        }

        Assert.Equal(368, seen);
    }

    [Fact]
    public void AreReadToTheirMeaning_WhenResultIsGolden()
    {
        int typed = 0;
        int seen = 0;
        foreach (GoldenEntry entry in Golden.All("Result"))
        {
            byte[] result = Convert.FromHexString(entry.Hex);
            seen++;

            // Every one is one item, as it is on the wire.
            Assert.Equal(entry.Hex, Convert.ToHexStringLower(LocalStateQueryCodec.Read(new byte[] { 0x82, 0x04 }.Concat(result).ToArray()).Content.Span));
            typed += ReadTyped(entry, result) ? 1 : 0;
        }

        Assert.Equal(384, seen);
        Assert.InRange(typed, 150, 384);
    }

    [Fact]
    public void AreWhatNodesWrite_WhenAnswersAreMade()
    {
        Assert.Equal("831907e119010a1b0116253fec1c3000", Convert.ToHexStringLower(LedgerAnswer.SystemStart(new DateTimeOffset(2017, 9, 23, 21, 44, 51, TimeSpan.Zero)).Span));
        Assert.Equal("82011a0010afaa", Convert.ToHexStringLower(LedgerAnswer.ChainBlockNumber(1_093_546).Span));
        Assert.Equal("8100", Convert.ToHexStringLower(LedgerAnswer.ChainBlockNumber(null).Span));
        Assert.Equal("80", Convert.ToHexStringLower(LedgerAnswer.ChainPoint(Point.Origin).Span));
        Assert.Equal("06", Convert.ToHexStringLower(LedgerAnswer.CurrentEra(Era.Conway).Span));
        Assert.Equal("810a", Convert.ToHexStringLower(LedgerAnswer.OfEra(LedgerAnswer.Number(10).Span).Span));
    }

    [Theory]
    [InlineData("8105")] // no such number
    [InlineData("82008200820882" + "0101")] // era 8
    [InlineData("8200820082068118" + "28")] // query 40
    [InlineData("820082008206820100")] // an argument too many
    [InlineData("8200820082068106")] // one too few
    [InlineData("8200820082068209811828")] // an unknown one inside GetCBOR
    [InlineData("820082008200" + "8100")] // Byron's as an array
    [InlineData("82008202810" + "2")]
    [InlineData("82008301810108")]
    [InlineData("810100")]
    public void AreRefused_WhenANodeDoesNotKnowThem(string hex) => Assert.Throws<CodecException>(() => LedgerRequest.Parse(Convert.FromHexString(hex)));

    [Fact]
    public void NeverThrowsAnythingElse_WhenBytesAreTornOrDamaged()
    {
        (string Hex, Action<ReadOnlyMemory<byte>> Read)[] all =
        [
            ("8200820082068209821480", item => LedgerRequest.Parse(item)),
            ("9f838400000000841b0018de76816d80001903e80a00841864191b58830014810014ff", item => LedgerQuery.EraHistory.Read(item, 23)),
            ("831907e119010a1b0116253fec1c3000", item => LedgerQuery.SystemStart.Read(item, 23)),
            ($"8182a1581c{Pool}83d81e820101015820{TxId}01", item => LedgerQuery.In(Era.Conway).StakeDistribution.Read(item, 23)),
            ($"81a18258{"20"}{TxId}00820a0b", item => LedgerQuery.In(Era.Conway).UnspentOutputs.Read(item, 23)),
            ("818218641832", item => LedgerQuery.In(Era.Conway).AccountState.Read(item, 23)),
        ];
        foreach ((string hex, Action<ReadOnlyMemory<byte>> read) in all)
        {
            read(Convert.FromHexString(hex));
            CodecCheck.RefusesTornItems(Convert.FromHexString(hex), read);
            CodecCheck.SurvivesOneBitDamage(Convert.FromHexString(hex), item => Swallow(() => read(item)));
            CodecCheck.SurvivesNoise(CodecCheck.Seed(), item => Swallow(() => read(item)));
        }
    }

    private static void Swallow(Action read)
    {
        try
        {
            read();
        }
        catch (EraMismatchException)
        {
            // What the damage made of it.
        }
    }

    private static bool ReadTyped(GoldenEntry entry, byte[] result)
    {
        string[] parts = entry.Name.Split('_');
        if (parts[1].StartsWith("EraMismatch", StringComparison.Ordinal))
        {
            Assert.Throws<EraMismatchException>(() => LedgerQuery.In(Era.Shelley).Epoch.Read(result, entry.Version));
            return true;
        }

        if (parts[1] == "HardFork")
        {
            Assert.NotEmpty(LedgerQuery.EraHistory.Read(result, entry.Version).Eras);
            return true;
        }

        if (parts[1].StartsWith("Anytime", StringComparison.Ordinal))
        {
            Assert.NotNull(LedgerQuery.EraStart(Era.Shelley).Read(result, entry.Version));
            return true;
        }

        if (!Enum.TryParse(parts[1], out Era era) || era <= Era.Byron || parts.Length < 3)
        {
            return false;
        }

        EraQueries queries = LedgerQuery.In(era);
        switch (parts[2])
        {
            case "EpochNo":
                Assert.Equal(10u, queries.Epoch.Read(result, entry.Version));
                return true;
            case "LedgerTip":
                Assert.Equal(9u, queries.LedgerTip.Read(result, entry.Version).Slot);
                return true;
            case "EmptyPParams":
                ulong major = era switch { Era.Shelley => 2, Era.Mary => 4, Era.Alonzo => 5, Era.Babbage => 7, Era.Conway => 9, _ => 12 };
                ProtocolParameters parameters = queries.ProtocolParameters.Read(result, entry.Version);
                Assert.True(major == parameters.Major, $"{entry.Set} {entry.Name}: major {parameters.Major}");
                return true;
            case "MaxMajorProtocolVersion":
                Assert.Equal(13u, queries.MaxMajorProtocolVersion.Read(result, entry.Version));
                return true;
            case "StakeDistribution":
                Assert.Equal(Pool, Assert.Single(queries.OldStakeDistribution.Read(result, entry.Version).Pools).Pool.ToString());
                return true;
            case "StakeDistribution2":
                Assert.Equal(Pool, Assert.Single(queries.StakeDistribution.Read(result, entry.Version).Pools).Pool.ToString());
                return true;
            default:
                Assert.NotEmpty(new LedgerValue(result).ToString());
                return false;
        }
    }

    private static string Hex<T>(LedgerQuery<T> query, int version = 23) => Convert.ToHexStringLower(query.Encode(version).Span);

    private static T Read<T>(LedgerQuery<T> query, string hex) => query.Read(Convert.FromHexString(hex), 23);
}
