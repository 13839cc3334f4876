using Reactive.Network.Chain;

namespace Reactive.Network.Peers;

/// <summary>What was measured of a peer: the facts that peers are chosen by. Counters are since the peer is known, over all its connections.</summary>
public readonly record struct PeerMeasurements
{
    /// <summary>The newest block the peer said it has.</summary>
    public Tip Tip { get; init; }

    /// <summary>Keep-alive round trip, smoothed (an eighth of each new one); <see langword="null"/> before the first.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>Mean deviation of the round trip, smoothed (a quarter of each new one).</summary>
    public TimeSpan? RoundTripJitter { get; init; }

    /// <summary>How long after the first announcer this one sends a header, smoothed (an eighth of each new one); zero where it is first.</summary>
    public TimeSpan? HeaderLag { get; init; }

    /// <summary>Rate at which the peer delivers blocks while it does, in bytes per second; <see langword="null"/> before the first batch.</summary>
    public double? BytesPerSecond { get; init; }

    /// <summary>From a request that found the peer idle to its first answer, the shortest seen lately.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>Headers of which it was the first announcer.</summary>
    public long FirstAnnouncements { get; init; }

    /// <summary>Blocks it delivered that were used.</summary>
    public long DeliveredBlocks { get; init; }

    /// <summary>Bytes of these.</summary>
    public long DeliveredBytes { get; init; }

    /// <summary>Bytes of blocks that another peer had delivered before.</summary>
    public long WastedBytes { get; init; }

    /// <summary>Requests and connections that failed by this peer's fault.</summary>
    public long Failures { get; init; }
}
