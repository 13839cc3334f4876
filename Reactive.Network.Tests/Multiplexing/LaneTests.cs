using Reactive.Network.Cbor;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Multiplexing;

public class LaneTests
{
    [Fact]
    public void TakesAtMost64MessagesATurn()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, new byte[200]));
        var perTick = new List<int>();

        for (int tick = 0; tick < 4; tick++)
        {
            int before = lanes[0].Messages.Count;
            rig.Time.AdvanceBy(1);
            perTick.Add(lanes[0].Messages.Count - before);
        }

        Assert.Equal([64, 64, 64, 8], perTick);
    }

    [Fact]
    public void GoesOnWhereItStopped_WhenItMayTakeAgain()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        lanes[0].MayTake = false;
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [1, 2, 3]));
        rig.Settle();
        Assert.Empty(lanes[0].Messages);

        lanes[0].MayTake = true;
        lanes[0].MarkReady();
        rig.Settle();

        Assert.Equal(["01", "02", "03"], lanes[0].Messages);
    }

    [Fact]
    public void SeesTheFirstBytesOnce_WhenAMessageComesInPieces()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x84]));
        rig.Settle();
        for (int i = 0; i < 4; i++)
        {
            rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x01]));
            rig.Settle();
        }

        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x81]));
        rig.Settle();

        Assert.Equal(1, lanes[0].FirstBytes);
        Assert.Equal(["8401010101"], lanes[0].Messages);
    }

    [Fact]
    public void SaysHowMuchIsThere_WhenAMessageOutgrowsTheSmallLimit()
    {
        var rig = new MuxRig();
        var lane = new TestLane(rig.Mux, 1, SduSender.Responder, maxMessageBytes: 2_500_000);
        rig.Open(lane);

        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x5a, 0, 2, 0, 0]));
        rig.Settle();
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, new byte[65_530]));
        rig.Settle();
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0]));
        rig.Settle();

        Assert.Equal([5, 65_536], lane.Partials);
    }

    [Fact]
    public void TimesOutAtItsDeadline_NotBefore()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        long due = rig.Time.Clock + 5_000;
        lanes[0].Expect(due);

        rig.Time.AdvanceTo(due - 1);
        Assert.Empty(rig.Ends);
        rig.Time.AdvanceTo(due);

        Assert.Equal(ProtocolViolation.Timeout, Assert.IsType<ProtocolViolationException>(Assert.Single(rig.Ends)).Violation);
    }

    [Fact]
    public void LivesOn_WhenTheMessageCameInTimeButItsStrandIsBusy()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        lanes[0].MayTake = false;
        long due = rig.Time.Clock + 5_000;
        lanes[0].Expect(due);
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [1]));
        rig.Time.AdvanceTo(due + 5_000);

        lanes[0].MayTake = true;
        lanes[0].MarkReady();
        rig.Settle();

        Assert.Empty(rig.Ends);
        Assert.Equal(["01"], lanes[0].Messages);
    }

    [Fact]
    public void TimesOut_WhenTheMessageWasLateAndItsStrandWasBusy()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        lanes[0].MayTake = false;
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [1]));
        rig.Settle();
        lanes[0].Handler = _ => lanes[0].Expect(rig.Time.Clock + 10);
        lanes[0].MayTake = true;
        lanes[0].MarkReady();
        rig.Time.AdvanceBy(1);
        lanes[0].MayTake = false;
        rig.Time.AdvanceBy(10);

        Assert.Single(rig.Ends);
        Assert.Empty(rig.Faults);
        rig.Bearer.End();
        rig.Settle();
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void KeepsTheDeadline_WhenNothingButABeginningWaitsBehind1024Messages()
    {
        // The bytes behind 1,024 messages wait unread. Looking at them used to end the time limit, although they held no message.
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        lanes[0].MayTake = false;
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [.. new byte[1024], 0x82, 0x00]));
        rig.Settle();
        long due = rig.Time.Clock + 50_000;
        lanes[0].Handler = _ => lanes[0].Expect(due);
        lanes[0].MayTake = true;
        lanes[0].MarkReady();

        rig.Time.AdvanceTo(due - 1);
        Assert.Equal(1024, lanes[0].Messages.Count);
        Assert.Empty(rig.Ends);
        rig.Time.AdvanceTo(due + 1);

        Assert.IsType<ProtocolViolationException>(Assert.Single(rig.Ends));
    }

    [Fact]
    public void KeepsTheTimeOfArrival_WhenMessagesWaitBehind1024Others()
    {
        // They used to count as come with the newest bytes: a slow consumer made an honest peer late.
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        lanes[0].MayTake = false;
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, new byte[1_100]));
        long first = rig.Time.Clock;
        rig.Time.AdvanceBy(TimeSpan.FromMinutes(5).Ticks);
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [1]));
        long second = rig.Time.Clock;

        lanes[0].MayTake = true;
        lanes[0].MarkReady();
        rig.Settle();

        Assert.Equal(1_101, lanes[0].Arrivals.Count);
        Assert.All(lanes[0].Arrivals.Take(1_100), arrival => Assert.Equal(first, arrival));
        Assert.Equal(second, lanes[0].Arrivals[^1]);
    }

    [Fact]
    public void GivesTheMessageBack_WhenItsHandlerRefusesIt()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        lanes[0].Handler = _ => throw new CodecException("no message");

        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [1]));
        rig.Settle();

        Assert.IsType<CodecException>(Assert.Single(rig.Ends));
        rig.Bearer.End();
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void EndsWithHandlerException_WhenItsHandlerThrowsAnythingElse()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        lanes[0].Handler = message =>
        {
            message.Lease.Release();
            throw new InvalidOperationException("a bug");
        };

        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [1]));
        rig.Settle();

        HandlerException cause = Assert.IsType<HandlerException>(Assert.Single(rig.Ends));
        Assert.Equal(("test-1", Fault.Local), (cause.Protocol, cause.Fault));
        Assert.Equal("a bug", cause.InnerException!.Message);
        rig.Bearer.End();
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void DropsWhatCameBefore_WhenTheConnectionEnds()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [1, 2]));

        rig.Mux.Close(null);
        rig.Settle();

        Assert.Empty(lanes[0].Messages);
        Assert.Equal(1, lanes[0].Closes);
    }

    [Fact]
    public void HandlesWhatCameBefore_WhenItDrainsAfterTheEnd()
    {
        var rig = new MuxRig();
        var lane = new TestLane(rig.Mux, 1, SduSender.Responder, drains: true);
        rig.Open(lane);
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, new byte[100]));

        rig.Mux.Close(null);
        rig.Bearer.End();
        rig.Settle();

        Assert.Equal(100, lane.Messages.Count);
        Assert.Equal(1, lane.Closes);
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void CallsBackOnce_WhenItIsToFinish()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        int calls = 0;

        lanes[0].FinishThen(() => calls++);
        Assert.Equal(0, calls);
        rig.Settle();
        rig.Mux.Close(null);
        rig.Settle();

        Assert.Equal(1, calls);
    }
}
