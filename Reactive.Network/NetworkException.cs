namespace Reactive.Network;

/// <summary>Whose fault an error is, and so what a peer's reputation should make of it.</summary>
public enum Fault
{
    /// <summary>The path between the two ends failed: nobody is to blame.</summary>
    Transport,

    /// <summary>The peer broke a rule: a limit, the wire format, the order of messages.</summary>
    Remote,

    /// <summary>This process gave up or failed: a handler that did not answer, a local limit.</summary>
    Local,
}

/// <summary>The root of every error that the network reports. Branch on the leaf type and its properties, never on the text.</summary>
/// <param name="fault">Whose fault it is.</param>
/// <param name="message">One line for a person.</param>
/// <param name="inner">What was caught, if anything.</param>
public abstract class NetworkException(Fault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whose fault it is.</summary>
    public Fault Fault { get; } = fault;
}
