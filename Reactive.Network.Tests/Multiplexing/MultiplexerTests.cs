using Reactive.Network.Bearers;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Multiplexing;

public class MultiplexerTests
{
    [Fact]
    public void RoutesByNumberAndHalf()
    {
        var rig = new MuxRig();
        var initiator = new TestLane(rig.Mux, 2, SduSender.Initiator);
        var responder = new TestLane(rig.Mux, 2, SduSender.Responder);
        rig.Open(initiator, responder);

        rig.Bearer.Push([.. BytePeer.Sdu(2, SduSender.Initiator, [0x01]), .. BytePeer.Sdu(2, SduSender.Responder, [0x02])]);
        rig.Settle();

        Assert.Equal(["02"], initiator.Messages);
        Assert.Equal(["01"], responder.Messages);
    }

    [Fact]
    public void EndsOnceWithTheFirstCause()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(2);
        var first = new ConnectionClosedException("first");

        rig.Mux.Close(first);
        rig.Mux.Close(new ConnectionClosedException("second"));
        rig.Mux.CloseAfterDrain(null, TimeSpan.FromSeconds(1));
        rig.Bearer.End(new BearerException(BearerFailure.Reset, "test:1", "reset"));
        rig.Settle();

        Assert.Same(first, Assert.Single(rig.Ends));
        Assert.All(lanes, lane => Assert.Equal((1, first), (lane.Closes, lane.ClosedWith)));
        Assert.True(rig.Bearer.IsAborted);
    }

    [Fact]
    public void GivesEverythingBack_WhenAnEndInOrderFollowsAnEndAtOnce()
    {
        // It used to mark the connection as draining, so that nobody gave back what was never sent.
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        rig.Bearer.Takes = false;
        lanes[0].Send(new byte[100_000]);
        rig.Settle();

        rig.Mux.Close(null);
        rig.Mux.CloseAfterDrain(null, TimeSpan.FromSeconds(1));
        rig.Bearer.End();
        rig.Settle();

        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void GivesEverythingBack_WhenItEndsInEveryStateOfALane()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(4);
        lanes[0].MayTake = false;
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x01, 0x02, 0x82]));
        rig.Bearer.Push(BytePeer.Sdu(2, SduSender.Initiator, [0x5a, 0, 1, 0, 0]));
        rig.Bearer.Takes = false;
        lanes[2].Send([1, 2, 3]);
        rig.Settle();
        lanes[3].Send(new byte[300_000]);
        rig.Settle();

        rig.Mux.Close(null);
        rig.Bearer.End();
        rig.Settle();

        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void GivesEverythingBack_WhenALaneFirstGetsBytesWhileItCloses()
    {
        // The receive loop and the end of the connection on two threads: the bytes come behind the lane's last turn.
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        rig.Mux.Close(null);
        rig.Settle();

        ((Lane)lanes[0]).Receive([0x82, 0x00], last: true, arrival: 0);
        rig.Bearer.End();

        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void HoldsNothing_WhenItIsIdle()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(4);
        for (int i = 0; i < 100; i++)
        {
            rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x82, 0x00, 0x01]));
            lanes[0].Send([0x82, 0x01, 0x01]);
            rig.Settle();
        }

        // The small slab that a lane with tiny messages keeps.
        Assert.Equal((1, 1024L), (rig.Pool.Outstanding, rig.Pool.OutstandingBytes));
    }

    [Fact]
    public void EndsByAgreement_WhenALaneFindsTheLastMessageBehindTheEndOfTheStream()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(2);
        lanes[0].Works = true;
        lanes[0].Handler = _ => lanes[0].Works = false;
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x01]));

        rig.Bearer.End();
        Assert.Empty(rig.Ends);
        rig.Time.AdvanceBy(2);

        Assert.Null(Assert.Single(rig.Ends));
    }

    [Fact]
    public void EndsWithEndOfStream_WhenALaneStillWorksOnceEachHasLooked()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(2);
        lanes[0].Works = true;

        rig.Bearer.End();
        rig.Time.AdvanceBy(2);

        Assert.Equal(BearerFailure.EndOfStream, Assert.IsType<BearerException>(Assert.Single(rig.Ends)).Kind);
    }

    [Fact]
    public void WaitsASecond_WhenALaneCannotLook()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(2);
        lanes[0].Works = true;
        lanes[0].MayTake = false;
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x01]));
        rig.Settle();
        rig.Bearer.End();

        rig.Time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks - 1);
        Assert.Empty(rig.Ends);
        rig.Time.AdvanceBy(2);

        Assert.IsType<BearerException>(Assert.Single(rig.Ends));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void EndsAtOnce_WhenTheStreamEndsInsideAnSdu()
    {
        (MuxRig rig, _) = MuxRig.WithLanes(1);
        rig.Bearer.Push(1, 2, 3);

        rig.Bearer.End();

        Assert.Contains("in the middle of an SDU", Assert.IsType<BearerException>(Assert.Single(rig.Ends)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClosesALaneAlone_WhenTheHandshakeGaveItNoPlace()
    {
        var rig = new MuxRig();
        var agreed = new TestLane(rig.Mux, 1, SduSender.Initiator);
        var refused = new TestLane(rig.Mux, 2, SduSender.Responder);

        rig.Open(agreed);

        Assert.IsType<RoleNotAgreedException>(refused.ClosedWith);
        Assert.Equal((0, 1), (agreed.Closes, refused.Closes));
        Assert.Empty(rig.Ends);
    }

    [Fact]
    public void GivesFaultsOfObserversToTheScheduler_WhenNobodyAsksForThem()
    {
        var time = new Microsoft.Reactive.Testing.TestScheduler();
        var mux = new Multiplexer(
            new RecordingBearer(), MuxOptions.Default, new Reactive.Network.Internal.NetworkClock(time), new PoisoningArrayPool(), observerFaulted: null);

        mux.ReportObserverFault(new InvalidOperationException("thrown by an observer"));

        Assert.Equal("thrown by an observer", Assert.Throws<InvalidOperationException>(time.Start).Message);
    }
}
