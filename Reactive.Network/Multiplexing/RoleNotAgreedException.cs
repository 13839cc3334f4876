namespace Reactive.Network.Multiplexing;

/// <summary>The handshake gave this half of a mini-protocol no place: on a one-way connection only the connecting side has initiators.</summary>
/// <param name="protocol">The mini-protocol.</param>
/// <param name="half">The half that cannot run.</param>
public sealed class RoleNotAgreedException(string protocol, SduSender half)
    : NetworkException(Fault.Local, $"{protocol}: the handshake agreed on a connection without this side's {half}")
{
    /// <summary>The mini-protocol.</summary>
    public string Protocol { get; } = protocol;

    /// <summary>The half that cannot run.</summary>
    public SduSender Half { get; } = half;
}
