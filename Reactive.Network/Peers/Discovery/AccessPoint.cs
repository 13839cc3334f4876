using System.Net;

namespace Reactive.Network.Peers.Discovery;

/// <summary>
/// Where peers may be found: an IP address and port; a name and port, whose addresses are looked up; or a name alone, whose SRV records name hosts
/// and ports.
/// </summary>
/// <param name="Address">An IP address or a DNS name.</param>
/// <param name="Port">1 to 65,535; <see langword="null"/> for a name with SRV records.</param>
public readonly record struct AccessPoint(string Address, int? Port) : IComparable<AccessPoint>
{
    /// <summary>What stands before a name without port when its SRV records are looked up.</summary>
    public const string ServicePrefix = "_cardano._tcp.";

    /// <summary>Whether nothing has to be looked up.</summary>
    public bool IsIPAddress => IPAddress.TryParse(Address, out _);

    /// <summary>The question that finds its addresses; <see langword="null"/> where it is an address.</summary>
    public NameQuestion? Question =>
        IsIPAddress ? null
        : Port is null ? new NameQuestion(ServicePrefix + Address, NameRecord.Service)
        : new NameQuestion(Address, NameRecord.Address);

    /// <summary>By address, letter by letter, then by port.</summary>
    public int CompareTo(AccessPoint other)
    {
        int order = string.CompareOrdinal(Address, other.Address);
        return order != 0 ? order : Nullable.Compare(Port, other.Port);
    }

    /// <inheritdoc/>
    public override string ToString() => Port is { } port
        ? new PeerAddress(Address, port).ToString()
        : Address ?? "";

    /// <summary>A name or address with its port.</summary>
    public static implicit operator AccessPoint(PeerAddress peer) => FromPeerAddress(peer);

    /// <summary>A name or address with its port.</summary>
    public static AccessPoint FromPeerAddress(PeerAddress peer) => new(peer.Host, peer.Port);

    /// <summary>Whether the first comes before the other.</summary>
    public static bool operator <(AccessPoint left, AccessPoint right) => left.CompareTo(right) < 0;

    /// <summary>Whether the first comes after the other.</summary>
    public static bool operator >(AccessPoint left, AccessPoint right) => left.CompareTo(right) > 0;

    /// <summary>Whether the first does not come after the other.</summary>
    public static bool operator <=(AccessPoint left, AccessPoint right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the first does not come before the other.</summary>
    public static bool operator >=(AccessPoint left, AccessPoint right) => left.CompareTo(right) >= 0;
}
