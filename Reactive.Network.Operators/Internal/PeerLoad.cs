using Reactive.Network.Peers;

namespace Reactive.Network.Operators.Internal;

/// <summary>What one peer was asked for by one fetcher, and how it did. Under the fetcher's lock.</summary>
internal sealed class PeerLoad
{
    /// <summary>The reference's high mark.</summary>
    private const long ReferenceHighMark = 393_216;

    private const int MinPiece = 128 * 1024;
    private const int MaxPiece = 4 * 1024 * 1024;

    /// <summary>What a peer that was not measured yet is taken for: good enough to be tried.</summary>
    private const double UnknownBytesPerSecond = 2_000_000;

    private const double UnknownLatency = 0.2;

    private const int MaxOvertaken = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private int _overtaken;

    /// <summary>Announced bytes that were asked for and have not come.</summary>
    public long Bytes { get; set; }

    /// <summary>When it last delivered a block: one that is busy with an earlier request does not stall the ones behind.</summary>
    public TimeSpan LastProgress { get; set; } = TimeSpan.MinValue;

    public int Failures { get; private set; }

    /// <summary>It is not asked before.</summary>
    public TimeSpan NotBefore { get; private set; }

    public void Failed(TimeSpan now)
    {
        Failures++;
        TimeSpan pause = FirstPause * Math.Pow(2, Math.Min(Failures - 1, 5));
        NotBefore = now + (pause < LongestPause ? pause : LongestPause);
    }

    public void Delivered()
    {
        Failures = 0;
        _overtaken = 0;
    }

    /// <summary>Another peer delivered all of a request that was late, before this one had sent any of it.</summary>
    /// <returns>Whether that has happened so often in a row that it is no chance any more.</returns>
    public bool Overtaken()
    {
        _overtaken = (_overtaken + 1) % MaxOvertaken;
        return _overtaken == 0;
    }

    /// <summary>Whether it can be asked for more: what it has to send keeps it busy for a round trip and a half, and there is always a piece waiting.</summary>
    public bool HasRoom(in PeerMeasurements measured) =>
        Bytes < Math.Max(Math.Max(ReferenceHighMark, 1.5 * RateOf(measured) * LatencyOf(measured)), 2L * PieceBytes(measured));

    /// <summary>What it delivers in a quarter of a second.</summary>
    public static long PieceBytes(in PeerMeasurements measured) => (long)Math.Clamp(RateOf(measured) / 4, MinPiece, MaxPiece);

    /// <summary>When so many more bytes would have come, in seconds from now.</summary>
    public double SecondsFor(in PeerMeasurements measured, long bytes) =>
        (LatencyOf(measured) + ((Bytes + bytes) / RateOf(measured))) * (1 + Failures);

    private static double RateOf(in PeerMeasurements measured) => Math.Max(measured.BytesPerSecond ?? UnknownBytesPerSecond, 1_000);

    private static double LatencyOf(in PeerMeasurements measured) => (measured.Latency ?? measured.RoundTrip)?.TotalSeconds ?? UnknownLatency;
}
