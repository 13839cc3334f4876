using System.Diagnostics;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;

namespace Reactive.Network.Load.Scenarios;

/// <summary>Fetches the blocks of a corpus again and again over one connection, two fetches at a time so that there is no gap between them.</summary>
internal sealed class FetchLoop : IDisposable
{
    private const int BlocksPerFetch = 1_000;

    private readonly PeerConnection _connection;
    private readonly List<BlockRequest[]> _fetches;
    private readonly bool _recycle;
    private readonly ManualResetEventSlim _idle = new();
    private long _until;
    private long _blocks;
    private long _bytes;
    private int _next;
    private int _running;
    private Exception? _failure;

    public FetchLoop(PeerConnection connection, Corpus corpus, bool recycle)
    {
        _connection = connection;
        _recycle = recycle;
        _fetches = [.. corpus.Requests.Chunk(BlocksPerFetch)];
    }

    /// <summary>Runs for a while, and then to the end of what was asked for.</summary>
    public Work Run(TimeSpan time)
    {
        _blocks = _bytes = 0;
        _until = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        _idle.Reset();
        _running = 2;
        Start();
        Start();
        if (!_idle.Wait(time + TimeSpan.FromSeconds(30)))
        {
            throw new TimeoutException("the fetch did not end");
        }

        return _failure is null ? new Work(_blocks, _bytes) : throw _failure;
    }

    public void Dispose() => _idle.Dispose();

    private void Start()
    {
        int next = Interlocked.Increment(ref _next);
        IObservable<Block> blocks = _connection.BlockFetch.Fetch(_fetches[next % _fetches.Count]);
        if (_recycle)
        {
            blocks.Recycle(new Observer(this));
        }
        else
        {
            blocks.Subscribe(new Observer(this));
        }
    }

    private void OnEnd(Exception? failure)
    {
        _failure ??= failure;
        if (failure is null && Stopwatch.GetTimestamp() < _until)
        {
            Start();
        }
        else if (Interlocked.Decrement(ref _running) == 0)
        {
            _idle.Set();
        }
    }

    private sealed class Observer(FetchLoop loop) : IObserver<Block>
    {
        public void OnNext(Block value)
        {
            loop._blocks++;
            loop._bytes += value.Size;
        }

        public void OnError(Exception error) => loop.OnEnd(error);

        public void OnCompleted() => loop.OnEnd(null);
    }
}
