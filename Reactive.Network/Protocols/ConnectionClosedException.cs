namespace Reactive.Network.Protocols;

/// <summary>The connection had ended, by agreement or by a local dispose, before this was done.</summary>
/// <param name="message">One line for a person.</param>
public sealed class ConnectionClosedException(string message) : NetworkException(Fault.Local, message);
