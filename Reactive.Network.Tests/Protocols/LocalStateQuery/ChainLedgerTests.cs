using System.Reactive.Linq;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Chain;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Protocols.LocalStateQuery;

/// <summary>A chain asked as a ledger, through a connection in virtual time; and what is known of the public networks, against recorded blocks.</summary>
public class ChainLedgerTests
{
    private static readonly Block[] Blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 4, BodyBytes = 500 }).Take(20)];
    private readonly List<string> _seen = [];

    [Fact]
    public void AnswersWhereTheChainIs_WhenItsTipIsAcquired()
    {
        using InMemoryChain chain = ChainOf(20);
        var pair = new VirtualLocalPair(new LocalService { Ledger = new ChainLedger(chain) });

        Ask(pair, LedgerQuery.ChainPoint);
        Ask(pair, LedgerQuery.ChainBlockNumber);
        Ask(pair, LedgerQuery.CurrentEra);
        Ask(pair, LedgerQuery.In(Era.Conway).LedgerTip);

        Assert.Equal([$"{Blocks[19].Point}", $"{Blocks[19].BlockNumber}", "Conway", $"{Blocks[19].Point}"], _seen);
    }

    [Fact]
    public void KeepsToItsPoint_WhenTheChainGoesOn()
    {
        using InMemoryChain chain = ChainOf(10);
        var pair = new VirtualLocalPair(new LocalService { Ledger = new ChainLedger(chain) });
        LedgerView? view = null;
        using IDisposable held = pair.Client.StateQuery.Acquire(LedgerTarget.At(Blocks[4].Point)).Subscribe(one => view = one);
        pair.Run(TimeSpan.FromSeconds(1));

        chain.RollBack(Blocks[2].Point);
        using IDisposable asked = view!.Query(LedgerQuery.ChainBlockNumber).Subscribe(number => _seen.Add($"{number}"));
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal([$"{Blocks[4].BlockNumber}"], _seen);
    }

    [Fact]
    public void HasNoState_WhenThePointIsNotOnTheChain()
    {
        using InMemoryChain chain = ChainOf(10);
        var pair = new VirtualLocalPair(new LocalService { Ledger = new ChainLedger(chain) });

        Ask(pair, LedgerQuery.ChainPoint, LedgerTarget.At(Blocks[15].Point));
        Ask(pair, LedgerQuery.ChainPoint, LedgerTarget.At(Point.Origin));

        Assert.Equal(["LedgerAcquireException: the point is not on the node's chain", $"{Point.Origin}"], _seen);
    }

    [Fact]
    public void TakesTheImmutableTipFromItsOptions_WhenItIsAskedFor()
    {
        using InMemoryChain chain = ChainOf(10);
        var options = new ChainLedgerOptions { ImmutableTip = () => new Tip(Blocks[2].Point, Blocks[2].BlockNumber) };
        var pair = new VirtualLocalPair(new LocalService { Ledger = new ChainLedger(chain, options) });

        Ask(pair, LedgerQuery.ChainPoint, LedgerTarget.ImmutableTip);
        Ask(pair, LedgerQuery.ChainPoint);

        Assert.Equal([$"{Blocks[2].Point}", $"{Blocks[9].Point}"], _seen);
    }

    [Fact]
    public void SaysWhichEraTheLedgerIsIn_WhenAnotherIsAsked()
    {
        using InMemoryChain chain = ChainOf(1);
        var pair = new VirtualLocalPair(new LocalService { Ledger = new ChainLedger(chain) });

        Ask(pair, LedgerQuery.In(Era.Babbage).Epoch);

        Assert.Equal(["EraMismatchException: the query was meant for Babbage, the ledger is in Conway"], _seen);
        Assert.Null(pair.NodeCause);
    }

    [Fact]
    public void EndsTheConnectionTyped_WhenALedgerWouldBeNeeded()
    {
        using InMemoryChain chain = ChainOf(1);
        var pair = new VirtualLocalPair(new LocalService { Ledger = new ChainLedger(chain) });

        Ask(pair, LedgerQuery.In(Era.Conway).ProtocolParameters);
        pair.Run(TimeSpan.FromSeconds(10));

        var cause = Assert.IsType<LedgerQueryUnansweredException>(pair.NodeCause);
        Assert.Equal((EraQueryKind.GetCurrentPParams, Fault.Local), (cause.Request.Query, cause.Fault));
        Assert.Equal("GetCurrentPParams of Conway cannot be answered without a ledger", cause.Message);
        Assert.Single(_seen);
    }

    [Fact]
    public void AnswersAsBytes_WhenAskedSo()
    {
        using InMemoryChain chain = ChainOf(3);
        var pair = new VirtualLocalPair(new LocalService { Ledger = new ChainLedger(chain) });

        Ask(pair, LedgerQuery.In(Era.Conway).Query(EraQueryKind.GetCBOR, Convert.FromHexString("8100")));

        Assert.StartsWith("24(h'", Assert.Single(_seen), StringComparison.Ordinal);
    }

    [Fact]
    public void TellsEpochAndTime_WhenTheNetworkIsKnown()
    {
        foreach (RealItem item in RealChain.Blocks().Where(static item => NetworkOf(item) is not null))
        {
            NetworkMagic magic = NetworkOf(item)!.Value;
            ChainLedgerOptions known = ChainLedgerOptions.Of(magic);
            using var chain = new InMemoryChain();
            chain.Append(Block.FromMemory(item.Bytes));
            using ILedgerState state = new ChainLedger(chain, known).TryAcquire(LedgerTarget.VolatileTip, out _)!;

            EraHistory history = Answer(state, LedgerQuery.EraHistory);

            Assert.Equal(item.Era.EraIndex() + 1, history.Eras.Count);
            EraSummary last = history.Eras[^1];
            Assert.True(item.Slot >= last.Start.Slot && item.Slot < last.End!.Value.Slot, $"{item.File}: slot {item.Slot} is not in its era");
            Assert.Equal(0UL, (last.End.Value.Slot - last.Start.Slot) % last.EpochSlots);
            Assert.Equal(known.SystemStart, Answer(state, LedgerQuery.SystemStart));
            Assert.Equal(known.Eras!.TimeOf(item.Slot), history.TimeOf(item.Slot));
            Assert.Equal(last.Start, Answer(state, LedgerQuery.EraStart(item.Era)));
            Assert.Null(Answer(state, LedgerQuery.EraStart(Era.Dijkstra)));
            if (item.Era >= Era.Shelley)
            {
                Assert.Equal(known.Eras.EpochOf(item.Slot), Answer(state, LedgerQuery.In(item.Era).Epoch));
            }
        }
    }

    [Theory]
    [InlineData("mainnet", 4_492_800UL, 208UL, "2020-07-29T21:44:51Z")]
    [InlineData("mainnet", 133_660_800UL, 507UL, "2024-09-01T21:44:51Z")]
    [InlineData("preprod", 86_400UL, 4UL, "2022-06-21T00:00:00Z")]
    [InlineData("preview", 259_200UL, 3UL, "2022-10-28T00:00:00Z")]
    public void KnowsWhenErasBegan_WhenTheNetworkIsPublic(string network, ulong slot, ulong epoch, string time)
    {
        Assert.True(NetworkMagic.TryParse(network, out NetworkMagic magic));
        ChainLedgerOptions known = ChainLedgerOptions.Of(magic);

        Assert.Equal(epoch, known.Eras!.EpochOf(slot));
        Assert.Equal(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), known.SystemStart + known.Eras.TimeOf(slot));
    }

    [Fact]
    public void ForeseesAsFarAsTheSafeZoneReaches_WhenTheEraGoesOn()
    {
        // Epochs of 100 slots, a safe zone of 30: from slot 69 on the next epoch is certain too.
        var era = new EraSummary(new EraBound(0, 0, 0, 0), null, 100, TimeSpan.FromSeconds(1), 30, 30, null);

        Assert.Equal(
            [100UL, 100UL, 100UL, 200UL, 200UL],
            new ulong?[] { null, 0, 69, 70, 99 }.Select(tip => era.Horizon(tip)!.Value.Slot));
        Assert.Equal(new EraBound(200_000_000_000_000, 200, 2, 0), era.Horizon(100));
        Assert.Equal(150UL, (era with { End = new EraBound(0, 150, 2, 0) }).Horizon(100)!.Value.Slot);
        Assert.Null((era with { SafeZoneSlots = null }).Horizon(100));
    }

    [Fact]
    public void WritesWhatItReads_WhenTheHistoryIsGolden()
    {
        int checkedCount = 0;
        foreach (GoldenEntry entry in Golden.All("Result"))
        {
            if (entry.Name == "Result_HardFork")
            {
                EraHistory history = LedgerQuery.EraHistory.Read(Convert.FromHexString(entry.Hex), entry.Version);

                Assert.Equal(entry.Hex, Convert.ToHexStringLower(LedgerAnswer.EraHistory(history).Span));
                checkedCount++;
            }
        }

        Assert.True(checkedCount > 0, "no golden history");
    }

    private static T Answer<T>(ILedgerState state, LedgerQuery<T> query) =>
        query.Read(state.Answer(LedgerRequest.Parse(query.Encode(23))).Wait(), 23);

    private static NetworkMagic? NetworkOf(RealItem item) =>
        item.Facts.GetProperty("network").GetString() is { } name && name != "legacy-testnet" && NetworkMagic.TryParse(name, out NetworkMagic magic)
            && magic != NetworkMagic.Sanchonet ? magic : null;

    private static InMemoryChain ChainOf(int count)
    {
        var chain = new InMemoryChain();
        Array.ForEach(Blocks[..count], chain.Append);
        return chain;
    }

    private void Ask<T>(VirtualLocalPair pair, LedgerQuery<T> query, LedgerTarget target = default)
    {
        using IDisposable asked = pair.Client.StateQuery.Query(query, target)
            .Subscribe(result => _seen.Add($"{result}"), error => _seen.Add($"{error.GetType().Name}: {error.Message}"));
        pair.Run(TimeSpan.FromSeconds(1));
    }
}
