namespace Reactive.Network.Multiplexing;

/// <summary>Code on our side that answers a peer, such as a chain source, threw.</summary>
/// <param name="protocol">The mini-protocol it answered.</param>
/// <param name="inner">What it threw.</param>
public sealed class HandlerException(string protocol, Exception inner)
    : NetworkException(Fault.Local, $"{protocol}: the handler failed: {inner.Message}", inner)
{
    /// <summary>The mini-protocol it answered.</summary>
    public string Protocol { get; } = protocol;
}
