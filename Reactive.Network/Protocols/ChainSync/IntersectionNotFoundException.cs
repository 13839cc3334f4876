using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>None of the points offered is on the peer's chain. The connection goes on.</summary>
/// <param name="tip">The peer's tip.</param>
public sealed class IntersectionNotFoundException(Tip tip)
    : NetworkException(Fault.Remote, $"none of the points offered is on the peer's chain, whose tip is {tip}")
{
    /// <summary>The peer's tip.</summary>
    public Tip Tip { get; } = tip;
}
