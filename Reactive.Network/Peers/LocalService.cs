using Reactive.Network.Chain;

namespace Reactive.Network.Peers;

/// <summary>Who answers local clients. A mini-protocol for which there is nobody does not run: its use ends the connection.</summary>
public sealed record LocalService
{
    /// <summary>The chain whose blocks clients follow.</summary>
    /// <value><see langword="null"/> by default: no local chain-sync.</value>
    public IChainSource? Chain { get; init; }
}
