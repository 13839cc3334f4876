using Reactive.Network.Multiplexing;

namespace Reactive.Network.Recording;

/// <summary>One entry of a recording. The set is open: a reader ignores the cases that it does not know.</summary>
/// <param name="Connection">Which connection: numbers from 1, in the order in which they were opened.</param>
/// <param name="At">When, since the recording was started; exact to a microsecond.</param>
public abstract record CaptureRecord(int Connection, TimeSpan At)
{
    /// <summary>A connection begins.</summary>
    /// <param name="Connection">Which.</param>
    /// <param name="At">When.</param>
    /// <param name="Name">Its two ends, for people: <c>127.0.0.1:51234 to relay.example:3001</c>.</param>
    /// <param name="IsOrdered">Whether what one end sent stands in its true place among what the other sent. Not so where two files of one direction each were joined.</param>
    public sealed record Opened(int Connection, TimeSpan At, string Name, bool IsOrdered) : CaptureRecord(Connection, At);

    /// <summary>One SDU, as it went over the wire.</summary>
    /// <param name="Connection">Of which connection.</param>
    /// <param name="At">When its last byte arrived.</param>
    /// <param name="Sender">Which end sent it.</param>
    /// <param name="Header">Its header.</param>
    /// <param name="Payload">Its payload, in memory of its own.</param>
    public sealed record Sdu(int Connection, TimeSpan At, CaptureSide Sender, SduHeader Header, ReadOnlyMemory<byte> Payload) : CaptureRecord(Connection, At);

    /// <summary>What one end had sent of an SDU that never became whole.</summary>
    /// <param name="Connection">Of which connection.</param>
    /// <param name="At">When the connection ended.</param>
    /// <param name="Sender">Which end sent it.</param>
    /// <param name="Bytes">From the first byte of the header on, in memory of its own.</param>
    public sealed record Remainder(int Connection, TimeSpan At, CaptureSide Sender, ReadOnlyMemory<byte> Bytes) : CaptureRecord(Connection, At);

    /// <summary>A connection has ended.</summary>
    /// <param name="Connection">Which.</param>
    /// <param name="At">When.</param>
    /// <param name="By">Which end closed it first; <see langword="null"/> where the recording ended first.</param>
    /// <param name="Cause">Why, where it did not end in order.</param>
    public sealed record Closed(int Connection, TimeSpan At, CaptureSide? By, string? Cause) : CaptureRecord(Connection, At);
}
