namespace Reactive.Network.Protocols.KeepAlive;

/// <summary>How often a connection is pinged.</summary>
public sealed record KeepAliveOptions
{
    /// <summary>From an answer to the next ping.</summary>
    /// <value>10 s by default, as the reference; more than zero and less than 97 s, after which the peer gives up.</value>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Interval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(Interval, TimeSpan.FromSeconds(97));
    }
}
