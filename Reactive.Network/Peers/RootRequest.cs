using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Peers;

/// <summary>How asking one kind of root went, as the governor is told. The network's strand's.</summary>
internal sealed class RootRequest
{
    public RootRequestFacts Facts { get; private set; }

    /// <param name="found">Peers that were not known before.</param>
    /// <param name="now">When.</param>
    /// <param name="timeToLive">How long the answer holds.</param>
    public void End(int found, TimeSpan now, TimeSpan timeToLive) =>
        Facts = new RootRequestFacts(IsRunning: false, found > 0 ? 0 : Facts.Fruitless + 1, now, timeToLive);
}
