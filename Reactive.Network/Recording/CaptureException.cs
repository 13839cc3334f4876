namespace Reactive.Network.Recording;

/// <summary>What is wrong with a recording.</summary>
public enum CaptureFailure
{
    /// <summary>The file is no recording.</summary>
    NotACapture,

    /// <summary>A recording of a version that this library does not read.</summary>
    UnknownVersion,

    /// <summary>An entry is not what it should be.</summary>
    Damaged,

    /// <summary>There is no such connection in it.</summary>
    NoSuchConnection,

    /// <summary>Nothing more could be written: the disk is full, for example.</summary>
    WriteFailed,

    /// <summary>It has no handshake, and nothing else says which network to propose.</summary>
    NoHandshake,

    /// <summary>What must be kept of it to go on is more than may be kept.</summary>
    TooMuchAhead,
}

/// <summary>A recording cannot be read or written.</summary>
/// <param name="failure">What happened.</param>
/// <param name="message">One line for a person.</param>
/// <param name="offset">Where in the file, in bytes, or -1 where no single place is to blame.</param>
/// <param name="inner">What was caught, if anything.</param>
public sealed class CaptureException(CaptureFailure failure, string message, long offset = -1, Exception? inner = null)
    : NetworkException(Fault.Local, offset < 0 ? message : $"{message} (at byte {offset} of the recording)", inner)
{
    /// <summary>What happened.</summary>
    public CaptureFailure Failure { get; } = failure;

    /// <summary>Where in the file, in bytes, or -1 where no single place is to blame.</summary>
    public long Offset { get; } = offset;
}
