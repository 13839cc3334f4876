using Reactive.Network.Peers;

namespace Reactive.Network.Operators;

/// <summary>What using a peer is expected to cost, in seconds: less is better. The cost must not depend on anything but the arguments.</summary>
/// <param name="measured">What was measured of the peer.</param>
/// <param name="isBehind">Whether its tip is more than <see cref="PeerRankings.BehindBlocks"/> blocks below the best one.</param>
public delegate double PeerRanking(PeerMeasurements measured, bool isBehind);

/// <summary>Rankings to use, and to build others from.</summary>
public static class PeerRankings
{
    /// <summary>A tip so many blocks below the best one still counts as being at the tip: blocks are on their way.</summary>
    public const int BehindBlocks = 3;

    private const double BlockBytes = 90_112;
    private const double BehindSeconds = 60;
    private const double FailureSeconds = 5;

    // What was not measured is taken for fair: worth a try, and behind who is known to be good.
    private const double UnknownLatency = 0.2;
    private const double UnknownLag = 0.2;
    private const double UnknownBytesPerSecond = 2_000_000;

    /// <summary>
    /// When a block of full size would be there: what its header is late by, the latency of a request, and the transfer; five seconds for every request that
    /// fails, as often as they did so far; and a minute where the peer is behind.
    /// </summary>
    public static double ByDelivery(PeerMeasurements measured, bool isBehind)
    {
        double lag = measured.HeaderLag?.TotalSeconds ?? UnknownLag;
        double latency = (measured.Latency ?? measured.RoundTrip)?.TotalSeconds ?? UnknownLatency;
        double transfer = BlockBytes / Math.Max(measured.BytesPerSecond ?? UnknownBytesPerSecond, 1_000);
        double failing = measured.Failures / (double)(measured.Failures + measured.DeliveredBlocks + 10);
        return lag + latency + transfer + (FailureSeconds * failing) + (isBehind ? BehindSeconds : 0);
    }
}
