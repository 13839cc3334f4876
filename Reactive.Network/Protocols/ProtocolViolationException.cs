namespace Reactive.Network.Protocols;

/// <summary>What a peer did that its mini-protocol does not allow.</summary>
public enum ProtocolViolation
{
    /// <summary>A message that is not legal in this state, or from this side.</summary>
    UnexpectedMessage,

    /// <summary>A message longer than the limit of the state.</summary>
    MessageTooLong,

    /// <summary>No whole message within the time limit of the state.</summary>
    Timeout,

    /// <summary>A legal message with content that breaks a rule: a wrong cookie, a block nobody asked for, an intersection not offered.</summary>
    WrongContent,
}

/// <summary>A peer broke the rules of a mini-protocol (<see cref="Fault.Remote"/>), or a handler of ours did not answer (<see cref="Fault.Local"/>).</summary>
/// <param name="violation">What was wrong.</param>
/// <param name="protocol">The mini-protocol.</param>
/// <param name="state">The state it was in.</param>
/// <param name="message">One line for a person.</param>
/// <param name="fault">Whose fault: the peer's unless said otherwise.</param>
/// <param name="inner">What was caught, if anything.</param>
public sealed class ProtocolViolationException(
    ProtocolViolation violation, string protocol, string state, string message, Fault fault = Fault.Remote, Exception? inner = null)
    : NetworkException(fault, message, inner)
{
    /// <summary>What was wrong.</summary>
    public ProtocolViolation Violation { get; } = violation;

    /// <summary>The mini-protocol, for example <c>chain-sync</c>.</summary>
    public string Protocol { get; } = protocol;

    /// <summary>The state it was in, for example <c>MustReply</c>.</summary>
    public string State { get; } = state;

    /// <summary>The limit that was exceeded, where a limit was: a time.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>The limit that was exceeded, where a limit was: bytes.</summary>
    public long? ByteLimit { get; init; }
}
