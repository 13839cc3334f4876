using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;

namespace Reactive.Network.Tests.Support;

/// <summary>
/// A peer that the test drives by hand: it notes what it is asked for, and answers when told. Its blocks are in memory that is poisoned when
/// it is given back, and counted.
/// </summary>
/// <param name="id">Its number.</param>
/// <param name="arrays">Where its blocks' memory comes from.</param>
public sealed class FakePeer(int id, PoisoningArrayPool? arrays = null) : IPeer
{
    private readonly Dictionary<Point, Block> _blocks = [];

    /// <inheritdoc/>
    public PeerId Id { get; } = new(id);

    /// <inheritdoc/>
    public string Name => $"peer{id}";

    /// <inheritdoc/>
    public PeerTemperature Temperature { get; set; } = PeerTemperature.Hot;

    /// <inheritdoc/>
    public PeerMeasurements Measurements { get; set; }

    /// <summary>What it was asked for, oldest first.</summary>
    public List<FakeFetch> Fetches { get; } = [];

    /// <summary>What it was asked for and has neither answered in full nor seen taken back.</summary>
    public IEnumerable<FakeFetch> Open => Fetches.Where(static fetch => fetch.IsOpen);

    /// <summary>What was reported of it.</summary>
    public List<Evidence> Reports { get; } = [];

    /// <summary>Called with each request: where a test answers at once or later.</summary>
    public Action<FakeFetch>? Asked { get; set; }

    /// <summary>Where its blocks' memory comes from.</summary>
    public PoisoningArrayPool Arrays { get; } = arrays ?? new PoisoningArrayPool();

    /// <summary>Lets it serve these blocks.</summary>
    public FakePeer Serving(params IEnumerable<Block> blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        foreach (Block block in blocks)
        {
            _blocks[block.Point] = block;
        }

        return this;
    }

    /// <inheritdoc/>
    public IObservable<Block> Fetch(IReadOnlyList<BlockRequest> blocks) => new FakeFetch(this, blocks);

    /// <inheritdoc/>
    public void Report(Evidence evidence) => Reports.Add(evidence);

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal Block Load(Point point)
    {
        Block block = _blocks[point];
        Slab slab = new SlabPool(Arrays).Rent(block.Size);
        block.Span.CopyTo(slab.Array);
        MemoryLease lease = slab.Carve(0, block.Size);
        slab.Seal();
        return new Block(lease, 0, block.Size);
    }
}

/// <summary>One request of a <see cref="FakePeer"/>: cold, one subscription.</summary>
public sealed class FakeFetch(FakePeer peer, IReadOnlyList<BlockRequest> requested) : IPacedObservable<Block>, ICreditSource
{
    private IPacedObserver<Block>? _observer;
    private bool _isOver;
    private int _next;

    /// <summary>What was asked for.</summary>
    public IReadOnlyList<BlockRequest> Requested { get; } = requested;

    /// <summary>Whose.</summary>
    public FakePeer Peer { get; } = peer;

    /// <summary>Whether it was taken back before it was over.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Whether an answer, or more of it, is waited for.</summary>
    public bool IsOpen => _observer is not null && !_isOver && !IsCancelled;

    /// <summary>Weight delivered and not returned.</summary>
    public long Outstanding { get; private set; }

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<Block> observer) => throw new NotSupportedException();

    /// <inheritdoc/>
    public IDisposable Subscribe(IPacedObserver<Block> observer)
    {
        Assert.Null(_observer);
        _observer = observer;
        Peer.Fetches.Add(this);
        Peer.Asked?.Invoke(this);
        return Disposable.Create(() => IsCancelled = !_isOver);
    }

    /// <summary>Delivers the next blocks.</summary>
    public FakeFetch Deliver(int count = 1)
    {
        for (int i = 0; i < count && !IsCancelled; i++)
        {
            BlockRequest next = Requested[_next++];
            Outstanding += next.AnnouncedBytes;
            _observer!.OnNext(Peer.Load(next.Point), new Credit(this, next.AnnouncedBytes));
        }

        return this;
    }

    /// <summary>Delivers what is left, and completes.</summary>
    public void DeliverAll()
    {
        Deliver(Requested.Count - _next);
        Complete();
    }

    /// <summary>Completes, whatever was delivered.</summary>
    public void Complete() => End(static observer => observer.OnCompleted());

    /// <summary>Fails.</summary>
    public void Fail(Exception error) => End(observer => observer.OnError(error));

    /// <summary>Says that it has no such blocks.</summary>
    public void HasNone() => Fail(new BlocksUnavailableException(Requested[0].Point, Requested[^1].Point));

    /// <summary>Delivered something that is no such block.</summary>
    public void IsWrong() => Fail(new InvalidBlockException(Requested[_next].Point, BlockDefect.WrongBodyHash));

    /// <summary>Loses the connection.</summary>
    public void Disconnect() => Fail(new ConnectionClosedException("gone"));

    /// <inheritdoc/>
    public void Return(long weight)
    {
        Outstanding -= weight;
        Assert.True(Outstanding >= 0, "a credit was returned twice");
    }

    private void End(Action<IPacedObserver<Block>> how)
    {
        if (!IsCancelled && !_isOver)
        {
            _isOver = true;
            how(_observer!);
        }
    }
}
