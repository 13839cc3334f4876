using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Tests.Peers.Governance;

public class PeerHistoryTests
{
    private static readonly TimeSpan Now = TimeSpan.FromHours(1);

    [Fact]
    public void WaitsTwiceAsLongEachTime_WhenConnectingFails()
    {
        GovernorRandom random = GovernorRandom.FromSeed(1);
        PeerHistory history = default;
        int[] expected = [5, 10, 20, 40, 80, 160, 160];

        for (int i = 0; i < expected.Length; i++)
        {
            history = (history with { NotBefore = default }).ConnectFailed(Now, ref random);

            Assert.Equal(i + 1, history.Failures);
            Assert.InRange((history.NotBefore - Now).TotalSeconds, expected[i] - 2, expected[i] + 2);
        }
    }

    [Fact]
    public void WaitsAsLongAsTheUserChose_WhenItFailsAgainAndAgain()
    {
        GovernorRandom random = GovernorRandom.FromSeed(1);
        PeerHistory history = default;
        double[] expected = [0.5, 1, 2, 4, 8, 16, 30, 30];

        foreach (double wait in expected)
        {
            history = (history with { NotBefore = default }).Failed(Now, new PeerBackoff(), ref random);

            Assert.InRange((history.NotBefore - Now).TotalSeconds, 0.9 * wait, 1.1 * wait);
        }
    }

    [Fact]
    public void SpreadsItsRetries_WhenManyPeersFailAtOnce()
    {
        GovernorRandom random = GovernorRandom.FromSeed(2);

        double[] waits = [.. Enumerable.Range(0, 1_000).Select(_ => (default(PeerHistory).ConnectFailed(Now, ref random).NotBefore - Now).TotalSeconds)];

        Assert.InRange(waits.Min(), 3, 3.1);
        Assert.InRange(waits.Max(), 6.9, 7);
        Assert.InRange(waits.Average(), 4.9, 5.1);
    }

    [Fact]
    public void ForgetsFailures_WhenHotForTwoMinutes()
    {
        GovernorRandom random = GovernorRandom.FromSeed(3);
        PeerHistory history = default(PeerHistory).ConnectFailed(Now, ref random).ConnectFailed(Now, ref random).Activated(Now);

        Assert.Equal(2, history.FailuresAt(Now + TimeSpan.FromSeconds(119)));
        Assert.Equal(0, history.FailuresAt(Now + TimeSpan.FromSeconds(120)));
        Assert.Equal(1, history.Lost(Now + TimeSpan.FromSeconds(120), ref random).Failures);
        Assert.Equal(3, history.Lost(Now + TimeSpan.FromSeconds(119), ref random).Failures);
    }

    [Theory]
    [InlineData("lost", 10.1, 14, 1)]
    [InlineData("fell", 10.1, 20, 1)]
    [InlineData("activate", 9, 13, 1)]
    [InlineData("ended", 120, 120, 0)]
    public void WaitsAsTheReference_WhenSomethingEnds(string what, double min, double max, int failures)
    {
        for (int seed = 0; seed < 200; seed++)
        {
            GovernorRandom random = GovernorRandom.FromSeed(seed);
            PeerHistory hot = default(PeerHistory).Activated(Now);

            PeerHistory after = what switch
            {
                "lost" => hot.Lost(Now, ref random),
                "fell" => hot.FellToWarm(Now, ref random),
                "activate" => hot.ActivateFailed(Now, ref random),
                _ => hot.Ended(Now, TimeSpan.FromSeconds(120)),
            };

            Assert.InRange((after.NotBefore - Now).TotalSeconds, min, max);
            Assert.Equal(failures, after.Failures);
            Assert.Null(after.HotSince);
        }
    }

    [Fact]
    public void IsTepid_OnlyWhenDemoted()
    {
        PeerHistory demoted = default(PeerHistory).Activated(Now).Deactivated(Now);

        Assert.True(demoted.IsTepid);
        Assert.False(demoted.Activated(Now).IsTepid);
    }

    [Fact]
    public void KeepsTheLaterBackOff_WhenTwoOverlap()
    {
        GovernorRandom random = GovernorRandom.FromSeed(4);
        PeerHistory ended = default(PeerHistory).Ended(Now, TimeSpan.FromSeconds(180));

        PeerHistory lost = ended.Lost(Now + TimeSpan.FromSeconds(1), ref random);

        Assert.Equal(Now + TimeSpan.FromSeconds(180), lost.NotBefore);
    }
}
