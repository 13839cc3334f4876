namespace Reactive.Network.Multiplexing;

/// <summary>How a connection frames what it sends, and how long it waits for what it gets.</summary>
public sealed record MuxOptions
{
    /// <summary>The defaults.</summary>
    public static MuxOptions Default { get; } = new();

    /// <summary>The longest payload sent in one SDU.</summary>
    /// <value>Bytes, 1 to 65,535. 12,288 by default, as the reference on TCP and Unix sockets. A peer must accept any.</value>
    public int SduBytes { get; init; } = 12_288;

    /// <summary>Bytes gathered into one write at most, SDU headers included. Fewer, down to one SDU, where the bearer takes longer than a second for so many.</summary>
    /// <value>One SDU with its header, to 1 MiB. 131,072 by default.</value>
    public int BatchBytes { get; init; } = 131_072;

    /// <summary>SDUs gathered into one write.</summary>
    /// <value>1 or more. 100 by default.</value>
    public int BatchSdus { get; init; } = 100;

    /// <summary>From the first byte of an SDU to its last, while the handshake runs; also for one SDU to be written.</summary>
    /// <value>10 s by default.</value>
    public TimeSpan HandshakeSduTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the first byte of an SDU to its last, after the handshake; also for one SDU to be written (a batch of n gets n times as long).</summary>
    /// <value>30 s by default.</value>
    public TimeSpan SduTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an orderly end waits for what was written to go out.</summary>
    /// <value>2 s by default.</value>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After this long without a running responder an accepted connection is closed.</summary>
    /// <value>5 s by default; <see cref="Timeout.InfiniteTimeSpan"/>: never.</value>
    public TimeSpan InboundIdleTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of frames that may wait for one observer of <c>PeerConnection.Frames</c>; beyond it the subscription fails.</summary>
    /// <value>From 65,631, room for the longest frame; 4 MiB by default. A frame counts 96 bytes beside its payload, about what it costs to keep.</value>
    public long MaxFrameBytes { get; init; } = 4 * 1024 * 1024;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SduBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SduBytes, SduHeader.MaxPayloadLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchBytes, SduBytes + SduHeader.Size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BatchBytes, 1024 * 1024);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSdus, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HandshakeSduTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(SduTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(DrainTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFrameBytes, SduHeader.MaxPayloadLength + FrameTap.FrameOverheadBytes);
    }
}
