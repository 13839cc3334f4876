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

    private readonly HistoricalScheduler _time = new();
    private BlockRequest[] _requests = [];
    private PeerConnection? _client;
    private PeerConnection? _server;
    private int _count;

    [GlobalSetup]
    public void SetUp()
    {
        var chain = new InMemoryChain();
        foreach (Block block in Sample.Blocks(300, 12_288))
        {
            chain.Append(block);
        }

        IBlockCursor blocks = chain.ReadRange(First(chain), chain.Tip.Point)!;
        var requests = new List<BlockRequest>();
        while (blocks.TryNext(out Block block))
        {
            requests.Add(BlockRequest.For(block.Header));
        }

        _requests = [.. requests.Take(Blocks)];
        var options = new NetworkOptions { Magic = NetworkMagic.Devnet, Scheduler = _time, Seed = 1, BlockFetch = new() { Check = BlockCheck.None } };
        (IBearer near, IBearer far) = InMemoryBearer.CreatePair(_time);
        _server = PeerConnection.Accept(far, options with { Serve = chain });
        _client = PeerConnection.Connect(near, options);
        _time.AdvanceBy(TimeSpan.FromMilliseconds(10));
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _client!.Dispose();
        _server!.Dispose();
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

        _time.AdvanceBy(TimeSpan.FromMilliseconds(1));
        return _count == 300 ? _count : throw new InvalidOperationException($"{_count} headers");
    }

    private static Point First(InMemoryChain chain)
    {
        using IChainCursor cursor = chain.Follow();
        cursor.TryNext(out _);
        return cursor.TryNext(out ChainStep step) ? step.RollForward!.Value.Point : throw new InvalidOperationException("an empty chain");
    }
}
