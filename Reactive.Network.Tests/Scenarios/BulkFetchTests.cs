using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>
/// How much of their peers' bandwidth whole queries use: a long range of large blocks over paths with latency and a limited rate, in virtual time. What is
/// counted are the bytes of block-fetch that came in: delivery in order comes in bursts, and would count what came before the measured time.
/// </summary>
public class BulkFetchTests(ITestOutputHelper output)
{
    private const int BytesPerSecond = 2_500_000;
    private const int Blocks = 1000;

    /// <summary>From the first bytes on: until every peer is connected, measured and busy, and the headers have come.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    private static readonly Lazy<InMemoryChain> ServedChain = new(static () => VirtualPair.ChainOf(Blocks, bodyBytes: 84_000));

    private static readonly Lazy<Point[]> ServedPoints = new(static () => [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 1, BodyBytes = 84_000 })
        .Take(Blocks).Select(static block => block.Point)]);

    private static readonly InMemoryBearerOptions SlowPath = new() { Latency = TimeSpan.FromMilliseconds(50), BytesPerSecond = BytesPerSecond };

    [Theory]
    [InlineData(FetchWindow.Adaptive, 0.9, 1.0)]
    [InlineData(FetchWindow.Reference, 0.6, 0.8)]
    public void UsesThisShareOfTheSumOfTheirBandwidths_WhenTenPeersDeliver(FetchWindow window, double least, double most)
    {
        using var fetch = new BulkFetch(ServedChain.Value, 10, SlowPath, new BlockFetchOptions { Window = window });

        fetch.Run();

        double share = fetch.RateFrom(fetch.Begun + WarmUp) / (10.0 * BytesPerSecond);
        output.WriteLine($"{window}: {share:F3} of the sum of 10 peers' bandwidths, {fetch.Wasted} bytes wasted");
        Assert.Equal(Blocks, fetch.Points.Count);
        Assert.Equal(0, fetch.Wasted);
        Assert.InRange(share, least, most);
    }

    [Fact]
    public void UsesTheirBandwidthsForBlocksAndHeaders_WhenHeadersComeAlongWithTheBlocks()
    {
        // A chain longer than what is taken ahead: each block crosses one path, each header all ten.
        using var fetch = new BulkFetch(ServedChain.Value, 10, SlowPath, new BlockFetchOptions(), maxAhead: 50);

        fetch.Run();

        double blocks = fetch.RateFrom(fetch.Begun + WarmUp, fetch.LastHeader) / (10.0 * BytesPerSecond);
        double headers = fetch.HeaderRateFrom(fetch.Begun + WarmUp) / (10.0 * BytesPerSecond);
        output.WriteLine($"blocks {blocks:F3} and headers {headers:F3} of the sum of 10 peers' bandwidths until {fetch.LastHeader - fetch.Begun}");
        Assert.Equal(Blocks, fetch.Points.Count);
        Assert.InRange(headers, 0.02, 0.2);
        Assert.InRange(blocks + headers, 0.9, 1.0);
    }

    [Fact]
    public void UsesWhatTheWindowAllows_WhenOnePeerIsFarAndFast()
    {
        // 200 ms there and back, no limit to the rate: a window a round trip is what can come. The path holds more than the window.
        const int Window = 4 * 1024 * 1024;
        var path = new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(100), Capacity = 2 * Window };
        using var fetch = new BulkFetch(ServedChain.Value, 1, path, new BlockFetchOptions { MaxWindowBytes = Window });

        fetch.Run();

        double share = fetch.RateFrom(fetch.Begun + WarmUp) / (Window / 0.2);
        output.WriteLine($"{share:F3} of a window of {Window} bytes in 200 ms");
        Assert.Equal(Blocks, fetch.Points.Count);
        Assert.InRange(share, 0.9, 1.1);
    }

    [Fact]
    public void LosesNoMoreThanTheirShare_WhenHalfThePeersGo()
    {
        using var fetch = new BulkFetch(ServedChain.Value, 10, SlowPath, new BlockFetchOptions());

        fetch.Run(until: Blocks * 3 / 10);
        TimeSpan lost = fetch.Now;
        fetch.Lose(5);
        fetch.Run();

        TimeSpan settled = lost + TimeSpan.FromMilliseconds(500);
        double share = fetch.RateFrom(settled) / (5.0 * BytesPerSecond);
        output.WriteLine($"{share:F3} of what is left, longest silence {fetch.LongestSilenceFrom(lost).TotalMilliseconds} ms, "
            + $"longest wait for a block {fetch.LongestWaitFrom(lost).TotalMilliseconds} ms");
        Assert.Equal(ServedPoints.Value, fetch.Points);
        Assert.InRange(share, 0.9, 1.0);
        Assert.InRange(fetch.LongestSilenceFrom(lost), TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
    }

    /// <summary>A query over peers that all serve one chain.</summary>
    private sealed class BulkFetch : IDisposable
    {
        /// <summary>Shorter messages of chain-sync bring none.</summary>
        private const int LeastHeader = 300;

        private readonly CompositeDisposable _taps = [];
        private readonly VirtualNetwork _net;
        private readonly List<PeerListener> _nodes = [];
        private readonly List<(TimeSpan At, int Bytes)> _received = [];
        private readonly List<(TimeSpan At, int Bytes)> _headers = [];
        private readonly List<TimeSpan> _delivered = [];

        public BulkFetch(InMemoryChain chain, int peers, InMemoryBearerOptions path, BlockFetchOptions fetch, int maxAhead = 2000)
        {
            _net = new VirtualNetwork(options => options with
            {
                BlockFetch = fetch,
                Peers = options.Peers with { Candidates = new CandidateOptions { MaxAhead = maxAhead } },
            });
            for (int i = 0; i < peers; i++)
            {
                _nodes.Add(_net.AddNode(chain, path));
            }

            _net.Start();
            _taps.Add(_net.Network.Peers.OfType<PeerEvent.TemperatureChanged>().Where(static e => e.To == PeerTemperature.Hot).Subscribe(Tap));
            var policy = new FetchPolicy
            {
                MaxBlocks = Math.Max(250, 2 * maxAhead),
                Evidence = (_, told) => Wasted += told.Kind == EvidenceKind.Superseded ? told.Bytes : 0,
            };
            _taps.Add(_net.Network.Peers.SelectBestPeers(peers, scheduler: _net.Time)
                .FollowChain(From.Origin, new FollowOptions { Window = Math.Min(256, maxAhead) }, _net.Time)
                .FetchWithFallback(policy, _net.Time)
                .Subscribe(Take));
        }

        public TimeSpan Now => TimeSpan.FromTicks(_net.Time.Now.Ticks);

        public TimeSpan Begun => _received[0].At;

        public List<Point> Points { get; } = [];

        public long Wasted { get; private set; }

        public void Run(int until = Blocks)
        {
            for (int i = 0; i < 600 && Points.Count < until; i++)
            {
                _net.Run(TimeSpan.FromMilliseconds(50));
            }
        }

        public void Lose(int peers)
        {
            for (int i = 0; i < peers; i++)
            {
                _net.Dialer.Stop(new PeerAddress($"node{i + 1}", 3001));
                foreach (PeerConnection connection in _nodes[i].Connections)
                {
                    connection.Dispose();
                }

                _nodes[i].Dispose();
            }
        }

        public TimeSpan LastHeader => _headers.Last(static one => one.Bytes > LeastHeader).At;

        /// <summary>Bytes of blocks per second from then to the last, or to <paramref name="until"/>.</summary>
        public double RateFrom(TimeSpan from, TimeSpan? until = null) => Rate(_received, from, until ?? _received[^1].At);

        /// <summary>The same of chain-sync, up to the last header.</summary>
        public double HeaderRateFrom(TimeSpan from) => Rate(_headers, from, LastHeader);

        public TimeSpan LongestSilenceFrom(TimeSpan from) => LongestGap([.. _received.Select(static one => one.At).Where(at => at > from)]);

        public TimeSpan LongestWaitFrom(TimeSpan from) => LongestGap([.. _delivered.Where(at => at > from)]);

        public void Dispose()
        {
            _taps.Dispose();
            _net.Dispose();
        }

        private static double Rate(List<(TimeSpan At, int Bytes)> received, TimeSpan from, TimeSpan to) =>
            received.Where(one => one.At > from && one.At <= to).Sum(static one => (double)one.Bytes) / (to - from).TotalSeconds;

        private static TimeSpan LongestGap(TimeSpan[] times) => times.Zip(times.Skip(1), static (one, next) => next - one).Max();

        private void Tap(PeerEvent.TemperatureChanged hot) => _taps.Add(((NetworkPeer)hot.Peer).Connection!.Frames
            .Where(static frame => frame.Direction == FrameDirection.Received)
            .Subscribe(Note, static _ => { }));

        private void Note(Frame frame)
        {
            if (frame.Header.Protocol == NodeToNode.BlockFetch)
            {
                _received.Add((Now, frame.Payload.Length));
            }
            else if (frame.Header.Protocol == NodeToNode.ChainSync)
            {
                _headers.Add((Now, frame.Payload.Length));
            }
        }

        private void Take(ChainEvent<FetchedBlock> e)
        {
            if (e.Kind == ChainEventKind.RollForward)
            {
                Points.Add(e.Point);
                _delivered.Add(Now);
                e.Value.Dispose();
            }
        }
    }
}
