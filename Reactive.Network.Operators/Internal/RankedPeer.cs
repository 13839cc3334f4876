using Reactive.Network.Peers;

namespace Reactive.Network.Operators.Internal;

/// <summary>A hot peer among others. Under the lock of its selector, but for the measuring.</summary>
internal sealed class RankedPeer(IPeer peer) : IComparable<RankedPeer>
{
    public IPeer Peer { get; } = peer;

    public PeerId Id => Peer.Id;

    /// <summary>The height of its tip.</summary>
    public ulong Tip { get; set; }

    public bool IsBehind { get; set; }

    public double Cost { get; set; } = double.NaN;

    /// <summary>The cost, less a little where it is selected: what peers are ranked by.</summary>
    public double Key { get; private set; } = double.NaN;

    public bool IsSelected { get; set; }

    /// <summary>The cost has moved by more than noise.</summary>
    public bool IsNews(double cost) => double.IsNaN(Cost) || Math.Abs(cost - Cost) > 0.01 + (0.1 * Math.Abs(Cost)) || double.IsFinite(cost) != double.IsFinite(Cost);

    /// <summary>Before it is ranked anew.</summary>
    public void Rekey() => Key = IsSelected && double.IsFinite(Cost) ? Cost - 0.02 - (0.2 * Math.Abs(Cost)) : Cost;

    public int CompareTo(RankedPeer? other) => other is null ? 1 : Key.CompareTo(other.Key) is not 0 and var byKey ? byKey : Id.CompareTo(other.Id);
}
