namespace Reactive.Network.Multiplexing;

/// <summary>Which way an SDU went.</summary>
public enum FrameDirection
{
    /// <summary>From the peer.</summary>
    Received,

    /// <summary>To the peer.</summary>
    Sent,
}

/// <summary>One SDU as it went over the bearer.</summary>
/// <param name="Direction">Which way.</param>
/// <param name="Header">Its header.</param>
/// <param name="Payload">Its payload: a copy of its own, valid as long as it is referenced.</param>
/// <param name="At">When, since the connection was made.</param>
public readonly record struct Frame(FrameDirection Direction, SduHeader Header, ReadOnlyMemory<byte> Payload, TimeSpan At);

/// <summary>An observer of frames was slower than the connection: its queue was full.</summary>
/// <param name="maxBytes">What the queue may hold.</param>
public sealed class FrameOverflowException(long maxBytes)
    : NetworkException(Fault.Local, $"the observer of frames is slower than the connection: more than {maxBytes} bytes wait for it")
{
    /// <summary>What the queue may hold, in bytes.</summary>
    public long MaxBytes { get; } = maxBytes;
}
