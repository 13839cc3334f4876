using System.Collections.Concurrent;
using System.Net;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Peers.Governance;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;
using Reactive.Network.Tests.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Loopback;

/// <summary>Relays and served processes over real sockets.</summary>
[Trait("Category", "Loopback")]
[Collection(Alone.Name)]
public class RelayLoopbackTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly IScheduler Scheduler = DefaultScheduler.Instance;

    [Fact]
    public async Task TheLastRelayHasTheChain_WhenFiveStandInARow()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using InMemoryChain source = VirtualPair.ChainOf(100);
        NetworkOptions options = new() { Magic = NetworkMagic.Devnet };
        TcpBearerListener socket = Open();
        using PeerListener serving = PeerListener.Start(socket, options with { Serve = source });
        List<Relay> relays = [];
        try
        {
            PeerAddress upstream = AddressOf(socket);
            for (int i = 0; i < 5; i++)
            {
                relays.Add(new Relay(upstream));
                upstream = relays[^1].Address;
            }

            LayeredChain last = relays[^1].Chain;
            await Reaches(last, source.Tip).ToTask(cancellation);

            Point fork = source.HeadersAfter(Point.Origin)[89].Point;
            source.RollBack(fork);
            foreach (Block block in new ChainGenerator(new ChainGeneratorOptions { Seed = 5, BodyBytes = 1000, Parent = new Tip(fork, 89) }).Take(30))
            {
                source.Append(block);
            }

            await Reaches(last, source.Tip).ToTask(cancellation);

            Assert.Equal(
                source.HeadersAfter(Point.Origin).Select(static header => header.Point),
                last.HeadersAfter(Point.Origin).Select(static header => header.Point));
            Assert.All(relays, static relay => Assert.Null(relay.Error));
        }
        finally
        {
            foreach (Relay relay in relays)
            {
                await relay.DisposeAsync();
            }
        }
    }

    /// <summary>Two processes serve the same directory; the one that delivers is killed while blocks that it was asked for are outstanding.</summary>
    [Fact]
    public async Task GoesOnFromTheOther_WhenAServingProcessIsKilled()
    {
        Block[] blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 3, BodyBytes = 16_000 }).Take(1_200)];
        using ImmutableFolder folder = new(blocks, slotsPerChunk: 4_320, finishLast: true);
        bool broke = false;

        // On a busy machine all may have come before the process is gone. Then nothing was shown yet.
        for (int attempt = 0; attempt < 5 && !broke; attempt++)
        {
            broke = await KillOneAsync(folder.Path, blocks, TestContext.Current.CancellationToken);
        }

        Assert.True(broke, "no request was under way when the process was killed");
    }

    /// <summary>Fetches the chain from two processes and kills the one that delivers.</summary>
    /// <returns>Whether that broke a request.</returns>
    private static async Task<bool> KillOneAsync(string directory, Block[] blocks, CancellationToken cancellation)
    {
        await using ServeProcess one = await ServeProcess.StartAsync(directory, cancellation);
        await using ServeProcess other = await ServeProcess.StartAsync(directory, cancellation);
        await using PeerNetwork network = PeerNetwork.Start(new NetworkOptions { Magic = NetworkMagic.Devnet, LocalRoots = [one.Address, other.Address] });
        ConcurrentQueue<(string? Peer, Evidence Evidence)> evidence = [];
        ServeProcess? killed = null;
        int delivered = 0;

        IList<(Point Point, string Peer, bool IsRollBack)> seen = await network.Peers
            .SelectBestPeers(5, scheduler: Scheduler)
            .FollowChain(From.Origin, scheduler: Scheduler)
            .FetchWithFallback(new FetchPolicy { Evidence = (peer, what) => evidence.Enqueue((peer?.Name, what)) }, Scheduler)
            .Where(static one => one.Kind != ChainEventKind.Intersected)
            .Select(one =>
            {
                using FetchedBlock block = one.Value;
                return (one.Point, one.IsRollForward ? block.Peer.Name : "", one.IsRollBackward);
            })
            .Do(told =>
            {
                // In the middle of what was asked of it: the source is paced, so what comes next is on the wire or not sent yet.
                if (killed is null && ++delivered == 20)
                {
                    killed = told.Item2 == one.Address.ToString() ? one : other;
                    killed.Kill();
                }
            })
            .Take(blocks.Length)
            .ToList()
            .Timeout(Limit)
            .ToTask(cancellation);

        Assert.Equal(blocks.Select(static block => block.Point), seen.Select(static told => told.Point));
        Assert.DoesNotContain(seen, static told => told.IsRollBack);
        Assert.NotNull(killed);
        string gone = killed.Address.ToString();
        Assert.Contains(seen, told => told.Peer == gone);
        List<(string? Peer, Evidence Evidence)> broken = [.. evidence.Where(static told => told.Evidence is { Kind: EvidenceKind.Disconnected, Request: > 0 })];
        Assert.All(broken, told => Assert.Equal(gone, told.Peer));

        // What it did not bring came from the other one.
        Assert.All(
            broken.Where(static told => told.Evidence.Bytes == 0),
            told => Assert.Equal(gone == one.Address.ToString() ? other.Address.ToString() : one.Address.ToString(), seen.Single(block => block.Point == told.Evidence.Point).Peer));
        return broken.Count > 0;
    }

    private static IObservable<Tip> Reaches(LayeredChain chain, Tip tip) =>
        Observable.Defer(() => chain.Changes.StartWith(chain.Tip)).FirstAsync(now => now == tip).Timeout(Limit);

    private static TcpBearerListener Open() => TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0));

    private static PeerAddress AddressOf(TcpBearerListener socket) => PeerAddress.Parse(socket.LocalEndPoint.ToString());

    private sealed class Relay : IAsyncDisposable
    {
        private readonly PeerNetwork _network;
        private readonly IDisposable _relaying;

        public Relay(PeerAddress upstream)
        {
            TcpBearerListener socket = Open();
            Address = AddressOf(socket);
            _network = PeerNetwork.Start(new NetworkOptions
            {
                Magic = NetworkMagic.Devnet,
                Serve = Chain,
                LocalRoots = [upstream],
                Peers = new PeerOptions { Targets = Observable.Return(PeerTargets.LocalRootsOnly) },
            });
            _network.Listen(socket);
            _relaying = _network.Peers
                .SelectBestPeers(5, scheduler: Scheduler)
                .FollowChain(From.Origin, scheduler: Scheduler)
                .FetchWithFallback(scheduler: Scheduler)
                .ServeTo(Chain)
                .Recycle(static _ => { }, error => Error = error);
        }

        public LayeredChain Chain { get; } = new(2160);

        public PeerAddress Address { get; }

        public Exception? Error { get; private set; }

        public async ValueTask DisposeAsync()
        {
            _relaying.Dispose();
            await _network.DisposeAsync();
            Chain.Dispose();
        }
    }
}
