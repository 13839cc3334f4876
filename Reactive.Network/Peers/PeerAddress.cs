using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Reactive.Network.Peers;

/// <summary>Where a peer listens: a host name or address, and a port.</summary>
/// <param name="Host">A DNS name, an IPv4 address, or an IPv6 address without brackets.</param>
/// <param name="Port">1 to 65,535; 0 where a listener is to choose.</param>
public readonly record struct PeerAddress(string Host, int Port)
{
    private static readonly SearchValues<char> NotInHosts = SearchValues.Create(" \t\r\n[]/");

    /// <summary>Whether it is an address that others reach only from the same machine or network: loopback, link-local, private or behind a carrier's translation.</summary>
    internal bool IsOfLocalScope
    {
        get
        {
            if (!IPAddress.TryParse(Host, out IPAddress? ip))
            {
                return false;
            }

            ip = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
            if (IPAddress.IsLoopback(ip) || ip.IsIPv6LinkLocal || ip.IsIPv6UniqueLocal || ip.IsIPv6SiteLocal)
            {
                return true;
            }

            return ip.AddressFamily == AddressFamily.InterNetwork
                && ip.GetAddressBytes() is [10, ..] or [172, >= 16 and <= 31, ..] or [192, 168, ..] or [169, 254, ..] or [100, >= 64 and <= 127, ..];
        }
    }

    /// <summary>Reads <c>HOST:PORT</c> or <c>[IPV6]:PORT</c>.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is neither.</exception>
    public static PeerAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out PeerAddress address) ? address : throw new FormatException($"'{text}' is not HOST:PORT.");
    }

    /// <summary>Reads <c>HOST:PORT</c> or <c>[IPV6]:PORT</c>, if that is what stands there.</summary>
    public static bool TryParse(string? text, out PeerAddress address)
    {
        address = default;
        int colon = text?.LastIndexOf(':') ?? -1;
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return false;
        }

        ReadOnlySpan<char> host = text.AsSpan(0, colon);
        if (host[0] == '[' && host[^1] == ']')
        {
            host = host[1..^1];
            if (!IPAddress.TryParse(host, out IPAddress? ip) || ip.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return false;
            }
        }
        else if (host.Contains(':'))
        {
            return false;
        }

        if (host.IsEmpty || host.ContainsAny(NotInHosts))
        {
            return false;
        }

        address = new PeerAddress(host.ToString(), port);
        return true;
    }

    /// <summary><c>HOST:PORT</c>, an IPv6 address in brackets.</summary>
    public override string ToString() =>
        Host?.Contains(':', StringComparison.Ordinal) == true
            ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
            : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}
