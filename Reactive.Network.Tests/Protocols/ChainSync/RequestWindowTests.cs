using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Tests.Protocols.ChainSync;

/// <summary>The decision against the table of the reference, and where it differs on purpose.</summary>
public class RequestWindowTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void DecidesAsTheReference_OnRandomWalks(int seed)
    {
        var random = new Random(seed);
        var window = new RequestWindow(200, 300);
        bool high = false;
        long candidate = random.Next(1000);
        long tip = candidate + random.Next(2000);
        int outstanding = 0;
        for (int step = 0; step < 20_000; step++)
        {
            (window.Candidate, window.PeerTip) = (candidate, tip);
            bool sends = ReferenceSends(outstanding, candidate, tip, ref high);

            // The reference does not look at the tip in the one request that ends its draining; this does, always.
            sends &= outstanding == 0 || candidate + outstanding < tip;
            bool allowed = window.AllowsRequest(outstanding, 0);
            Assert.True(sends == allowed, $"seed {seed}, step {step}: {outstanding} under way, {candidate} of {tip}");

            if (allowed && random.Next(8) != 0)
            {
                outstanding++;
            }
            else if (outstanding > 0)
            {
                outstanding--;
                candidate = random.Next(200) == 0 ? Math.Max(0, candidate - random.Next(50)) : candidate + 1;
                tip = Math.Max(tip + random.Next(3) - 1, candidate);
            }
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(9, true)]
    [InlineData(10, false)]
    public void AsksForEveryBlockFromOrigin(int underWay, bool allowed)
    {
        // Blocks 0 to 9. The reference counts origin as 1 and so stops two requests earlier.
        var window = new RequestWindow(200, 300) { Candidate = RequestWindow.BeforeFirst, PeerTip = 9 };

        Assert.Equal(allowed, window.AllowsRequest(underWay, 0));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void AsksOneAtATime_WhenTheHeightIsUnknown(int underWay, bool allowed)
    {
        var window = new RequestWindow(200, 300) { Candidate = null, PeerTip = 1000 };

        Assert.Equal(allowed, window.AllowsRequest(underWay, 0));
    }

    [Theory]
    [InlineData(299, 0, true)]
    [InlineData(200, 100, false)]
    [InlineData(0, 300, false)]
    public void CountsWhatIsNotConsumed(int underWay, int unconsumed, bool allowed)
    {
        var window = new RequestWindow(200, 300) { Candidate = 0, PeerTip = 1000 };

        Assert.Equal(allowed, window.AllowsRequest(underWay, unconsumed));
    }

    [Fact]
    public void DoesNotWrap_WhenNumbersAreAbsurd()
    {
        var window = new RequestWindow(200, 300) { Candidate = RequestWindow.Clamp(ulong.MaxValue), PeerTip = RequestWindow.Clamp(ulong.MaxValue) };

        Assert.False(window.AllowsRequest(1, 0));
        Assert.True(window.AllowsRequest(0, 0));
    }

    /// <summary>The table of the specification, first match.</summary>
    private static bool ReferenceSends(int n, long c, long s, ref bool high)
    {
        if (n == 0)
        {
            high = false;
            return true;
        }

        if (high)
        {
            if (n > 200)
            {
                return false;
            }

            high = false;
            return true;
        }

        if (c + n >= s)
        {
            return false;
        }

        high = n >= 300;
        return !high;
    }
}
