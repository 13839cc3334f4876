namespace Reactive.Network.Protocols;

/// <summary>A raw client has a user already: an instance of a mini-protocol has one. Sharing is for the network above it.</summary>
/// <param name="protocol">The mini-protocol.</param>
/// <param name="message">One line for a person.</param>
public sealed class ProtocolBusyException(string protocol, string message) : NetworkException(Fault.Local, message)
{
    /// <summary>The mini-protocol.</summary>
    public string Protocol { get; } = protocol;
}
