using Reactive.Network.Peers;

namespace Rxnet.Crawling;

/// <summary>What one node said, or why it said nothing.</summary>
/// <param name="Peer">The node.</param>
internal sealed record CrawledNode(PeerAddress Peer)
{
    /// <summary>How many steps it is away from a seed.</summary>
    public int Depth { get; init; }

    /// <summary>The versions it supports; <see langword="null"/> where it did not say.</summary>
    public IReadOnlyList<int>? Versions { get; init; }

    /// <summary>The network it is on, by its newest version that is known here.</summary>
    public uint? Magic { get; init; }

    /// <summary>Whether it shares peers.</summary>
    public bool? PeerSharing { get; init; }

    /// <summary>The peers that it told of.</summary>
    public IReadOnlyList<PeerAddress> Told { get; init; } = [];

    /// <summary>What went wrong; <see langword="null"/> where nothing did.</summary>
    public string? Error { get; init; }
}
