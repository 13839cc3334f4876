using Reactive.Network.Peers;

namespace Rxnet.Crawling;

/// <summary>Where a crawl begins, and how far it goes.</summary>
internal sealed record CrawlPlan
{
    /// <summary>Whom to ask first. At least one.</summary>
    public required IReadOnlyList<PeerAddress> Seeds { get; init; }

    /// <summary>Nodes to hear of, the seeds included.</summary>
    public int MaxNodes { get; init; } = 100;

    /// <summary>Nodes that are asked at a time.</summary>
    public int Concurrency { get; init; } = 16;

    /// <summary>What one node may take for all it is asked.</summary>
    public TimeSpan TimePerNode { get; init; } = TimeSpan.FromSeconds(15);
}
