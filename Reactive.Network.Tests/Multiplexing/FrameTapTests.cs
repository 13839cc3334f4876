using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Multiplexing;

public class FrameTapTests
{
    [Fact]
    public void ShowsBothDirections()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        var frames = new List<string>();
        using IDisposable tap = rig.Mux.Tap.Subscribe(frame => frames.Add(Show(frame)));

        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x81, 0x01]).AsSpan(0, 9));
        rig.Settle();
        rig.Bearer.Push(0x01);
        rig.Settle();
        lanes[0].Send([0x81, 0x02]);
        rig.Settle();

        Assert.Equal(["Received Initiator 1 8101", "Sent Responder 1 8102"], frames);
    }

    [Fact]
    public void ShowsTheSduThatEndsTheConnection()
    {
        (MuxRig rig, _) = MuxRig.WithLanes(1);
        var frames = new List<string>();
        Exception? error = null;
        using IDisposable tap = rig.Mux.Tap.Subscribe(frame => frames.Add(Show(frame)), e => error = e);

        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x1c]));
        rig.Settle();

        Assert.Equal(["Received Initiator 1 1c"], frames);
        Assert.Same(rig.Mux.Cause, error);
    }

    [Fact]
    public void OwnsItsMemory_WhenTheConnectionReusesIts()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1);
        var frames = new List<Frame>();
        using IDisposable tap = rig.Mux.Tap.Subscribe(frames.Add);

        for (byte i = 0; i < 100; i++)
        {
            lanes[0].Send([i]);
            rig.Settle();
        }

        Assert.Equal(Enumerable.Range(0, 100), frames.Select(frame => (int)frame.Payload.Span[0]));
    }

    [Fact]
    public void StartsInTheMiddle_WhenItIsSubscribedInsideAnSdu()
    {
        (MuxRig rig, _) = MuxRig.WithLanes(1);
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x81, 0x01]).AsSpan(0, 9));
        var frames = new List<string>();
        using IDisposable tap = rig.Mux.Tap.Subscribe(frame => frames.Add(Show(frame)));

        rig.Bearer.Push([0x01, .. BytePeer.Sdu(1, SduSender.Initiator, [0x02])]);
        rig.Settle();

        Assert.Equal(["Received Initiator 1 02"], frames);
    }

    [Fact]
    public void FailsOnlyTheSlowSubscription_WhenItsQueueIsFull()
    {
        (MuxRig rig, TestLane[] lanes) = MuxRig.WithLanes(1, MuxOptions.Default with { MaxFrameBytes = 70_000 });
        var slow = new List<Frame>();
        Exception? error = null;
        using IDisposable first = rig.Mux.Tap.Subscribe(slow.Add, e => error = e);

        // In one turn of the receive loop: no observer gets a turn between.
        for (int i = 0; i < 10; i++)
        {
            rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x59, 0x27, 0x0d, .. new byte[9_997]]));
        }

        rig.Settle();
        var later = new List<Frame>();
        using IDisposable second = rig.Mux.Tap.Subscribe(later.Add);
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x01]));
        rig.Settle();

        Assert.Equal(6, slow.Count);
        Assert.Equal(70_000, Assert.IsType<FrameOverflowException>(error).MaxBytes);
        Assert.Single(later);
        Assert.Equal(11, lanes[0].Messages.Count);
        Assert.Empty(rig.Ends);
    }

    [Fact]
    public void CountsWhatTinyFramesCost()
    {
        (MuxRig rig, _) = MuxRig.WithLanes(1, MuxOptions.Default with { MaxFrameBytes = 97 * 1_000 });
        int seen = 0;
        Exception? error = null;
        using IDisposable tap = rig.Mux.Tap.Subscribe(_ => seen++, e => error = e);

        for (int i = 0; i < 1_001; i++)
        {
            rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x01]));
        }

        rig.Settle();

        Assert.Equal(1_000, seen);
        Assert.IsType<FrameOverflowException>(error);
    }

    [Fact]
    public void CompletesOrFails_AsTheConnectionDoes()
    {
        (MuxRig rig, _) = MuxRig.WithLanes(1);
        var endings = new List<Exception?>();
        using IDisposable before = rig.Mux.Tap.Subscribe(_ => { }, endings.Add, () => endings.Add(null));
        var cause = new ConnectionClosedException("over");
        rig.Mux.Close(cause);
        rig.Settle();

        using IDisposable behind = rig.Mux.Tap.Subscribe(_ => { }, endings.Add, () => endings.Add(null));
        rig.Settle();

        Assert.Equal([cause, cause], endings);
        (MuxRig other, _) = MuxRig.WithLanes(1);
        bool completed = false;
        using IDisposable agreed = other.Mux.Tap.Subscribe(_ => { }, () => completed = true);
        other.Mux.Close(null);
        other.Settle();
        Assert.True(completed);
    }

    [Fact]
    public void EndsTheSubscriptionAlone_WhenItsObserverThrows()
    {
        (MuxRig rig, _) = MuxRig.WithLanes(1);
        int calls = 0;
        using IDisposable tap = rig.Mux.Tap.Subscribe(_ =>
        {
            calls++;
            throw new InvalidOperationException("thrown by an observer");
        });

        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x01]));
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x02]));
        rig.Settle();

        Assert.Equal(1, calls);
        Assert.Single(rig.Faults);
        Assert.Empty(rig.Ends);
    }

    [Fact]
    public void CallsNobody_WhenItWasDisposed()
    {
        (MuxRig rig, _) = MuxRig.WithLanes(1);
        int calls = 0;
        IDisposable tap = rig.Mux.Tap.Subscribe(_ => calls++, _ => calls++, () => calls++);
        rig.Bearer.Push(BytePeer.Sdu(1, SduSender.Initiator, [0x01]));

        tap.Dispose();
        rig.Settle();
        rig.Mux.Close(null);
        rig.Settle();

        Assert.Equal(0, calls);
    }

    private static string Show(Frame frame) =>
        $"{frame.Direction} {frame.Header.Sender} {frame.Header.Protocol} {Convert.ToHexStringLower(frame.Payload.Span)}";
}
