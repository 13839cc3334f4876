using Reactive.Network.Multiplexing;

namespace Reactive.Network.Tests.Multiplexing;

public class MuxerTests
{
    [Fact]
    public void SendsOneSduPerLaneAndRound()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(4, MuxOptions.Default with { SduBytes = 4 });
        Plug(rig, lanes[3]);
        lanes[0].Send([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        lanes[1].Send([11, 12], [13, 14, 15]);
        lanes[2].Send([21, 22, 23, 24, 25, 26, 27, 28]);
        rig.Settle();

        rig.Bearer.Finish();

        Assert.Equal(
            ["1: 01020304", "2: 0b0c0d0e", "3: 15161718", "1: 05060708", "2: 0f", "3: 191a1b1c", "1: 09"], Sdus(rig.Bearer.Batches[^1]));
    }

    [Fact]
    public void SendsBehindWhatIsReady_WhenNobodyWaitsForIt()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(2);
        lanes[0].IsPatient = true;
        lanes[0].Send([1]);
        rig.Time.AdvanceBy(1);
        Assert.Empty(rig.Bearer.Batches);

        rig.Time.AdvanceBy(1);

        Assert.Equal(["1: 01"], Sdus(Assert.Single(rig.Bearer.Batches)));
        lanes[0].Send([2], [3]);
        rig.Settle();
        Assert.Equal(["1: 0203"], Sdus(rig.Bearer.Batches[^1]));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void GoesWithTheWriteOfAnotherLane_WhenNobodyWaitsForIt()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(2);
        lanes[0].IsPatient = true;

        lanes[0].Send([1]);
        lanes[1].Send([2]);
        rig.Settle();

        Assert.Equal(["1: 01", "2: 02"], Sdus(Assert.Single(rig.Bearer.Batches)));
    }

    [Fact]
    public void GoesOutBeforeTheClose_WhenNobodyWaitsForIt()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        lanes[0].IsPatient = true;
        lanes[0].Send([1]);
        rig.Time.AdvanceBy(1);

        rig.Mux.CloseAfterDrain(null, TimeSpan.FromSeconds(2));
        rig.Settle();

        Assert.Equal(["1: 01"], Sdus(Assert.Single(rig.Bearer.Batches)));
        Assert.True(rig.Bearer.IsClosing);
    }

    [Fact]
    public void LeavesTheWritingToWhomItBelongs_WhenNobodyWaitsForIt()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(2);
        Plug(rig, lanes[1]);
        lanes[0].IsPatient = true;
        lanes[0].Send([1]);
        rig.Settle();
        int batches = rig.Bearer.Batches.Count;

        rig.Bearer.Finish();
        rig.Settle();

        Assert.Equal(["1: 01"], Sdus(rig.Bearer.Batches[batches]));
        Assert.Equal(batches + 1, rig.Bearer.Batches.Count);
    }

    [Fact]
    public void SendsTheExactBytes()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(2);
        rig.Time.AdvanceTo(TimeSpan.FromMilliseconds(1).Ticks - 1);

        lanes[1].Send([0x81, 0x01]);
        rig.Settle();

        Assert.Equal("000003e8" + "8002" + "0002" + "8101", Convert.ToHexStringLower(rig.Bearer.Batches.Single()));
    }

    [Fact]
    public void StampsASecondLaneOnlyBehindTheFirst_WhenItJoinsTheRound()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(3, MuxOptions.Default with { SduBytes = 2, BatchBytes = 30 });
        Plug(rig, lanes[2]);
        lanes[0].Send([1, 1, 1, 1, 1, 1, 1, 1]);
        rig.Settle();
        rig.Bearer.Takes = false;
        rig.Bearer.Finish();
        lanes[1].Send([2, 2, 2, 2]);
        rig.Settle();

        rig.Bearer.Takes = true;
        rig.Bearer.Finish();

        Assert.Equal(["1: 0101", "1: 0101", "1: 0101"], Sdus(rig.Bearer.Batches[1]));
        Assert.Equal(["1: 0101", "2: 0202", "2: 0202"], Sdus(rig.Bearer.Batches[2]));
    }

    [Fact]
    public void GathersWhatTheBearerTakesInASecond_WhenItIsSlow()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        rig.Bearer.Takes = false;
        lanes[0].Send(new byte[20_000]);
        rig.Settle();
        lanes[0].Send(new byte[250_000]);

        // 20,000 bytes a second; then one SDU in two seconds; then as fast as ever.
        foreach (double seconds in (double[])[1, 2, 0.001, 0.001])
        {
            rig.Time.AdvanceBy(TimeSpan.FromSeconds(seconds).Ticks);
            rig.Bearer.Finish();
            rig.Settle();
        }

        int[] lengths = [.. rig.Bearer.Batches.Select(static batch => batch.Length)];
        Assert.InRange(lengths[1], 12_288 + 8, 20_016);
        Assert.Equal(12_288 + 8, lengths[2]);
        Assert.InRange(lengths[3], 100_000, 131_072);
    }

    [Fact]
    public void GathersAtMost100Sdus()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1, MuxOptions.Default with { SduBytes = 1 });

        lanes[0].Send(new byte[250]);
        rig.Settle();

        Assert.Equal([100 * 9, 100 * 9, 50 * 9], rig.Bearer.Batches.Select(batch => batch.Length));
    }

    [Fact]
    public void GathersAtMost131072Bytes()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);

        lanes[0].Send(new byte[300_000]);
        rig.Settle();

        // Few where nothing is known of the bearer; then ten whole SDUs, an eleventh would not fit.
        const int Whole = 12_288 + SduHeader.Size;
        Assert.Equal([2 * Whole, 4 * Whole, 8 * Whole, 10 * Whole, 300_000 - (24 * 12_288) + SduHeader.Size], rig.Bearer.Batches.Select(batch => batch.Length));
        Assert.All(MuxRig.SdusOf(rig.Bearer.Batches[0]), sdu => Assert.Equal(12_288, sdu.Payload.Length));
    }

    [Fact]
    public void GoesOnWithABiggerArray_WhenMoreIsThereThanASmallOneHolds()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(3);
        Plug(rig, lanes[2]);
        lanes[0].Send(new byte[3_000]);
        lanes[1].Send(new byte[20_000]);
        rig.Settle();

        rig.Bearer.Finish();

        Assert.Equal(23_000 + (3 * SduHeader.Size), rig.Bearer.Batches[^1].Length);
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void LeavesTheRestToAnotherTurn_WhenALaneHasMoreThanEightBatches()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1, MuxOptions.Default with { SduBytes = 1, BatchSdus = 1 });
        var perTick = new List<int>();
        lanes[0].Send(new byte[20]);

        for (int tick = 0; tick < 4; tick++)
        {
            int before = rig.Bearer.Batches.Count;
            rig.Time.AdvanceBy(1);
            perTick.Add(rig.Bearer.Batches.Count - before);
        }

        Assert.Equal([8, 8, 4, 0], perTick);
    }

    [Fact]
    public void TakesNoMoreThanTheSoftLimit_WhenTheBearerTakesNothing()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        rig.Bearer.Takes = false;

        lanes[0].Send([.. Enumerable.Range(0, 100).Select(_ => new byte[10_000])]);
        rig.Settle();

        // 27 messages reach the limit; the first were under way already.
        Assert.Single(rig.Bearer.Batches);
        Assert.InRange(lanes[0].Unsent, 60, 73);
        Assert.InRange(rig.Pool.OutstandingBytes, EgressBuffer.SoftLimit, 700_000);
    }

    [Fact]
    public void GoesOn_WhenTheBearerTookWhatFilledTheBufferBeforeTheTurnCommitted()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        rig.Bearer.Takes = false;
        lanes[0].Send([.. Enumerable.Range(0, 5).Select(_ => new byte[50_000])]);
        rig.Settle();
        lanes[0].Written = () =>
        {
            // The turn has stopped because the buffer is full; what was committed before goes out now, what it wrote itself later.
            rig.Bearer.Takes = true;
            rig.Bearer.Finish();
        };

        lanes[0].Send([.. Enumerable.Range(0, 10).Select(_ => new byte[50_000])]);
        rig.Settle();

        Assert.Equal(0, lanes[0].Unsent);
        Assert.Equal(0, lanes[0].Egress.Length);
    }

    [Fact]
    public void SendsEverything_WhenTheBearerTakesABatchNowAndThen()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(2);
        rig.Bearer.Takes = false;
        lanes[0].Send([.. Enumerable.Range(0, 100).Select(_ => new byte[10_000])]);
        lanes[1].Send([.. Enumerable.Range(0, 1_000).Select(_ => new byte[1_000])]);
        rig.Settle();

        for (int i = 0; i < 100 && rig.Bearer.IsPending; i++)
        {
            rig.Bearer.Finish();
            rig.Settle();
        }

        Assert.Equal((0, 0), (lanes[0].Unsent, lanes[1].Unsent));
        Assert.Equal(2_000_000, rig.Bearer.Batches.SelectMany(MuxRig.SdusOf).Sum(sdu => sdu.Payload.Length));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void KeepsThePendingBatch_UntilTheBearerHasMadeItsLastCall()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        rig.Bearer.Takes = false;
        lanes[0].Send([0x81, 0x01]);
        rig.Settle();

        rig.Mux.Close(null);
        rig.Settle();

        // The bearer may still be reading it.
        Assert.Equal(rig.Bearer.Batches[0], rig.Bearer.Pending.ToArray());
        Assert.Equal(1, rig.Pool.Outstanding);
        rig.Bearer.End();
        rig.Settle();
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void GivesTheBatchBackOnce_WhenTheBearerEndsInsideAWrite()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        rig.Bearer.Writing = () => rig.Bearer.End();

        lanes[0].Send([0x81, 0x01]);
        rig.Settle();

        Assert.True(rig.Mux.IsClosed);
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void WritesWhatCameMeanwhile_WhenALaneIsWokenInsideAWrite()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(2);
        rig.Bearer.Writing = () => lanes[1].Send([2]);

        lanes[0].Send([1]);
        rig.Settle();

        Assert.Equal(["1: 01", "2: 02"], rig.Bearer.Batches.SelectMany(Sdus));
    }

    [Fact]
    public void DrainsThenClosesTheBearer_WhenTheEndIsInOrder()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        rig.Bearer.Takes = false;
        lanes[0].Send(new byte[200_000]);
        rig.Settle();

        rig.Mux.CloseAfterDrain(null, TimeSpan.FromSeconds(2));
        rig.Settle();
        Assert.False(rig.Bearer.IsClosing);
        rig.Bearer.Takes = true;
        rig.Bearer.Finish();
        rig.Settle();

        Assert.True(rig.Bearer.IsClosing);
        Assert.False(rig.Bearer.IsAborted);
        Assert.Equal(200_000, rig.Bearer.Batches.SelectMany(MuxRig.SdusOf).Sum(sdu => sdu.Payload.Length));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void AbortsAndGivesBack_WhenTheDrainTakesTooLong()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        rig.Bearer.Takes = false;
        lanes[0].Send(new byte[200_000]);
        rig.Settle();
        rig.Mux.CloseAfterDrain(null, TimeSpan.FromSeconds(2));

        rig.Time.AdvanceBy(TimeSpan.FromSeconds(2).Ticks - 1);
        Assert.False(rig.Bearer.IsAborted);
        rig.Time.AdvanceBy(2);
        Assert.True(rig.Bearer.IsAborted);
        rig.Bearer.End();
        rig.Settle();

        Assert.Equal(0, rig.Pool.Outstanding);
    }

    private static IEnumerable<string> Sdus(byte[] batch) =>
        MuxRig.SdusOf(batch).Select(sdu => $"{sdu.Header.Protocol}: {Convert.ToHexStringLower(sdu.Payload)}");

    /// <summary>Leaves one write pending, so that what follows is gathered.</summary>
    private static void Plug(MuxRig rig, TestLane lane)
    {
        rig.Bearer.Takes = false;
        lane.Send([0]);
        rig.Settle();
        Assert.True(rig.Bearer.IsPending);
        rig.Bearer.Takes = true;
    }
}
