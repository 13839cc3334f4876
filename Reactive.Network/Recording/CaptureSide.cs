namespace Reactive.Network.Recording;

/// <summary>One of the two ends of a recorded connection.</summary>
public enum CaptureSide
{
    /// <summary>The end that connected. On a duplex connection it runs server halves too.</summary>
    Client,

    /// <summary>The end that accepted.</summary>
    Server,
}
