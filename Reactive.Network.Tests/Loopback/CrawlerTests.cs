using System.Net;
using global::Rxnet.Crawling;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.PeerSharing;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Loopback;

[Trait("Category", "Loopback")]
public sealed class CrawlerTests : IDisposable
{
    private static readonly NetworkOptions Options = new() { Magic = NetworkMagic.Devnet };

    private readonly List<PeerListener> _listeners = [];

    public void Dispose() => _listeners.ForEach(static listener => listener.Dispose());

    [Fact]
    public async Task FindsAllAndWhoToldOfWhom_WhenNodesShareTheirPeers()
    {
        PeerAddress closed = Closed();
        PeerAddress third = Node(new Told());
        PeerAddress silent = Node(null);
        PeerAddress second = Node(new Told(third, closed, silent));
        PeerAddress seed = Node(new Told(second, third));

        CrawlGraph graph = await Crawl(new CrawlPlan { Seeds = [seed] });

        Assert.True(graph.IsComplete);
        Assert.Equal([seed, second, third, closed, silent], graph.Nodes.Select(static node => node.Peer));
        Assert.Equal([(seed, second), (seed, third), (second, third), (second, closed), (second, silent)], graph.Edges);
        Assert.All(graph.Nodes.Where(node => node.Peer != closed), static node =>
        {
            Assert.Equal([14, 15], node.Versions);
            Assert.Equal(NetworkMagic.Devnet.Value, node.Magic);
            Assert.Null(node.Error);
        });
        Assert.Equal([true, true, true, null, false], graph.Nodes.Select(static node => node.PeerSharing));
        Assert.NotNull(graph.Nodes[3].Error);
        Assert.Null(graph.Nodes[3].Versions);
    }

    [Fact]
    public async Task HearsOfNoMore_WhenThereAreEnough()
    {
        PeerAddress third = Node(new Told());
        PeerAddress second = Node(new Told(third));
        PeerAddress seed = Node(new Told(second));

        CrawlGraph graph = await Crawl(new CrawlPlan { Seeds = [seed], MaxNodes = 2 });

        Assert.False(graph.IsComplete);
        Assert.Equal([seed, second], graph.Nodes.Select(static node => node.Peer));
        Assert.Equal([(seed, second)], graph.Edges);
    }

    [Fact]
    public async Task AsksForNoPeers_WhenTheNodeIsOnAnotherNetwork()
    {
        PeerAddress seed = Node(new Told(Closed()), Options with { Magic = NetworkMagic.Preview });

        CrawlGraph graph = await Crawl(new CrawlPlan { Seeds = [seed] });

        CrawledNode node = Assert.Single(graph.Nodes);
        Assert.Null(node.Versions);
        Assert.Contains("refused", node.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TellsWhatIsKnown_WhenItIsStopped()
    {
        PeerAddress seed = Node(new Told());

        CrawlGraph graph = await new Crawler(new CrawlPlan { Seeds = [seed] }, Options).CrawlAsync(new CancellationToken(canceled: true));

        Assert.False(graph.IsComplete);
        Assert.Equal("not asked", Assert.Single(graph.Nodes).Error);
    }

    [Fact]
    public async Task GivesTheNodeUp_WhenItAnswersNothing()
    {
        using var mute = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        var seed = new PeerAddress("127.0.0.1", mute.LocalEndPoint.Port);

        CrawlGraph graph = await Crawl(new CrawlPlan { Seeds = [seed], TimePerNode = TimeSpan.FromMilliseconds(200) });

        Assert.Equal("no answer within 0.2 s", Assert.Single(graph.Nodes).Error);
    }

    private static Task<CrawlGraph> Crawl(CrawlPlan plan) => new Crawler(plan, Options).CrawlAsync(TestContext.Current.CancellationToken);

    /// <summary>A port that nobody listens on.</summary>
    private static PeerAddress Closed()
    {
        using var socket = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        return new PeerAddress("127.0.0.1", socket.LocalEndPoint.Port);
    }

    private PeerAddress Node(IPeerSource? peers, NetworkOptions? options = null)
    {
        TcpBearerListener socket = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        _listeners.Add(PeerListener.Start(socket, (options ?? Options) with { Serve = VirtualPair.ChainOf(1), SharePeers = peers }));
        return new PeerAddress("127.0.0.1", socket.LocalEndPoint.Port);
    }

    private sealed class Told(params PeerAddress[] peers) : IPeerSource
    {
        public IReadOnlyList<IPEndPoint> Share(int amount) =>
            [.. peers.Take(amount).Select(static peer => new IPEndPoint(IPAddress.Parse(peer.Host), peer.Port))];
    }
}
