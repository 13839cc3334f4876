using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>How a local node reads the blocks for a client that catches up.</summary>
public sealed class LocalReadAheadTests : IDisposable
{
    private static readonly Block[] Blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 8, BodyBytes = 20_000 }).Take(60)];

    private readonly InMemoryChain _chain = new();
    private readonly CountingSource _source;
    private readonly List<Point> _seen = [];
    private readonly List<ChainEventKind> _kinds = [];

    public LocalReadAheadTests()
    {
        Array.ForEach(Blocks[..50], _chain.Append);
        _source = new CountingSource(_chain);
    }

    public void Dispose() => _chain.Dispose();

    [Fact]
    public void ReadsOneRange_WhenAClientCatchesUp()
    {
        var pair = new VirtualLocalPair(new LocalService { Chain = _source });
        using IDisposable following = Follow(pair);

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(Blocks[..50].Select(static block => block.Point), _seen);
        Assert.Equal((1, 0), (_source.Opened, _source.Open));
    }

    [Fact]
    public void HoldsNothing_WhenTheClientHasAll()
    {
        var pair = new VirtualLocalPair(new LocalService { Chain = _source });
        using IDisposable following = Follow(pair);
        pair.Run(TimeSpan.FromSeconds(1));

        _chain.Append(Blocks[50]);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(Blocks[50].Point, _seen[^1]);
        Assert.Equal(0, _source.Open);
    }

    [Fact]
    public void GoesOnWithTheNewChain_WhenItIsRolledBackInTheMiddleOfARange()
    {
        var pair = new VirtualLocalPair(new LocalService { Chain = _source }, o => o with { LocalChainSync = new() { HighMark = 2, LowMark = 1 } });
        int rolledBackAt = -1;
        using IDisposable following = pair.Client.ChainSync.Follow(Point.Origin).Subscribe(e =>
        {
            Note(e);
            if (_seen.Count == 10 && rolledBackAt < 0)
            {
                rolledBackAt = _kinds.Count;
                _chain.RollBack(Blocks[4].Point);
                _chain.Append(Blocks[5]);
            }
        });

        pair.Run(TimeSpan.FromSeconds(1));
        _chain.Append(Blocks[6]);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal([ChainEventKind.RollBackward, ChainEventKind.RollForward], _kinds.TakeLast(2));
        Assert.Equal(Blocks[6].Point, _seen[^1]);
        Assert.True(_seen.Count < 20, $"{_seen.Count} blocks");
        Assert.Null(pair.NodeCause);
        Assert.Equal(0, _source.Open);
    }

    [Fact]
    public void LetsGoOfTheRange_WhenTheClientLooksForAnotherPlaceOrIsGone()
    {
        var pair = new VirtualLocalPair(new LocalService { Chain = _source }, o => o with { LocalChainSync = new() { HighMark = 2, LowMark = 1 } });
        int open = 0;
        IDisposable? following = null;
        following = pair.Client.ChainSync.Follow(Point.Origin).Subscribe(e =>
        {
            Note(e);
            if (_seen.Count == 5)
            {
                open = _source.Open;
                following?.Dispose();
            }
        });
        pair.Run(TimeSpan.FromSeconds(1));
        int left = _source.Open;

        using IDisposable again = pair.Client.ChainSync.Follow(Blocks[48].Point).Subscribe(Note);
        pair.Run(TimeSpan.FromSeconds(1));
        pair.Client.Dispose();
        pair.Run(TimeSpan.FromSeconds(10));

        Assert.Equal((1, 0), (open, left));
        Assert.Equal(Blocks[49].Point, _seen[^1]);
        Assert.Equal(0, _source.Open);
    }

    private IDisposable Follow(VirtualLocalPair pair) => pair.Client.ChainSync.Follow(Point.Origin).Subscribe(Note);

    private void Note(LocalChainSyncEvent e)
    {
        _kinds.Add(e.Kind);
        if (e.Kind == ChainEventKind.RollForward)
        {
            _seen.Add(e.Point);
            e.Dispose();
        }
    }

    /// <summary>Counts the ranges that were opened, and those that are open.</summary>
    private sealed class CountingSource(InMemoryChain chain) : IChainSource
    {
        public int Opened { get; private set; }

        public int Open { get; private set; }

        public Tip Tip => chain.Tip;

        public IObservable<Tip> Changes => chain.Changes;

        public IChainCursor Follow() => chain.Follow();

        public IBlockCursor? ReadRange(Point first, Point last)
        {
            if (chain.ReadRange(first, last) is not { } range)
            {
                return null;
            }

            Opened++;
            Open++;
            return new Range(this, range);
        }

        private sealed class Range(CountingSource source, IBlockCursor range) : IBlockCursor
        {
            public bool TryNext(out Block block) => range.TryNext(out block);

            public void Dispose()
            {
                source.Open--;
                range.Dispose();
            }
        }
    }
}
