namespace Reactive.Network.Multiplexing;

/// <summary>How the multiplexing of a connection failed.</summary>
public enum MuxFailure
{
    /// <summary>An SDU with an empty payload.</summary>
    EmptySdu,

    /// <summary>An SDU for a mini-protocol that this connection does not have.</summary>
    UnknownProtocol,

    /// <summary>An SDU for a half that does not run here: the connection was agreed to be one-way.</summary>
    WrongDirection,

    /// <summary>Anything but a handshake message before the handshake is over, or a handshake message that is not one whole SDU.</summary>
    HandshakeExpected,

    /// <summary>More bytes than the mini-protocol may have waiting.</summary>
    IngressOverrun,

    /// <summary>The rest of an SDU did not come in time.</summary>
    SduReadTimeout,

    /// <summary>The peer did not take what was sent in time.</summary>
    SduWriteTimeout,

    /// <summary>An accepted connection on which the peer ran nothing for the protocol idle time (5 s).</summary>
    IdleTimeout,
}

/// <summary>The peer broke a rule of the multiplexer, or its time ran out.</summary>
/// <param name="failure">What happened.</param>
/// <param name="message">One line for a person.</param>
public sealed class MuxException(MuxFailure failure, string message)
    : NetworkException(failure is MuxFailure.SduWriteTimeout or MuxFailure.IdleTimeout ? Fault.Transport : Fault.Remote, message)
{
    /// <summary>What happened.</summary>
    public MuxFailure Failure { get; } = failure;

    /// <summary>The mini-protocol, where one is concerned.</summary>
    public MiniProtocolId? Protocol { get; init; }

    /// <summary>The half that sent the SDU, where one is concerned.</summary>
    public SduSender? Sender { get; init; }

    /// <summary>The limit that was exceeded, in bytes.</summary>
    public long? ByteLimit { get; init; }

    /// <summary>The limit that was exceeded.</summary>
    public TimeSpan? TimeLimit { get; init; }
}
