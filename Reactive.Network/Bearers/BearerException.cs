namespace Reactive.Network.Bearers;

/// <summary>The byte stream to the remote end failed or ended, or could not be had.</summary>
/// <remarks><see cref="Fault.Transport"/>, except where <see cref="BearerFailure"/> says otherwise.</remarks>
/// <param name="kind">What happened.</param>
/// <param name="remoteName">The remote end.</param>
/// <param name="message">One line for a person.</param>
/// <param name="inner">What was caught, if anything.</param>
public sealed class BearerException(BearerFailure kind, string remoteName, string message, Exception? inner = null)
    : NetworkException(kind is BearerFailure.SinkFaulted or BearerFailure.ListenFailed ? Fault.Local : Fault.Transport, message, inner)
{
    /// <summary>What happened.</summary>
    public BearerFailure Kind { get; } = kind;

    /// <summary>The remote end, as in <see cref="IBearer.RemoteName"/>.</summary>
    public string RemoteName { get; } = remoteName;
}

/// <summary>How a bearer failed.</summary>
public enum BearerFailure
{
    /// <summary>No connection was made: refused, unreachable, name not found.</summary>
    ConnectFailed,

    /// <summary>No connection was made within the time limit.</summary>
    ConnectTimeout,

    /// <summary>The remote end reset the connection, or the path broke.</summary>
    Reset,

    /// <summary>The remote end closed in the middle of an SDU or with work under way.</summary>
    EndOfStream,

    /// <summary>The <see cref="IBearerSink"/> threw: a bug on this side (<see cref="Fault.Local"/>), with what it threw inside.</summary>
    SinkFaulted,

    /// <summary>A listener cannot listen: the address is in use or not one of this machine's (<see cref="Fault.Local"/>).</summary>
    ListenFailed,

    /// <summary>One connection could not be accepted; the listener goes on.</summary>
    AcceptFailed,
}
