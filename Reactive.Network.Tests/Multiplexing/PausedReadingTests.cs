using Reactive.Network.Multiplexing;

namespace Reactive.Network.Tests.Multiplexing;

/// <summary>Where lanes have no limit, a full one stops the reading of the connection, and nothing else.</summary>
public class PausedReadingTests
{
    // A byte string of 998 bytes with its head: 1,001 bytes; a budget of ten.
    private static readonly byte[] Message = [0x59, 0x03, 0xe6, .. new byte[998]];
    private readonly MuxRig _rig = new(pausesWhenFull: true);
    private readonly TestLane _full;
    private readonly TestLane _other;

    public PausedReadingTests()
    {
        _full = new TestLane(_rig.Mux, 1, SduSender.Responder, maxIngressBytes: 10 * 1001);
        _other = new TestLane(_rig.Mux, 2, SduSender.Responder, maxIngressBytes: 10 * 1001);
        _rig.Open(_full, _other);
    }

    [Fact]
    public void PausesBehindTheBudgetAndResumesAtHalf_WhenALaneIsFull()
    {
        _full.MayTake = false;

        Push(1, 10);
        bool atTheBudget = _rig.Bearer.IsPaused;
        Push(1, 1);
        bool behindIt = _rig.Bearer.IsPaused;
        Take(5);
        bool above = _rig.Bearer.IsPaused;
        Take(1);

        Assert.Equal((false, true, true), (atTheBudget, behindIt, above));
        Assert.False(_rig.Bearer.IsPaused);
        Assert.Empty(_rig.Ends);
    }

    [Fact]
    public void LosesNothing_WhenMoreThanTheBudgetWasReadAtOnce()
    {
        _full.MayTake = false;

        _rig.Bearer.Push([.. Enumerable.Repeat(Sdu(1), 40).SelectMany(sdu => sdu)]);
        _rig.Settle();
        bool paused = _rig.Bearer.IsPaused;
        _full.MayTake = true;
        _full.MarkReady();
        _rig.Settle();

        Assert.True(paused);
        Assert.Equal(40, _full.Messages.Count);
        Assert.False(_rig.Bearer.IsPaused);
        Assert.Equal(0, _full.Ingress.WaitingBytes);
    }

    [Fact]
    public void ResumesOnlyWhenBothHaveRoom_WhenTwoLanesAreFull()
    {
        _full.MayTake = _other.MayTake = false;
        _rig.Bearer.Push([.. Enumerable.Repeat(Sdu(1), 11).Concat(Enumerable.Repeat(Sdu(2), 11)).SelectMany(sdu => sdu)]);

        _full.MayTake = true;
        _full.MarkReady();
        _rig.Settle();
        bool afterOne = _rig.Bearer.IsPaused;
        _other.MayTake = true;
        _other.MarkReady();
        _rig.Settle();

        Assert.True(afterOne);
        Assert.False(_rig.Bearer.IsPaused);
        Assert.Equal((11, 11), (_full.Messages.Count, _other.Messages.Count));
    }

    [Fact]
    public void TheTimeOfAnSduStandsStill_WhilePausedInsideIt()
    {
        _full.MayTake = false;
        byte[] whole = Sdu(1);
        Push(1, 10);
        _rig.Bearer.Push(whole.AsSpan(0, 500));
        bool paused = _rig.Bearer.IsPaused;

        _rig.Time.AdvanceBy(TimeSpan.FromMinutes(10).Ticks);
        bool aliveWhilePaused = _rig.Ends.Count == 0;
        _full.MayTake = true;
        _full.MarkReady();
        _rig.Time.AdvanceBy(TimeSpan.FromSeconds(29).Ticks);
        bool aliveAfter = _rig.Ends.Count == 0;
        _rig.Time.AdvanceBy(TimeSpan.FromSeconds(2).Ticks);

        Assert.Equal((true, true, true), (paused, aliveWhilePaused, aliveAfter));
        Assert.Equal(MuxFailure.SduReadTimeout, Assert.IsType<MuxException>(Assert.Single(_rig.Ends)).Failure);
    }

    [Fact]
    public void ReadsToTheEnd_WhenClosedInOrderWhilePaused()
    {
        _full.MayTake = false;
        Push(1, 11);
        bool paused = _rig.Bearer.IsPaused;

        _rig.Mux.CloseAfterDrain(null, TimeSpan.FromSeconds(1));
        _rig.Settle();

        Assert.True(paused);
        Assert.Equal((false, true), (_rig.Bearer.IsPaused, _rig.Bearer.IsClosing));
    }

    [Fact]
    public void EndsTheConnection_WhenAFullLaneHasALimit()
    {
        var rig = new MuxRig();
        var lane = new TestLane(rig.Mux, 1, SduSender.Responder, maxIngressBytes: 10 * 1001) { MayTake = false };
        rig.Open(lane);

        rig.Bearer.Push([.. Enumerable.Repeat(Sdu(1), 11).SelectMany(sdu => sdu)]);

        Assert.Equal(MuxFailure.IngressOverrun, Assert.IsType<MuxException>(Assert.Single(rig.Ends)).Failure);
        Assert.False(rig.Bearer.IsPaused);
    }

    private static byte[] Sdu(ushort protocol)
    {
        byte[] sdu = new byte[SduHeader.Size + Message.Length];
        new SduHeader(0, SduSender.Initiator, new MiniProtocolId(protocol), Message.Length).Write(sdu);
        Message.CopyTo(sdu, SduHeader.Size);
        return sdu;
    }

    private void Push(ushort protocol, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _rig.Bearer.Push(Sdu(protocol));
        }

        _rig.Settle();
    }

    private void Take(int count)
    {
        int wanted = _full.Messages.Count + count;
        _full.Handler = _ => _full.MayTake = _full.Messages.Count + 1 < wanted;
        _full.MayTake = true;
        _full.MarkReady();
        _rig.Settle();
    }
}
