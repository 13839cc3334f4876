using System.Text.Json;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Rxnet.Crawling;

namespace Rxnet.Output;

/// <summary>What <c>crawl</c> tells: the graph, as one JSON object or a line for each node.</summary>
internal sealed class CrawlOutput(StandardOutput output, bool asJson)
{
    public void Write(CrawlGraph graph)
    {
        if (asJson)
        {
            new JsonLines(output).Write("graph", json => Write(json, graph));
            return;
        }

        ILookup<PeerAddress, PeerAddress> told = graph.Edges.ToLookup(static edge => edge.From, static edge => edge.To);
        foreach (CrawledNode node in graph.Nodes)
        {
            string says = node.Versions is null
                ? node.Error!
                : $"versions {string.Join(' ', node.Versions)}, network {(node.Magic is { } magic ? new NetworkMagic(magic).ToString() : "unknown")}, "
                    + (node.PeerSharing == true ? $"told of {told[node.Peer].Count()}" : "shares no peers")
                    + (node.Error is { } error ? $", {error}" : "");
            output.WriteLine($"{new string(' ', 2 * node.Depth)}{node.Peer} {says}");
        }

        output.WriteLine($"{graph.Nodes.Count} nodes, {graph.Edges.Count} edges{(graph.IsComplete ? "" : ", more were not asked")}");
    }

    private static void Write(Utf8JsonWriter json, CrawlGraph graph)
    {
        json.WriteStartArray("nodes");
        foreach (CrawledNode node in graph.Nodes)
        {
            json.WriteStartObject();
            json.WriteString("peer", node.Peer.ToString());
            if (node.Versions is { } versions)
            {
                json.WriteStartArray("versions");
                foreach (int version in versions)
                {
                    json.WriteNumberValue(version);
                }

                json.WriteEndArray();
            }
            else
            {
                json.WriteNull("versions");
            }

            json.WritePropertyName("magic");
            JsonSerializer.Serialize(json, node.Magic);
            json.WritePropertyName("peerSharing");
            JsonSerializer.Serialize(json, node.PeerSharing);
            json.WriteString("error", node.Error);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("edges");
        foreach ((PeerAddress from, PeerAddress to) in graph.Edges)
        {
            json.WriteStartObject();
            json.WriteString("from", from.ToString());
            json.WriteString("to", to.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("complete", graph.IsComplete);
    }
}
