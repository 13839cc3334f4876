using System.Reactive.Concurrency;
using BenchmarkDotNet.Attributes;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;

namespace Reactive.Network.Benchmarks.Multiplexing;

/// <summary>
/// Everything between two connections but the socket, on one thread: mux, demux, lanes, codecs, both roles. 100 blocks, or 300 headers, from a chain in
/// memory over a bearer in memory to an observer that gives them back.
/// </summary>
[MemoryDiagnoser]
public class ConversationBenchmarks
{
    private const int Blocks = 100;
    private const int Headers = 300;

    private readonly HistoricalScheduler _time = new();
    private readonly InMemoryChain _chain = new();
    private BlockRequest[] _requests = [];
    private Block _last;
    private Point _beforeLast;
    private PeerConnection? _client;
    private PeerConnection? _server;
    private int _count;

    [GlobalSetup]
    public void SetUp()
    {
        Block[] blocks = Sample.Blocks(Headers, 12_288);
        foreach (Block block in blocks)
        {
            _chain.Append(block);
        }

        _last = blocks[^1];
        _beforeLast = blocks[^2].Point;
        _requests = [.. blocks.Take(Blocks).Select(static block => BlockRequest.For(block.Header))];
        var options = new NetworkOptions { Magic = NetworkMagic.Devnet, Scheduler = _time, Seed = 1, BlockFetch = new() { Check = BlockCheck.None } };
        (IBearer near, IBearer far) = InMemoryBearer.CreatePair(_time);
        _server = PeerConnection.Accept(far, options with { Serve = _chain });
        _client = PeerConnection.Connect(near, options);
        _time.AdvanceBy(TimeSpan.FromMilliseconds(10));
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _client!.Dispose();
        _server!.Dispose();
        _chain.Dispose();
    }

    [Benchmark]
    public int FetchBlocks()
    {
        _count = 0;
        using (_client!.BlockFetch.Fetch(_requests).Recycle(_ => _count++))
        {
            _time.AdvanceBy(TimeSpan.FromMilliseconds(1));
        }

        return _count == Blocks ? _count : throw new InvalidOperationException($"{_count} blocks");
    }

    [Benchmark]
    public int FollowHeaders()
    {
        _count = 0;
        using (_client!.ChainSync.Follow(Point.Origin).Recycle(e => _count += e.Kind == ChainEventKind.RollForward ? 1 : 0))
        {
            _time.AdvanceBy(TimeSpan.FromMilliseconds(1));
        }

        // The request that waits at the tip is answered by a change of the chain; until then the next user would wait.
        _chain.RollBack(_beforeLast);
        _time.AdvanceBy(TimeSpan.FromMilliseconds(1));
        _chain.Append(_last);
        return _count == Headers ? _count : throw new InvalidOperationException($"{_count} headers");
    }
}
