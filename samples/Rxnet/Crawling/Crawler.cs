using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Protocols.PeerSharing;

namespace Rxnet.Crawling;

/// <summary>Walks a network breadth first: asks each node for its versions, and for its peers where it shares them.</summary>
/// <param name="plan">Where to begin, and how far to go.</param>
/// <param name="options">For every connection.</param>
internal sealed class Crawler(CrawlPlan plan, NetworkOptions options)
{
    private readonly List<CrawledNode> _nodes = [];
    private readonly HashSet<PeerAddress> _heardOf = [];
    private readonly List<PeerAddress> _next = [];
    private bool _isCut;

    /// <summary>Walks until nobody new is told of, there are enough, or <paramref name="stop"/> is cancelled, which is no failure. Once.</summary>
    public async Task<CrawlGraph> CrawlAsync(CancellationToken stop)
    {
        Hear(plan.Seeds);
        for (int depth = 0; _next.Count > 0 && !stop.IsCancellationRequested; depth++)
        {
            int at = depth;
            PeerAddress[] level = [.. _next];
            _next.Clear();
            try
            {
                await level.ToObservable()
                    .SelectAsync(plan.Concurrency, (peer, cancellation) => VisitAsync(peer, at, cancellation))
                    .Do(_nodes.Add)
                    .LastOrDefaultAsync()
                    .ToTask(stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }

            // By the order of who was heard of first, whoever answered first.
            foreach (CrawledNode node in level.Join(_nodes, static peer => peer, static node => node.Peer, static (_, node) => node))
            {
                Hear(node.Told);
            }
        }

        return Graph();
    }

    private void Hear(IEnumerable<PeerAddress> peers)
    {
        foreach (PeerAddress peer in peers)
        {
            if (_heardOf.Contains(peer))
            {
                continue;
            }

            if (_heardOf.Count >= plan.MaxNodes)
            {
                _isCut = true;
                return;
            }

            _heardOf.Add(peer);
            _next.Add(peer);
        }
    }

    private CrawlGraph Graph()
    {
        CrawledNode[] asked = [.. _nodes];
        CrawledNode[] notAsked = [.. _heardOf.Except(asked.Select(static node => node.Peer)).Select(static peer => new CrawledNode(peer) { Error = "not asked" })];
        return new CrawlGraph(
            [.. asked, .. notAsked],
            [.. from node in asked from told in node.Told.Distinct() where _heardOf.Contains(told) select (node.Peer, told)],
            !_isCut && notAsked.Length == 0);
    }

    private async Task<CrawledNode> VisitAsync(PeerAddress peer, int depth, CancellationToken stop)
    {
        var node = new CrawledNode(peer) { Depth = depth };
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limited.CancelAfter(plan.TimePerNode);
        try
        {
            VersionTable table = await PeerConnection.QueryVersionsAsync(peer, options, limited.Token).ConfigureAwait(false);
            node = With(node, table);
            if (node is { PeerSharing: true, Magic: { } magic } && magic == options.Magic.Value)
            {
                node = node with { Told = await AskForPeersAsync(peer, limited.Token).ConfigureAwait(false) };
            }
            else if (node.Magic is { } other && other != options.Magic.Value)
            {
                node = node with { Error = $"on another network: magic {other}" };
            }
        }
        catch (NetworkException error)
        {
            node = node with { Error = error.Message.ReplaceLineEndings(" ") };
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            node = node with { Error = $"no answer within {plan.TimePerNode.TotalSeconds:0.###} s" };
        }

        return node;
    }

    private static CrawledNode With(CrawledNode node, VersionTable table)
    {
        node = node with { Versions = [.. table.Select(static entry => entry.Version)] };
        if (table.Where(static entry => NodeToNode.IsKnown(entry.Version)).OrderBy(static entry => entry.Version).Cast<VersionEntry?>().LastOrDefault() is { } newest)
        {
            NodeToNodeVersionData data = NodeToNodeVersionData.Decode(newest.Version, newest.Data.Span);
            node = node with { Magic = data.Magic, PeerSharing = data.PeerSharing };
        }

        return node;
    }

    private async Task<IReadOnlyList<PeerAddress>> AskForPeersAsync(PeerAddress peer, CancellationToken stop)
    {
        PeerConnection connection = await PeerConnection.ConnectAsync(peer, options with { SharePeers = IPeerSource.None }, stop).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var told = await connection.PeerSharing.Request(PeerSharingClient.MaxAnswer).FirstAsync().ToTask(stop).ConfigureAwait(false);
            return [.. told.Select(static one => new PeerAddress(one.Address.ToString(), one.Port))];
        }
    }
}
