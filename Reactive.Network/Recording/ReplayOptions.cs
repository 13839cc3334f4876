using System.Reactive.Concurrency;
using Reactive.Network.Chain;

namespace Reactive.Network.Recording;

/// <summary>What is done about the handshake of a recording.</summary>
public enum ReplayHandshake
{
    /// <summary>It is replayed and compared as everything else. Where the recording has none, one is negotiated.</summary>
    Recorded,

    /// <summary>A new one is negotiated, with the versions that this library speaks: for recordings of versions that are gone.</summary>
    Negotiated,
}

/// <summary>How a recording is replayed.</summary>
public sealed record ReplayOptions
{
    /// <summary>Which of the two recorded ends is played.</summary>
    /// <value><see cref="CaptureSide.Client"/> by default: against a server.</value>
    public CaptureSide As { get; init; }

    /// <summary>Which connection of the recording.</summary>
    /// <value>Its number; <see langword="null"/>, the default, for the first.</value>
    public int? Connection { get; init; }

    /// <summary>What is done about the handshake.</summary>
    /// <value><see cref="ReplayHandshake.Recorded"/> by default.</value>
    public ReplayHandshake Handshake { get; init; }

    /// <summary>The network for which a handshake is negotiated.</summary>
    /// <value><see langword="null"/>, the default, for that of the recorded handshake.</value>
    public NetworkMagic? Magic { get; init; }

    /// <summary>How long the peer may take over its next message.</summary>
    /// <value>10 s by default.</value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of the recording that may be held: what was read ahead and is not sent or compared yet. It ends with <see cref="CaptureFailure.TooMuchAhead"/> where more is needed.</summary>
    /// <value>From 1 MiB; 64 MiB by default.</value>
    public long MaxBytesAhead { get; init; } = 64 * 1024 * 1024;

    /// <summary>The longest message that the peer may send.</summary>
    /// <value>Bytes; 64 MiB by default.</value>
    public long MaxMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Where it runs.</summary>
    /// <value><see cref="DefaultScheduler.Instance"/> by default.</value>
    public IScheduler Scheduler { get; init; } = DefaultScheduler.Instance;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Scheduler);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Patience, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBytesAhead, 1024 * 1024);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxMessageBytes, 1);
    }
}
