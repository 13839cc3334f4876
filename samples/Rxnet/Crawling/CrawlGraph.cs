using Reactive.Network.Peers;

namespace Rxnet.Crawling;

/// <summary>Who is there, and who told of whom.</summary>
/// <param name="Nodes">Those that were asked, in the order in which they were heard of, then those that were not.</param>
/// <param name="Edges">From who told to who was told of; both are nodes.</param>
/// <param name="IsComplete">Whether everybody who was heard of is in it, and was asked.</param>
internal sealed record CrawlGraph(
    IReadOnlyList<CrawledNode> Nodes, IReadOnlyList<(PeerAddress From, PeerAddress To)> Edges, bool IsComplete);
